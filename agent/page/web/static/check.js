// A check-in: one question a screen. Each answer is kept as it is chosen (page.js), so that nothing is lost.
import { ask, say, words } from "./call.js";

const id = (name) => document.getElementById(name);
const items = (form) => [...form.querySelectorAll("fieldset[data-item]")];
const chosen = (item) => item.querySelector("input:checked");

const answers = (form) => Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, Number(value)]));
let kept = Promise.resolve(); // one after the other: the last word stands

// what was answered so far
export function keep(form) {
  const asked = { short: form.dataset.short, answers: answers(form) };
  kept = kept.then(() => ask("answer", asked, { quiet: true }));
  return kept;
}

function here(form) {
  return items(form).findIndex((item) => !item.hidden);
}

// the question of that number; its heading has the focus, so that a reader of screens says where one is
function turnTo(form, at) {
  const every = items(form);
  every.forEach((item, place) => { item.hidden = place !== at; });
  const bar = form.querySelector(".progress"); // a single question has none
  bar?.setAttribute("aria-label", every[at].querySelector(".count").textContent);
  bar?.querySelector("rect").setAttribute("width", `${((100 * (at + 1)) / every.length).toFixed(1)}%`);
  form.querySelector("[data-check-back]").hidden = at === 0;
  const next = form.querySelector("[type=submit]");
  next.textContent = at === every.length - 1 ? next.dataset.last : next.dataset.next;
  say("");
  every[at].querySelector("h2").focus({ preventScroll: true });
  scrollTo(0, 0);
}

function begin(short) {
  const form = document.querySelector(`form[data-short="${CSS.escape(short)}"]`);
  id("check-list").hidden = id("result").hidden = true;
  form.closest(".ask").hidden = false;
  const open = items(form).findIndex((item) => !chosen(item));
  turnTo(form, open < 0 ? items(form).length - 1 : open);
}

// the next question; behind the last one the result
async function goOn(form, again) {
  const at = here(form);
  if (at < items(form).length - 1) {
    turnTo(form, at + 1);
    return;
  }
  await kept;
  const made = await ask("answer", { short: form.dataset.short, answers: answers(form), done: true });
  if (made === null) return;
  await again();
  id("result").hidden = false;
  showLines(made.lines);
  id("result-h").focus();
}

// what the agent says of the answers: lines, and among them a list
function showLines(lines) {
  const place = id("result-lines");
  place.replaceChildren();
  for (const line of lines) {
    const isOfList = line.startsWith("  * ");
    const text = isOfList ? line.slice(4) : line[0].toUpperCase() + line.slice(1);
    const made = Object.assign(document.createElement(isOfList ? "li" : "p"), { textContent: text });
    if (isOfList && place.lastElementChild?.tagName !== "UL") place.append(document.createElement("ul"));
    (isOfList ? place.lastElementChild : place).append(made);
  }
}

export async function next(form, again) {
  if (chosen(items(form)[here(form)])) await goOn(form, again);
  else say(words.choose, true);
}

async function skip(form, again) {
  const given = chosen(items(form)[here(form)]);
  if (given) {
    given.checked = false;
    given.dispatchEvent(new Event("change", { bubbles: true })); // what was given is taken back
  }
  await goOn(form, again);
}

// whether the press was one of a check-in
export async function pressed(button, again) {
  const form = button.form;
  if (button.dataset.check) begin(button.dataset.check);
  else if ("checkBack" in button.dataset) turnTo(form, here(form) - 1);
  else if ("checkSkip" in button.dataset) await skip(form, again);
  else if ("checkStop" in button.dataset) {
    await again();
    document.querySelector("#main h1").focus();
  } else return false;
  return true;
}

// the keys 1 to 9 choose an answer; where answers are numbers, 0 to 9 choose that number
document.addEventListener("keydown", (event) => {
  if (!/^[0-9]$/.test(event.key) || event.ctrlKey || event.altKey || event.metaKey) return;
  const item = document.querySelector(".ask:not([hidden]) fieldset:not([hidden])");
  if (!item) return;
  const inputs = [...item.querySelectorAll("input")];
  const byName = inputs.find((one) => one.nextElementSibling.textContent === event.key);
  const one = inputs.length > 6 ? byName : inputs[Number(event.key) - 1];
  if (!one) return;
  event.preventDefault();
  one.focus();
  if (!one.checked) one.click();
});
