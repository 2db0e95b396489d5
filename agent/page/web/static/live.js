// What comes by itself: one line a beat, drawn as it comes, unless the person or their system wants it still.
import { draw as drawCamera } from "./appoint.js";
import { chart, lines } from "./beats.js";
import { call, fill, word, words } from "./call.js";
import { clock, number } from "./local.js";
import { ownBeat } from "./own_beat.js";
import { stateNow } from "./shell.js";
import { part } from "./svg.js";
import { numbers } from "./tiles.js";

const SPAN_S = 60;
const still = matchMedia("(prefers-reduced-motion: reduce)");

const state = { beats: new Map(), frozen: still.matches, told: null, page: "", drawn: false, seen: "", trouble: null, paused: null, alerts: "", ranges: {}, again: null, isRate: false };
const id = (name) => document.getElementById(name);

function beatsNow() {
  return [...state.beats.values()].sort((a, b) => a[0] - b[0]);
}

function take(told) {
  for (const [t_s, rr_ms, label] of told.beats) state.beats.set(t_s, [t_s, rr_ms, label]);
  for (const t_s of state.beats.keys()) if (t_s < told.t_s - SPAN_S) state.beats.delete(t_s);
  state.told = told;
}

const isSensor = (one) => one.part.startsWith("source.") || ["measuring", "windows"].includes(one.part);

function stateLine(one) {
  const made = document.createElement("li");
  made.className = `chip ${one.level}`;
  const mark = Object.assign(document.createElement("span"), { className: "mark" });
  mark.setAttribute("aria-hidden", "true");
  const told = document.createElement("span");
  const level = Object.assign(document.createElement("span"), { className: "level", textContent: `${word("level", one.level)}, ` });
  const name = word("part", one.part);
  told.append(Object.assign(document.createElement("b"), { textContent: name }), ": ", level, one.words);
  made.append(mark, told);
  return made;
}

function states(rows) {
  const text = JSON.stringify(rows);
  if (text === state.seen) return;
  const trouble = rows.filter((one) => one.level === "trouble").map((one) => one.part).join();
  if (state.trouble !== null && trouble !== state.trouble) state.again(); // what needs a hand is drawn again
  state.trouble = trouble;
  state.seen = text;
  id("states").replaceChildren(...rows.filter(isSensor).map(stateLine));
  id("way").replaceChildren(...rows.filter((one) => !isSensor(one)).map(stateLine));
}

function face(told) {
  const list = id("actions");
  if (!list) return;
  if (told.face === null) {
    lines(list, [], words.face_none);
    return;
  }
  const names = new Map([...id("action-names").content.children].map((one) => [one.dataset.name, one.textContent]));
  list.replaceChildren(...Object.entries(told.face).map(([name, value]) => {
    const made = document.createElement("li");
    const meter = Object.assign(document.createElement("meter"), { min: 0, max: 1, value });
    meter.setAttribute("aria-label", names.get(name));
    made.append(meter, ` ${names.get(name)} ${number(value, 1)}`);
    return made;
  }));
  if (!id("drawing").hidden) drawing(told.face);
}

// a drawing of what is read, of the same face for everybody
function drawing(told) {
  const { smile = 0, jaw = 0, brows_up = 0, brows_down = 0, lids = 0 } = told;
  const brow = 62 - 14 * brows_up + 10 * brows_down;
  const eye = 12 * (1 - lids);
  id("face").replaceChildren(
    part("ellipse", { cx: 100, cy: 100, rx: 70, ry: 90 }),
    part("path", { d: `M50 ${brow}q18 ${-10 + 12 * brows_down} 36 ${6 * brows_down}M114 ${brow + 6 * brows_down}q18 ${-10} 36 0` }),
    part("ellipse", { cx: 70, cy: 85, rx: 14, ry: Math.max(eye, 1) }),
    part("ellipse", { cx: 130, cy: 85, rx: 14, ry: Math.max(eye, 1) }),
    part("path", { d: `M68 ${145 - 12 * smile}Q100 ${150 + 14 * smile} 132 ${145 - 12 * smile}Q100 ${152 + 14 * smile + 34 * jaw} 68 ${145 - 12 * smile}` }),
  );
}

// a quiet chip, where the person switched it on
function arousal(told) {
  const chip = id("arousal-chip");
  if (!chip || !told) return;
  const said = JSON.parse(chip.dataset.words)[told.state ?? told.why] ?? "";
  if (id("arousal-said").textContent !== said) id("arousal-said").textContent = said;
  id("arousal-sure").textContent = told.confidence_01 === null ? "" : chip.dataset.sure.replace("{n}", Math.round(100 * told.confidence_01));
}

function draw(told) {
  stateNow(told);
  drawCamera(told.camera);
  const wasPaused = state.paused;
  state.paused = told.paused;
  ownBeat(told, beatsNow());
  if (state.page !== "today" || !id("states")) return;
  states(told.states);
  arousal(told.arousal);
  if (wasPaused !== null && told.paused !== wasPaused) {
    state.again();
    return;
  }
  if (told.alerts !== state.alerts) {
    state.alerts = told.alerts; // what was pushed last may be older than the page: only a change draws it again
    if (told.alerts !== id("alerts").dataset.now) {
      state.again();
      return;
    }
  }
  if (String(told.window ?? "") !== id("window").dataset.start) newWindow(String(told.window ?? ""));
  if (state.frozen && state.drawn) return;
  state.drawn = told.beats.length > 0;
  numbers(told, state.ranges, SPAN_S);
  face(told);
  chart(beatsNow(), told.t_s, SPAN_S, state.isRate);
}

// five minutes are over: their numbers alone are drawn again
async function newWindow(start) {
  id("window").dataset.start = start;
  const answer = await call("/page/today");
  if (!answer?.ok) return;
  const made = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("window");
  id("window")?.replaceWith(document.adoptNode(made));
}

function button() {
  const made = id("freeze");
  if (!made) return;
  id("beats-unit").setAttribute("aria-pressed", String(state.isRate));
  made.setAttribute("aria-pressed", String(state.frozen));
  made.textContent = state.frozen ? words.run : words.freeze;
  id("frozen").hidden = !state.frozen;
  id("frozen").textContent = fill(words.frozen, { at: clock(new Date()) });
}

async function listen() {
  let pause_ms = 500;
  while (true) {
    const answer = await call("/stream");
    if (answer === null) return;
    if (answer.ok) {
      pause_ms = 500;
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      try {
        for (;;) {
          const { value, done } = await reader.read();
          if (done) break;
          const parts = (rest + value).split("\n");
          rest = parts.pop();
          for (const line of parts) take(JSON.parse(line));
          if (parts.length) draw(state.told);
        }
      } catch { /* the stream broke; the next call tells whether anybody is there */ }
    }
    await new Promise((done) => setTimeout(done, pause_ms));
    pause_ms = Math.min(2 * pause_ms, 10000);
  }
}

addEventListener("resize", () => {
  if (state.page === "today" && state.told && id("beats")) chart(beatsNow(), state.told.t_s, SPAN_S, state.isRate);
});

export const live = {
  start(again) {
    state.again = again;
    listen();
  },
  shown(page, isAgain) {
    state.page = page;
    state.drawn = false;
    if (!isAgain) state.frozen = still.matches; // what one comes back to is never an old picture that looks live
    state.seen = "";
    state.trouble = null;
    if (page !== "today" || state.told === null) {
      if (page === "today") button();
      return;
    }
    button();
    numbers(state.told, state.ranges, SPAN_S);
    face(state.told);
    chart(beatsNow(), state.told.t_s, SPAN_S, state.isRate);
    draw(state.told);
  },
  // the usual ranges came, with the part that waits for the reader
  ranges() {
    state.ranges = JSON.parse(id("ranges")?.dataset.ranges ?? "{}");
    if (state.page === "today" && state.told && id("rate")) numbers(state.told, state.ranges, SPAN_S);
  },
  forget() {
    state.beats.clear();
    state.told = null;
  },
  rate() {
    state.isRate = !state.isRate;
    id("beats-unit").setAttribute("aria-pressed", String(state.isRate));
    if (state.told) chart(beatsNow(), state.told.t_s, SPAN_S, state.isRate);
  },
  freeze() {
    state.frozen = !state.frozen;
    button();
    if (!state.frozen && state.told) draw(state.told);
  },
  preview(pressed) {
    const place = id("drawing");
    place.hidden = !place.hidden;
    pressed.setAttribute("aria-expanded", String(!place.hidden));
    const text = pressed.textContent;
    pressed.textContent = pressed.dataset.hide;
    pressed.dataset.hide = text;
    if (!place.hidden && state.told?.face) drawing(state.told.face);
  },
};
