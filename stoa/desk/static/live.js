// Keeps pages up to date, and says so: a module, so that its names are its own. Pages work without it.
//
// A part of a page that may change is <div id="…" data-live>; rows of orders have data-order with the order's number. A part
// with data-announce ("{count} new") says when orders came that were not there before. After a part was replaced it sends
// the event "refreshed".

const page = document.body.dataset;
const announcing = () => document.querySelector("[data-announce]");

// At most one refresh is under way; what changed meanwhile is one more.

let wanted = false, underWay = false;

async function refresh() {
  wanted = true;
  if (underWay || document.hidden && !announcing()) return;
  underWay = true;
  while (wanted) {
    wanted = false;
    await take().catch(() => setTimeout(refresh, 5000));
  }
  underWay = false;
}

async function take() {
  const parts = document.querySelectorAll("[data-live]");
  if (!parts.length) return;
  const answer = await fetch(location.href, { redirect: "manual" });
  if (answer.status >= 500) throw new Error(answer.status);
  if (!answer.ok) return;
  const now = new DOMParser().parseFromString(await answer.text(), "text/html");
  await handsOff();
  for (const part of parts) {
    const fresh = now.getElementById(part.id);
    if (!fresh || same(part, fresh)) continue;
    if (isTypedIn(part)) leftAlone = true;
    else replace(part, fresh);
  }
}

// Nothing is replaced under a finger, nor a form that is on its way.

let heldUntil = 0;
const hold = (ms) => { heldUntil = Math.max(heldUntil, Date.now() + ms); };
document.addEventListener("pointerdown", () => hold(700));
document.addEventListener("submit", () => hold(3000));

async function handsOff() {
  while (Date.now() < heldUntil) await new Promise((resolve) => setTimeout(resolve, heldUntil - Date.now()));
}

// Every page has another proof in its forms.
const withoutProof = (part) => part.innerHTML.replace(/(name="csrf" value=)"\w*"/g, "$1");
const shown = new Map([...document.querySelectorAll("[data-live]")].map((part) => [part.id, withoutProof(part)]));

function same(part, fresh) {
  return shown.get(part.id) === withoutProof(fresh);
}

// What is being typed is left alone until it is sent.

const touched = new WeakSet();
let leftAlone = false;

const isSelection = (field) => field.matches("input[type=checkbox][data-order]");
document.addEventListener("input", ({ target }) => { if (!isSelection(target)) touched.add(target); });
document.addEventListener("focusout", () => {
  if (!leftAlone) return;
  leftAlone = false;
  setTimeout(refresh);
});

function isTypedIn(part) {
  const fields = [...part.querySelectorAll("input, textarea, select")].filter((field) => !isSelection(field));
  return fields.some((field) => touched.has(field) || field === document.activeElement);
}

// Whatever a person has marked, opened or stands on is the same after the part was replaced.

function replace(part, fresh) {
  const html = withoutProof(fresh);
  const marked = [...part.querySelectorAll("input[data-order]:checked")].map(selectorOf);
  const opened = new Set([...part.querySelectorAll("details[open]")].map(nameOf));
  const focused = part.contains(document.activeElement) ? selectorOf(document.activeElement) : null;
  const news = newIn(fresh);
  news.forEach((row) => row.classList.add("fresh"));
  part.replaceChildren(...fresh.childNodes);
  shown.set(part.id, html);
  marked.forEach((selector) => part.querySelectorAll(selector).forEach((box) => { box.checked = true; }));
  part.querySelectorAll("details").forEach((one) => { one.open ||= opened.has(nameOf(one)); });
  if (focused) part.querySelector(focused)?.focus({ preventScroll: true });
  part.dispatchEvent(new CustomEvent("refreshed", { bubbles: true }));
  if (news.length && part.dataset.announce) announce(part, news.length);
}

const TELLING = ["href", "name", "value", "data-order"];

function selectorOf(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  const told = TELLING.filter((name) => element.hasAttribute(name));
  return element.localName + told.map((name) => `[${name}="${CSS.escape(element.getAttribute(name))}"]`).join("");
}

const nameOf = (details) => details.id || details.querySelector("summary")?.textContent.trim();

// An order that only moved from one list to another is not new.

const numbersIn = (part) => [...part.querySelectorAll("[data-order]")].map((row) => Number(row.dataset.order));
let newest = Math.max(0, ...numbersIn(document));

function newIn(part) {
  const rows = [...part.querySelectorAll("tr[data-order], li[data-order]")];
  const news = rows.filter((row) => Number(row.dataset.order) > newest);
  newest = Math.max(newest, ...numbersIn(part));
  return news;
}

let unseen = 0;
const title = document.title;

function announce(part, count) {
  document.getElementById("said").textContent = part.dataset.announce.replace("{count}", count);
  unseen += document.hidden ? count : 0;
  document.title = unseen ? `(${unseen}) ${title}` : title;
  // Of several lists that are open, one sounds.
  if (!navigator.locks) chime();
  else navigator.locks.request("chime", { ifAvailable: true }, (lock) => lock && chimeAlone());
}

function chimeAlone() {
  chime();
  return new Promise((resolve) => setTimeout(resolve, 1000));
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  unseen = 0;
  document.title = title;
  if (wanted) refresh();
});

// Two soft notes. A browser stays silent until somebody has pressed something.

let loudspeaker = null;
for (const gesture of ["pointerdown", "keydown"])
  document.addEventListener(gesture, () => { loudspeaker ||= new AudioContext(); }, { once: true });

const sound = document.getElementById("sound");
const isSoundOn = () => localStorage.getItem("sound") !== "off";

function showSound() {
  sound.hidden = false;
  sound.setAttribute("aria-checked", isSoundOn());
}

function chime() {
  if (!loudspeaker || !isSoundOn()) return;
  [660, 880].forEach((pitch, n) => {
    const note = loudspeaker.createOscillator(), loudness = loudspeaker.createGain();
    const at = loudspeaker.currentTime + n * 0.14;
    note.frequency.value = pitch;
    loudness.gain.setValueAtTime(0.08, at);
    loudness.gain.exponentialRampToValueAtTime(0.001, at + 0.3);
    note.connect(loudness).connect(loudspeaker.destination);
    note.start(at);
    note.stop(at + 0.3);
  });
}

sound?.addEventListener("click", () => {
  localStorage.setItem("sound", isSoundOn() ? "off" : "on");
  showSound();
  chime();
});

// Of all the pages that one browser has open, one listens and tells the others: a browser has few connections to a server.

function listen(tell) {
  const stream = new EventSource(page.stream);
  stream.addEventListener("hello", () => tell("hello"));
  stream.addEventListener("changed", () => tell("changed"));
  stream.onerror = () => {
    tell("lost");
    // Refused, not broken off: the browser does not ask again by itself.
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => listen(tell), 10000);
  };
}

let changedAt = 0;

function hear(word) {
  document.getElementById("lost").hidden = word !== "lost";
  if (word !== "changed") return;
  changedAt = Date.now();
  refresh();
}

function takePart(address) {
  const others = new BroadcastChannel(address);
  others.onmessage = ({ data }) => {
    // A page that has come to be asks whether something changed while it was loaded.
    if (!data.since) hear(data);
    else if (changedAt >= data.since) others.postMessage("changed");
  };
  others.postMessage({ since: performance.timeOrigin });
  const tell = (word) => { hear(word); others.postMessage(word); };
  // Whoever has the lock listens until the page is closed. Without https there are no locks: then each listens itself.
  if (navigator.locks) navigator.locks.request(address, () => { listen(tell); return new Promise(() => {}); });
  else listen(tell);
}

const MINUTE = 60000;

if (page.stream && document.querySelector("[data-live]")) {
  if (announcing()) showSound();
  takePart(page.stream.split("?")[0]);
  // Time passes for an order's deadline even where nothing happens; lists count it down themselves.
  setInterval(() => { if (!document.hidden && !announcing() && document.querySelector(".clock")) refresh(); }, MINUTE);
}
