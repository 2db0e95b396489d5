// The pages, and what the person decides.
import { ask, call, closed, enter, isOpen, put, save, say, sentence, words } from "./call.js";
import * as check from "./check.js";
import * as first from "./first.js";
import { kept } from "./kept.js";
import { FORMS, bind } from "./forms.js";
import { live } from "./live.js";
import { localForms } from "./local.js";
import "./readout.js";
import "./weeks.js";
import * as shell from "./shell.js";
const main = document.getElementById("main");
const said = document.getElementById("said");
let route = "";

async function show(wanted, { keepFocus = false, isAgain = false } = {}) {
  const long = setTimeout(() => say(words.wait), 500);
  main.setAttribute("aria-busy", "true");
  const answer = /^[a-z-]+(\/[a-z0-9_]+)?(\?before=\d+)?$/.test(wanted) ? await call(`/page/${wanted}`) : null;
  clearTimeout(long);
  main.removeAttribute("aria-busy");
  if (said.textContent === words.wait) said.textContent = "";
  if (answer === null) return;
  if (!answer.ok) {
    const made = await answer.json().catch(() => ({ words: words.failed }));
    say(sentence(made.words, made.remedy), true);
    return;
  }
  const html = await answer.text();
  if (wanted !== (location.hash.slice(1) || "today")) return; // the person went on meanwhile
  put(main, html);
  route = wanted;
  const page = wanted.split(/[/?]/)[0];
  shell.shownPage(page);
  const title = main.querySelector("h1");
  document.title = `${title.textContent} – Wardbeat`;
  if (!keepFocus) {
    title.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
  live.shown(page, isAgain);
  later();
}

// parts of a page that wait for the reader
async function later() {
  const place = main.querySelector("[data-part]");
  if (place === null) return;
  const answer = await call(`/part/${place.dataset.part}`);
  if (!answer?.ok || !place.isConnected) return;
  put(place, await answer.text());
  live.ranges();
}

// the page as it is now; `sent`: a form that is done with
async function again(sent = null) {
  const back = kept(sent);
  await show(route, { keepFocus: true, isAgain: true });
  back();
}

async function download(name, button) {
  say(words.saving);
  button.disabled = true;
  const answer = await call(`/file/${name}`);
  button.disabled = false;
  if (answer === null) return;
  try {
    if (!answer.ok) throw new Error((await answer.json()).words);
    save(await answer.blob(), `wardbeat-${name}`); // a file that broke off is none
  } catch (error) {
    say(error.message || words.failed, true);
  }
}

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  if (await FORMS[form.dataset.form]?.(form, event.submitter)) await again(form);
});

document.addEventListener("change", async (event) => {
  const form = event.target.closest("form[data-form=check-in]");
  // kept at every tick, so that nothing is lost when the person is called away
  if (form) await check.keep(form);
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.do) {
    if (await ask(button.dataset.do, JSON.parse(button.dataset.with ?? "{}"))) await again();
  } else if ((await check.pressed(button, again)) || (await first.pressed(button, again))) {
    return;
  } else if (button.dataset.file) {
    await download(button.dataset.file, button);
  } else if (button.id === "back") {
    history.back();
  } else if (button.id === "beats-unit") {
    live.rate();
  } else if (button.id === "freeze") {
    live.freeze();
  } else if (button.id === "preview") {
    live.preview(button);
  }
});

addEventListener("hashchange", () => {
  if (location.hash === "#main") {
    main.focus();
    history.replaceState(null, "", `#${route}`);
  } else if (isOpen() && location.hash.slice(1) !== route) {
    said.textContent = "";
    show(location.hash.slice(1) || "today");
  }
});

async function begin() {
  const code = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  const answer = await fetch("/enter", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ code, forms: localForms(document.documentElement.lang) }),
  });
  if (!answer.ok) {
    closed(words.closed_code);
    return;
  }
  const told = await answer.json();
  enter(told.key);
  shell.begin(again);
  shell.steps(told.page === "first");
  history.replaceState(null, "", `#${told.page}`);
  await show(told.page, { keepFocus: true }); // a reader of screens begins at the top, as on any page
  live.start(again);
}

bind(again);
await begin();
