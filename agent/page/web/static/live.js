// What comes by itself: one line a beat, drawn as it comes, unless the person or their system wants it still.
import { call, word, words } from "./call.js";

const SPAN_S = 60;
const SVG = "http://www.w3.org/2000/svg";
const still = matchMedia("(prefers-reduced-motion: reduce)");

const state = { beats: new Map(), frozen: still.matches, told: null, page: "", drawn: false, seen: "", alerts: "", again: null };
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

function chart(now_s) {
  const svg = id("beats");
  const beats = beatsNow();
  const right = beats.filter((one) => !isBad(one[2])).map((one) => one[1]);
  const low = Math.min(...right, 600) - 50;
  const high = Math.max(...right, 1000) + 50;
  const x = (t_s) => 46 + (1 - (now_s - t_s) / SPAN_S) * 626;
  const y = (ms) => 172 - (Math.min(Math.max(ms, low), high) - low) / (high - low) * 160;
  const made = [];
  for (const ms of [low + 50, (low + high) / 2, high - 50]) {
    made.push(part("text", { x: 40, y: y(ms) + 4, class: "axis", "text-anchor": "end" }, `${Math.round(ms)}`));
    made.push(part("line", { x1: 46, x2: 672, y1: y(ms), y2: y(ms), class: "normal" }));
  }
  made.push(part("text", { x: 8, y: 12, class: "axis" }, "ms"));
  for (const back of [60, 45, 30, 15, 0]) made.push(part("text", { x: x(now_s - back), y: 194, class: "axis", "text-anchor": "middle" }, back ? `−${back} s` : "0"));
  let run = [];
  const flush = () => {
    if (run.length > 1) made.push(part("polyline", { points: run.map((one) => `${x(one[0]).toFixed(1)},${y(one[1]).toFixed(1)}`).join(" "), class: "joined" }));
    run = [];
  };
  for (const one of beats) {
    const before = run.at(-1);
    if (isBad(one[2]) || (before && Math.abs((one[0] - before[0]) * 1000 - one[1]) > 200)) flush();
    const [cx, cy] = [x(one[0]), y(one[1])];
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
  id("beats-said").textContent = right.length
    ? fill(words.beats_said, { n: beats.length, low: Math.round(Math.min(...right)), high: Math.round(Math.max(...right)), bad: bad.length })
    : words.beats_none;
  lines(id("rejected"), bad.slice(-5).reverse().map((one) => `${Math.round(now_s - one[0])} s: ${because(one[2])}`), id("rejected").dataset.none);
  if (id("beats-t").closest("details").open) {
    id("beats-t").replaceChildren(...beats.slice(-40).reverse().map((one) => row([Math.round(now_s - one[0]), Math.round(one[1]), because(one[2])])));
  }
}

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

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
  made.className = one.level;
  const mark = Object.assign(document.createElement("span"), { className: "mark" });
  mark.setAttribute("aria-hidden", "true");
  const told = document.createElement("span");
  const level = Object.assign(document.createElement("span"), { className: "level", textContent: word("level", one.level) });
  const name = word("part", one.part);
  told.append(Object.assign(document.createElement("b"), { textContent: name }), " ", level, `: ${one.words}`);
  if (one.remedy && one.level !== "ok" && one.level !== "off") told.append(Object.assign(document.createElement("span"), { className: "remedy", textContent: one.remedy }));
  made.append(mark, told);
  return made;
}

function states(rows) {
  const text = JSON.stringify(rows);
  if (text === state.seen) return;
  state.seen = text;
  id("states").replaceChildren(...rows.filter(isSensor).map(stateLine));
  id("way").replaceChildren(...rows.filter((one) => !isSensor(one)).map(stateLine));
}

function numbers(told) {
  id("rate").textContent = told.hr_bpm === null ? "–" : Math.round(told.hr_bpm);
  id("rmssd").textContent = told.rmssd_ms === null
    ? (told.irregular ? words.withheld_rhythm : told.listened_s < 30 ? words.withheld_soon : words.withheld_few)
    : `${Math.round(told.rmssd_ms)} ms`;
  id("quality").value = told.coverage_01 ?? 0;
  id("quality").hidden = told.coverage_01 === null;
  id("quality-n").textContent = told.coverage_01 === null ? "–" : `${Math.round(100 * told.coverage_01)} %`;
  if (told.coverage_01 !== null && told.listened_s < SPAN_S) id("quality-n").textContent += ` (${told.listened_s} s)`;
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
    made.append(meter, ` ${names.get(name)} ${value.toFixed(1)}`);
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
  if (state.page !== "now" || !id("states")) return;
  states(told.states);
  id("paused").hidden = !told.paused;
  const isPaused = id("pause").dataset.do === "resume";
  if (told.paused !== isPaused) {
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

// five minutes are over: their numbers alone are drawn anew
async function newWindow(start) {
  id("window").dataset.start = start;
  const answer = await call("/page/now");
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
  const at = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  id("frozen").textContent = words.frozen.replace("{at}", at);
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
    if (page !== "now" || state.told === null) {
      if (page === "now") button();
      return;
    }
    button();
    numbers(state.told);
    face(state.told);
    chart(state.told.t_s);
    draw(state.told);
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
