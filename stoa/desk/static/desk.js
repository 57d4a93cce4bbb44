// What every page of the desk has. Pages work without it.
"use strict";

// A double click sends once.

const sent = new Set();

document.addEventListener("submit", (event) => {
  const to = event.submitter?.formAction || event.target.action;
  if (sent.has(to)) event.preventDefault();
  sent.add(to);
  setTimeout(() => sent.delete(to), 1500);
});

// Copying.

function offerCopies(part) {
  part.querySelectorAll("[data-copy]").forEach((button) => { button.hidden = false; });
}

document.addEventListener("click", async ({ target }) => {
  const button = target.closest?.("[data-copy]");
  if (!button) return;
  const text = button.parentElement.querySelector("pre");
  const copied = await navigator.clipboard?.writeText(text.textContent).then(() => true, () => false);
  // Where the browser lets nobody copy, everything is marked for who copies by hand.
  if (!copied) getSelection().selectAllChildren(text);
  else document.getElementById("said").textContent = button.textContent = button.dataset.done;
});

offerCopies(document);
