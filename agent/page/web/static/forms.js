// What each form of the pages sends; each returns whether the page is to be drawn again.
import { ask, call, put } from "./call.js";
import { next } from "./check.js";
import { importShifts, readCalendar, writeEntry } from "./days.js";
import { doEnroll, readBundle } from "./first.js";
import { live } from "./live.js";

let again = null;

export function bind(draw) {
  again = draw;
}

const seconds = (value) => (value ? Math.floor(new Date(value).getTime() / 1000) : null);
const minutes = (value) => value.split(":").reduce((all, one) => 60 * all + Number(one), 0);

export const FORMS = {
  async note(form) {
    const [what, kind] = form.elements.what.value.split(" ");
    const told = { what, kind, from_utc_s: seconds(form.elements.from.value), until_utc_s: seconds(form.elements.until.value) };
    return ask("note", told);
  },
  async hours(form) {
    const kept = JSON.parse(form.dataset.kept);
    return ask("hours", { hours: [...kept, [minutes(form.elements.from.value), minutes(form.elements.until.value)]] });
  },
  async erase() {
    live.forget();
    return ask("erase", {});
  },
  async consent(form, by) {
    const grants = [...form.querySelectorAll("[name=grants]:checked")].map((one) => JSON.parse(one.value));
    const text = form.querySelector("#consent-text");
    const agreed = by?.name === "agree";
    const told = { grants, pin: form.elements.pin.value, shown: agreed ? text.dataset.shown : "" };
    form.elements.pin.value = "";
    const made = await ask("consent", told);
    if (made?.text) {
      text.hidden = false;
      text.dataset.shown = made.shown;
      text.querySelector("pre").textContent = made.text;
      text.querySelector("h3").focus();
      return null;
    }
    return made;
  },
  async ask(form) {
    return ask("ask", { what: "see", words: form.querySelector("textarea").value.trim() });
  },
  async "check-in"(form) {
    await next(form, again);
    return null;
  },
  async journal(form, by) {
    if (by) await writeEntry(form, by, again);
    return null;
  },
  async calendar(form) {
    await readCalendar(form);
    return null;
  },
  async shifts(form) {
    return importShifts(form);
  },
  async "forget-source"(form) {
    return ask("forget-source", { source: form.dataset.source, sure: form.elements.sure.checked });
  },
  async search(form) {
    const typed = form.elements.search.value.trim();
    if (!typed) return again();
    const answer = await call(`/found?search=${encodeURIComponent(typed)}`);
    if (answer?.ok) put(document.getElementById("rows"), await answer.text());
    return null;
  },
  async bundle(form) {
    return readBundle(form);
  },
  async enroll(form) {
    return doEnroll(form);
  },
  async admit(form) {
    const { answer, pin, words: heard } = form.elements;
    const told = await ask("admit", { answer: (await answer.files[0]?.text()) ?? "", pin: pin.value, words: heard.value });
    pin.value = "";
    return told;
  },
};
