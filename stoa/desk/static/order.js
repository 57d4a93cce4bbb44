// The page of an order: invoices dragged onto it, and what is fetched only when somebody looks. All of it works without
// this script, with links and plain forms.
"use strict";

// What is shown of a file before it is sent stays in the browser.
function preview(form, file) {
  const place = form.querySelector("[data-preview]");
  const old = place.firstElementChild;
  if (old) URL.revokeObjectURL(old.src);
  const isPdf = file?.type === "application/pdf", isPicture = /^image\/(png|jpeg)$/.test(file?.type ?? "");
  place.replaceChildren();
  place.hidden = !isPdf && !isPicture;
  if (place.hidden) return;
  const shown = document.createElement(isPdf ? "iframe" : "img");
  shown.src = URL.createObjectURL(file);
  shown.title = shown.alt = place.dataset.title;
  place.append(shown);
}

const formOf = (event) => event.target.closest?.("[data-drop]");

document.addEventListener("change", (event) => {
  if (event.target.type === "file" && formOf(event)) preview(formOf(event), event.target.files[0]);
});

for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    const form = formOf(event);
    document.querySelectorAll("[data-drop]").forEach((one) => one.classList.toggle("over", one === form && kind === "dragover"));
    if (!event.dataTransfer?.types.includes("Files")) return;
    // A file that misses its place would take the page's.
    event.preventDefault();
    if (form && kind === "drop") take(form, event.dataTransfer.files);
  });
}

function take(form, files) {
  const field = form.querySelector("input[type=file]");
  field.files = files;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

// What is long is fetched when its summary is opened.
async function fill(details) {
  const place = details.querySelector("[data-fetched]");
  const answer = await fetch(details.dataset.fetch, { redirect: "error" }).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  place.replaceChildren(...page.querySelector("[data-shown]").childNodes);
  offerCopies(place);
}

document.addEventListener("toggle", ({ target }) => {
  if (target.open && target.dataset.fetch) fill(target);
}, true);

document.addEventListener("refreshed", ({ target }) => {
  target.querySelectorAll("details[data-fetch][open]").forEach(fill);
  tellWhatCounts();
});

// The pieces that are left are asked for only where the reason is that some are.
function tellWhatCounts() {
  for (const part of document.querySelectorAll("[data-only]")) {
    const [field, value] = part.dataset.only.split("=");
    const input = part.querySelector("input");
    part.hidden = document.getElementById(field)?.value !== value && !input.value && !input.ariaInvalid;
  }
}

document.addEventListener("change", tellWhatCounts);

tellWhatCounts();
