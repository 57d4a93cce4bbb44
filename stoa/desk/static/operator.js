// Sends again all that was given up, one batch after the other, for as long as the page is open.
"use strict";

document.addEventListener("submit", (submitted) => {
  const form = submitted.target;
  if (!form.dataset.batches) return;
  submitted.preventDefault();
  form.querySelector("button").disabled = true;
  goOn(form).catch(() => location.reload());
});

async function goOn(form) {
  const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  const next = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("form[data-batches]");
  if (!answer.ok || !next) return location.replace(answer.url);
  const left = next.querySelector("[data-left]").textContent;
  form.querySelector("[data-left]").textContent = left;
  document.getElementById("said").textContent = form.dataset.batches.replace("{left}", left);
  form.elements.after.value = next.elements.after.value;
  return goOn(form);
}
