// The frame: the menu (a bar at the bottom of a phone), the language, and what the agent does now.
import { call, loadWords, word, words } from "./call.js";
import { localForms } from "./local.js";

const narrow = matchMedia("(max-width: 900px)");
const id = (name) => document.getElementById(name);

// pages that a wide head has room for are under "More" on a phone
function place() {
  const menu = id("menu");
  const last = menu.querySelector(":scope > .more");
  const list = id("more-list").querySelector("ul");
  const moved = [...document.querySelectorAll("li.top")];
  if (narrow.matches) list.prepend(...moved);
  else for (const one of moved) menu.insertBefore(one, last);
  mark();
}

function fold(isOpen) {
  id("more-list").hidden = !isOpen;
  id("more").setAttribute("aria-expanded", String(isOpen));
}

function mark() {
  id("menu").querySelector(":scope > .more").classList.toggle("holds", id("more-list").querySelector("[aria-current]") !== null);
}

// the page that is shown now
export function shownPage(page) {
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.page === page) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  fold(false);
  mark();
}

// first steps leave the menu when there is nothing left to do
export function steps(isLeft) {
  const link = document.querySelector("nav [data-page=first]");
  if (link) link.closest("li").hidden = !isLeft;
}

// what the agent does: the worst state of what measures, or that it is paused
export function stateNow(told) {
  const measuring = told.states.filter((one) => one.part.startsWith("source.") || one.part === "measuring");
  const worst = ["trouble", "waiting"].find((level) => measuring.some((one) => one.level === level));
  const isSetUp = id("menu").querySelector("[data-page=first]")?.closest("li").hidden !== false;
  const state = told.paused ? "off" : worst === "trouble" && !isSetUp ? "waiting" : worst ?? (measuring.some((one) => one.level === "ok" && one.part !== "measuring") ? "ok" : "off");
  const text = told.paused ? words.chip_paused : worst && !isSetUp ? words.chip_setup : { ok: words.chip_ok, waiting: words.chip_waiting, trouble: words.chip_trouble, off: words.chip_off }[state];
  const chip = id("chip");
  chip.hidden = false;
  if (chip.className !== `chip ${state}`) chip.className = `chip ${state}`;
  if (id("chip-words").textContent !== text) id("chip-words").textContent = text;
  const pause = id("pause");
  pause.hidden = false;
  pause.dataset.do = told.paused ? "resume" : "pause";
  const does = told.paused ? pause.dataset.resume : pause.dataset.pause;
  if (pause.textContent !== does) pause.textContent = does;
}

async function change(language, again) {
  const answer = await call("/language", { language, forms: localForms(language) });
  if (!answer?.ok) return;
  await loadWords();
  const shell = new DOMParser().parseFromString(await (await fetch("/")).text(), "text/html");
  document.documentElement.lang = language;
  for (const one of ["header.head", "#skip", "#camera-banner", "template#closed"]) {
    document.querySelector(one).replaceWith(document.adoptNode(shell.querySelector(one)));
  }
  begin(again);
  await again();
}

export function begin(again) {
  place();
  id("more").addEventListener("click", () => fold(id("more-list").hidden));
  id("language").addEventListener("change", (event) => change(event.target.value, again));
}

narrow.addEventListener("change", place);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !id("more-list").hidden) {
    fold(false);
    id("more").focus();
  }
});
document.addEventListener("click", (event) => {
  if (!event.target.closest(".more")) fold(false);
});
