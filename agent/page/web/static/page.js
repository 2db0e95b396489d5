// The pages, and what the person decides.
import { ask, call, closed, enter, isOpen, put, save, say, sentence, words } from "./call.js";
import { importShifts, readCalendar, writeEntry } from "./days.js";
import { doEnroll, lookForStraps, readBundle } from "./first.js";
import { live } from "./live.js";
const main = document.getElementById("main");
const said = document.getElementById("said");
let route = "";

async function show(wanted, { keepFocus = false } = {}) {
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
  if (wanted !== (location.hash.slice(1) || "now")) return; // the person went on meanwhile
  put(main, html);
  route = wanted;
  const page = wanted.split(/[/?]/)[0];
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.page === page) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const title = main.querySelector("h1");
  document.title = `${title.textContent} – Wardbeat`;
  if (!keepFocus) {
    title.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
  live.shown(page);
  for (const one of main.querySelectorAll(".late")) one.scrollLeft = one.scrollWidth; // the newest is at the right
}

const again = () => show(route, { keepFocus: true });

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

const seconds = (value) => (value ? Math.floor(new Date(value).getTime() / 1000) : null);
const minutes = (value) => value.split(":").reduce((all, one) => 60 * all + Number(one), 0);

function answers(form) {
  const told = {};
  for (const [name, value] of new FormData(form)) if (value !== "") told[name] = Number(value);
  return told;
}

// what each form says; each returns whether the page is to be drawn anew
const FORMS = {
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
    const made = await ask("answer", { short: form.dataset.short, answers: answers(form), done: true });
    if (made === null) return null;
    await again();
    const result = document.getElementById("result");
    result.hidden = false;
    result.replaceChildren(...made.lines.map((line) => Object.assign(document.createElement("p"), { textContent: line })));
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

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  if (await FORMS[form.dataset.form]?.(form, event.submitter)) await again();
});

document.addEventListener("change", async (event) => {
  const consent = event.target.closest("form[data-form=consent]");
  if (consent && event.target.name === "grants" && !consent.querySelector("#consent-text").hidden) {
    consent.querySelector("#consent-text").hidden = true; // another yes has another text
    say(words.ticks_changed, true);
  }
  const form = event.target.closest("form[data-form=check-in]");
  // kept at every tick, so that nothing is lost when the person is called away
  if (form) await ask("answer", { short: form.dataset.short, answers: answers(form) }, { quiet: true });
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.do) {
    if (await ask(button.dataset.do, JSON.parse(button.dataset.with ?? "{}"))) await again();
  } else if (button.dataset.file) {
    await download(button.dataset.file, button);
  } else if (button.id === "prove") {
    button.disabled = true;
    const answer = await call("/proof");
    button.disabled = false;
    if (answer?.ok) put(document.getElementById("proof"), await answer.text());
    else if (answer) say((await answer.json()).words, true);
  } else if (button.id === "back") {
    history.back();
  } else if (button.id === "scan") {
    await lookForStraps(button);
  } else if (button.id === "freeze") {
    live.freeze();
  } else if (button.id === "preview") {
    live.preview(button);
  }
});

addEventListener("resize", () => {
  for (const one of main.querySelectorAll(".late")) one.scrollLeft = one.scrollWidth;
});

addEventListener("hashchange", () => {
  if (location.hash === "#main") {
    main.focus();
    history.replaceState(null, "", `#${route}`);
  } else if (isOpen() && location.hash.slice(1) !== route) {
    said.textContent = "";
    show(location.hash.slice(1) || "now");
  }
});

async function begin() {
  const code = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  const answer = await fetch("/enter", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ code }),
  });
  if (!answer.ok) {
    closed(words.closed_code);
    return;
  }
  const told = await answer.json();
  enter(told.key);
  history.replaceState(null, "", `#${told.page}`);
  await show(told.page, { keepFocus: true }); // a reader of screens begins at the top, as on any page
  live.start(again);
}

await begin();
