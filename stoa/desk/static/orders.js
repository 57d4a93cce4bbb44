// The list of orders: what is selected, and how much time is left. All of it works without this, too.
"use strict";

{
  // The paper that labels are printed on is the same tomorrow.
  const paper = document.getElementById("paper");
  if (paper) {
    const kept = localStorage.getItem("paper");
    if (kept && [...paper.options].some((option) => option.value === kept)) paper.value = kept;
    paper.addEventListener("change", () => localStorage.setItem("paper", paper.value));
  }
}

const chosen = document.getElementById("chosen");

if (chosen) {
  const list = document.getElementById("list");
  const bar = chosen.querySelector(".with-selected");
  const all = document.getElementById("select-all");
  const selected = new Set();

  const boxes = () => [...list.querySelectorAll("input[name=order]")];

  // After a refresh, too: what was selected is selected again, as far as it is still there.
  function show() {
    for (const box of boxes()) box.checked = selected.has(box.value);
    const count = boxes().filter((box) => box.checked).length;
    const said = document.getElementById("selected");
    said.textContent = said.dataset.count.replace("{count}", count);
    bar.hidden = !count;
    all.hidden = !boxes().length;
    const one = all.querySelector("input");
    one.checked = count > 0 && count === boxes().length;
    one.indeterminate = count > 0 && !one.checked;
  }

  function select(box, checked) {
    if (checked) selected.add(box.value);
    else selected.delete(box.value);
  }

  // With Shift, all between this one and the one before.
  let last = null;

  list.addEventListener("click", (event) => {
    const box = event.target;
    if (box.name !== "order") return;
    const present = boxes(), from = event.shiftKey ? present.findIndex((other) => other.value === last) : -1, to = present.indexOf(box);
    const between = from < 0 ? [box] : present.slice(Math.min(from, to), Math.max(from, to) + 1);
    for (const other of between) select(other, box.checked);
    last = box.value;
    show();
  });

  all.addEventListener("change", (event) => {
    for (const box of boxes()) select(box, event.target.checked);
    show();
  });

  function tell() {
    for (const clock of list.querySelectorAll("time.clock")) {
      const seconds = (new Date(clock.dateTime) - Date.now()) / 1000, words = chosen.dataset;
      const left = spanned(Math.abs(seconds), words);
      const said = seconds <= 0 ? words.late.replace("{time}", left) : left;
      if (clock.textContent !== said) clock.textContent = said;
      clock.classList.toggle("urgent", seconds <= Number(words.urgent));
      clock.classList.toggle("soon", seconds > Number(words.urgent) && seconds <= Number(words.soon));
    }
  }

  function spanned(seconds, words) {
    const minutes = Math.floor(seconds / 60), days = Math.floor(minutes / 1440), hours = Math.floor(minutes / 60) % 24;
    const pattern = days ? words.days : hours ? words.hours : words.minutes;
    return pattern.replace("{days}", days).replace("{hours}", hours).replace("{minutes}", minutes % 60);
  }

  // A browser that goes back shows the boxes as they were left.
  for (const box of boxes()) select(box, box.checked);
  list.addEventListener("refreshed", show);
  setInterval(tell, 20000);
  show();
}
