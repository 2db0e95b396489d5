// Consent in three steps: the choice, the text of exactly this choice, the PIN. Erasing in two.
import { ask, say, words } from "./call.js";

const id = (name) => document.getElementById(name);
const ticks = (form) => [...form.querySelectorAll("[name=grants]")];
const minutes = (value) => value.split(":").reduce((all, one) => 60 * all + Number(one), 0);

function show(step) {
  const form = id("consent-form");
  form.dataset.step = step;
  for (const part of form.querySelectorAll("section[data-step]")) part.hidden = part.dataset.step !== String(step);
  id("consent-back").hidden = step === 1;
  const next = id("consent-next");
  next.textContent = next.dataset[step];
  form.elements.pin.value = "";
  id(`step-${step}`).focus();
  id(`step-${step}`).scrollIntoView({ block: "nearest" });
}

function open(isOpen) {
  id("consent-form").hidden = !isOpen;
  id("consent-now").hidden = isOpen;
  if (isOpen) {
    show(1);
    return;
  }
  id("consent-form").reset();
  id("consent-open").focus();
}

// what the choice changes compared with what stands now
function compare(form) {
  const sort = (one) => (one.checked ? (one.dataset.now === undefined ? "new" : "same") : one.dataset.now === undefined ? "" : "gone");
  for (const part of form.querySelectorAll("[data-compared]")) {
    const list = part.querySelector("ul");
    const lines = ticks(form).filter((one) => sort(one) === part.dataset.compared)
      .map((one) => Object.assign(document.createElement("li"), { textContent: one.dataset.line }));
    list.replaceChildren(...lines, ...list.querySelectorAll("[data-kept]"));
    part.hidden = !list.children.length;
  }
}

async function read(form, grants) {
  const made = await ask("consent", { grants, pin: "", shown: "" });
  if (!made?.text) return;
  compare(form);
  id("consent-text").textContent = made.text;
  id("consent-digest").textContent = form.dataset.shown = made.shown;
  show(2);
}

export async function consent(form) {
  const grants = ticks(form).filter((one) => one.checked).map((one) => JSON.parse(one.value));
  if (form.dataset.step === "1") {
    await read(form, grants);
    return null;
  }
  if (form.dataset.step === "2") {
    show(3);
    form.elements.pin.focus();
    return null;
  }
  const told = { grants, pin: form.elements.pin.value, shown: form.dataset.shown };
  form.elements.pin.value = "";
  const made = await ask("consent", told);
  if (made?.text) { // what would be agreed to is another text by now: it is read first
    id("consent-text").textContent = made.text;
    id("consent-digest").textContent = form.dataset.shown = made.shown;
    show(2);
    return null;
  }
  return made;
}

export async function hours(form) {
  const kept = JSON.parse(form.dataset.kept);
  return ask("hours", { hours: [...kept, [minutes(form.elements.from.value), minutes(form.elements.until.value)]] });
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("#consent-form");
  if (form && event.target.name === "grants" && form.dataset.step !== "1") {
    show(1); // another choice has another text
    say(words.ticks_changed, true);
  }
});

function erasing(isOpen) {
  id("erase-form").hidden = !isOpen;
  id("erase-begin").hidden = isOpen;
  id("erase-begin").setAttribute("aria-expanded", String(isOpen));
  id("erase-form").reset();
  id(isOpen ? "erase-ask" : "erase-begin").focus();
}

const CLICKS = {
  "consent-open": () => open(true),
  "consent-leave": () => open(false),
  "consent-back": () => show(Number(id("consent-form").dataset.step) - 1),
  "erase-begin": () => erasing(true),
  "erase-leave": () => erasing(false),
};

document.addEventListener("click", (event) => CLICKS[event.target.closest("button")?.id]?.());
