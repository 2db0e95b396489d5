// Your days: entries of the journal, a calendar, sources.
import { ask, call, put, say, sentence, words } from "./call.js";

const FILE_MOST = 16 * 2 ** 20; // bytes, as the importer reads
let calendar = null; // the file between its two steps; nothing of it is kept

// of the languages that the browser asks for, the first that names a country
function country() {
  return navigator.languages.map((one) => /-([A-Z]{2})\b/.exec(one)?.[1]).find(Boolean) ?? "";
}

// the lines of help, where the person chose so; whether to draw the page again
export async function writeEntry(form, by, again) {
  const made = await ask("journal", { mood: by.value, words: form.elements.own.value, country: country() });
  if (made === null) return;
  await again();
  if (!made.help) return;
  const help = document.getElementById("help");
  help.hidden = false;
  help.replaceChildren(...made.help.map((line) => Object.assign(document.createElement("p"), { textContent: line })));
  help.focus();
}

async function send(step, asked) {
  say(words.wait);
  const answer = await call(`/calendar/${step}`, new Blob([JSON.stringify(asked), "\n", calendar]));
  if (answer === null) return null;
  say("");
  if (answer.ok) return answer;
  const made = await answer.json().catch(() => ({ words: words.failed }));
  say(sentence(made.words, made.remedy), true);
  return null;
}

export async function readCalendar(form) {
  calendar = form.elements.calendar.files[0];
  const place = document.getElementById("titles");
  place.replaceChildren();
  if (calendar.size > FILE_MOST) { // refused here: a browser that still sends does not hear a refusal
    say(words.too_large, true);
    return;
  }
  const answer = await send("titles", {});
  if (answer === null) return;
  put(place, await answer.text());
  place.querySelector("h3").focus();
}

// whether something was imported
export async function importShifts(form) {
  const told = { shifts: [], others: [] };
  for (const one of form.querySelectorAll("[name=title]")) told[one.checked ? "shifts" : "others"].push(one.value);
  const answer = await send("shifts", told);
  if (answer === null) return false;
  calendar = null;
  say((await answer.json()).words);
  return true;
}
