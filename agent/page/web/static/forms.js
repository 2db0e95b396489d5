// What each form of the pages sends; each returns whether the page is to be drawn again.
import { tried, wanted } from "./appoint.js";
import { ask } from "./call.js";
import { next } from "./check.js";
import { importShifts, readCalendar, writeEntry } from "./days.js";
import { doEnroll, readBundle } from "./first.js";
import { live } from "./live.js";
import { consent, hours } from "./privacy.js";
import { search } from "./sharing.js";

let again = null;

export function bind(draw) {
  again = draw;
}

const seconds = (value) => (value ? Math.floor(new Date(value).getTime() / 1000) : null);

export const FORMS = {
  async "camera-plan"(form, by) {
    const made = await ask("camera-plan", wanted(form, by));
    if (made === null || by?.value !== "no") return made;
    tried(made);
    return null;
  },
  async note(form) {
    const [what, kind] = form.elements.what.value.split(" ");
    const told = { what, kind, from_utc_s: seconds(form.elements.from.value), until_utc_s: seconds(form.elements.until.value) };
    return ask("note", told);
  },
  hours,
  async erase() {
    live.forget();
    return ask("erase", {});
  },
  consent,
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
  search,
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
