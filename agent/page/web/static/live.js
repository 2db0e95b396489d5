// What comes by itself: one line a beat, drawn as it comes, unless the person or their system wants it still.
import { call, fill, word, words } from "./call.js";
import { clock, number } from "./local.js";
import { ownBeat } from "./own_beat.js";
import { stateNow } from "./shell.js";

const SPAN_S = 60;
const SVG = "http://www.w3.org/2000/svg";
const still = matchMedia("(prefers-reduced-motion: reduce)");

const state = { beats: new Map(), frozen: still.matches, told: null, page: "", drawn: false, seen: "", trouble: null, paused: null, alerts: "", ranges: {}, again: null };
const id = (name) => document.getElementById(name);

function part(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

const isBad = (label) => label !== null && label !== "normal";
const because = (label) => word("label", label);

function take(told) {
  for (const [t_s, rr_ms, label] of told.beats) state.beats.set(t_s, [t_s, rr_ms, label]);
  for (const t_s of state.beats.keys()) if (t_s < told.t_s - SPAN_S) state.beats.delete(t_s);
  state.told = told;
}

function beatsNow() {
  return [...state.beats.values()].sort((a, b) => a[0] - b[0]);
}

const HIGH = 220, LEFT = 52, FOOT = 30, TOP = 12;

// round ticks between two ends: steps of 1, 2 or 5 times a power of ten
function ticks(low, high) {
  const rough = (high - low) / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough);
  const made = [];
  for (let at = Math.ceil(low / step) * step; at <= high; at += step) made.push(at);
  return made;
}

function frame(low, high, x, y) {
  const made = [part("text", { x: 0, y: TOP + 2, class: "axis" }, words.ms)];
  for (const ms of ticks(low, high)) {
    if (y(ms) > TOP + 18) made.push(part("text", { x: LEFT - 8, y: y(ms) + 5, class: "axis", "text-anchor": "end" }, number(ms)));
    made.push(part("line", { x1: LEFT, x2: x(0), y1: y(ms), y2: y(ms), class: "grid" }));
  }
  for (const back of x(0) - LEFT < 420 ? [60, 30, 0] : [60, 40, 20, 0]) {
    const anchor = { 60: "start", 0: "end" }[back] ?? "middle";
    made.push(part("text", { x: x(back), y: HIGH - 8, class: "axis", "text-anchor": anchor }, back ? fill(words.seconds_ago, { n: back }) : words.now));
  }
  return made;
}

function chart(now_s) {
  const svg = id("beats");
  const wide = svg.clientWidth || 640;
  const beats = beatsNow();
  const right = beats.filter((one) => !isBad(one[2])).map((one) => one[1]);
  const low = Math.min(...right, 700) - 50;
  const high = Math.max(...right, 1000) + 50;
  const x = (back_s) => LEFT + (1 - back_s / SPAN_S) * (wide - LEFT - 8);
  const y = (ms) => HIGH - FOOT - 6 - (Math.min(Math.max(ms, low), high) - low) / (high - low) * (HIGH - FOOT - TOP - 12);
  const made = frame(low, high, x, y);
  let run = [];
  const flush = () => {
    if (run.length > 1) made.push(part("polyline", { points: run.map((one) => `${x(now_s - one[0]).toFixed(1)},${y(one[1]).toFixed(1)}`).join(" "), class: "joined" }));
    run = [];
  };
  for (const one of beats) {
    const before = run.at(-1);
    if (isBad(one[2]) || (before && Math.abs((one[0] - before[0]) * 1000 - one[1]) > 200)) flush();
    const [cx, cy] = [x(now_s - one[0]), y(one[1])];
    if (isBad(one[2])) {
      const cross = part("path", { d: `M${cx - 5} ${cy - 5}l10 10m0 -10l-10 10`, class: "bad", "data-t": one[0] });
      cross.append(part("title", {}, because(one[2])));
      made.push(cross);
    } else {
      run.push(one);
      made.push(part("circle", { cx, cy, r: 3, class: one[2] === null ? "fresh" : "beat", "data-t": one[0] }));
    }
  }
  flush();
  svg.replaceChildren(...made);
  const bad = beats.filter((one) => isBad(one[2]));
  const told = right.length
    ? [fill(words.beats_said, { n: beats.length, low: number(Math.min(...right)), high: number(Math.max(...right)) }), fill(words.beats_bad, { n: bad.length })].join(" ")
    : words.beats_none;
  if (id("beats-said").textContent !== told) id("beats-said").textContent = told;
  lines(id("rejected"), bad.reverse().map((one) => `${fill(words.seconds_ago, { n: Math.round(now_s - one[0]) })}: ${because(one[2])}`), id("rejected").dataset.none);
  if (id("beats-t").closest("details").open) {
    id("beats-t").replaceChildren(...beats.slice(-40).reverse().map((one) => row([Math.round(now_s - one[0]), Math.round(one[1]), because(one[2])])));
  }
}

function row(cells) {
  const made = document.createElement("tr");
  made.append(...cells.map((cell) => Object.assign(document.createElement("td"), { textContent: cell })));
  return made;
}

function lines(list, told, none) {
  if (list.dataset.none === undefined) list.dataset.none = list.textContent.trim();
  const shown = told.length ? told : [none ?? list.dataset.none];
  if (list.textContent === shown.join("")) return;
  list.replaceChildren(...shown.map((line) => Object.assign(document.createElement("li"), { textContent: line })));
}

const isSensor = (one) => one.part.startsWith("source.") || ["measuring", "windows"].includes(one.part);

function stateLine(one) {
  const made = document.createElement("li");
  made.className = `chip ${one.level}`;
  const mark = Object.assign(document.createElement("span"), { className: "mark" });
  mark.setAttribute("aria-hidden", "true");
  const told = document.createElement("span");
  const level = Object.assign(document.createElement("span"), { className: "level", textContent: word("level", one.level) });
  const name = word("part", one.part);
  told.append(Object.assign(document.createElement("b"), { textContent: name }), " ", level, `: ${one.words}`);
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

// a value on a track, with the person's usual range; [low, high] are the ends of the track
function meter(place, value, low, high, band) {
  const share = (one) => `${Math.min(Math.max((100 * (one - low)) / (high - low), 0), 100).toFixed(1)}%`;
  const svg = part("svg", { "aria-hidden": "true" });
  svg.append(part("rect", { class: "track", y: 3, width: "100%", height: 10, rx: 5 }));
  if (band) svg.append(part("rect", { class: "band", x: share(band[0]), y: 3, width: `${(100 * (Math.min(band[1], high) - Math.max(band[0], low))) / (high - low)}%`, height: 10, rx: 5 }));
  if (value !== null) svg.append(part("rect", { class: "needle", x: share(value), y: 0, width: 4, height: 16, rx: 2, transform: "translate(-2)" }));
  place.replaceChildren(svg);
}

function set(name, text) {
  if (id(name).textContent !== text) id(name).textContent = text;
}

function tile(name, value, band, why) {
  set(name, value === null ? "–" : number(value));
  const reach = band ? [2 * band[0] - band[1], 2 * band[1] - band[0]] : [0, 2 * (value ?? 1)];
  meter(id(`${name}-m`), band ? value : null, ...reach, band);
  set(`${name}-w`, why ?? (band ? fill(words.usual, { low: number(band[0]), high: number(band[1]) }) : words.usual_none));
}

function numbers(told) {
  const ranges = state.ranges;
  tile("rate", told.hr_bpm === null ? null : Math.round(told.hr_bpm), ranges.rate);
  const withheld = told.rmssd_ms === null
    ? (told.irregular ? words.withheld_rhythm : told.listened_s < 30 ? words.withheld_soon : words.withheld_few)
    : undefined;
  tile("rmssd", told.rmssd_ms === null ? null : Math.round(told.rmssd_ms), ranges.rmssd, withheld);
  const share = told.coverage_01 === null ? null : Math.round(100 * told.coverage_01);
  set("quality", share === null ? "–" : number(share));
  meter(id("quality-m"), null, 0, 100, share === null ? null : [0, share]);
  set("quality-w", told.coverage_01 !== null && told.listened_s < SPAN_S ? fill(words.signal_since, { n: told.listened_s }) : words.signal);
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

function draw(told) {
  stateNow(told);
  const wasPaused = state.paused;
  state.paused = told.paused;
  ownBeat(told, beatsNow());
  if (state.page !== "today" || !id("states")) return;
  states(told.states);
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
  numbers(told);
  face(told);
  chart(told.t_s);
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

export const live = {
  start(again) {
    state.again = again;
    listen();
  },
  shown(page) {
    state.page = page;
    state.drawn = false;
    state.frozen = still.matches; // what one comes back to is never an old picture that looks live
    state.seen = "";
    state.trouble = null;
    if (page !== "today" || state.told === null) {
      if (page === "today") button();
      return;
    }
    button();
    numbers(state.told);
    face(state.told);
    chart(state.told.t_s);
    draw(state.told);
  },
  // the usual ranges came, with the part that waits for the reader
  ranges() {
    state.ranges = JSON.parse(id("ranges")?.dataset.ranges ?? "{}");
    if (state.page === "today" && state.told && id("rate")) numbers(state.told);
  },
  forget() {
    state.beats.clear();
    state.told = null;
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
