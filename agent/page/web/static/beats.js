// The plot of beats, with its sentence, its list of rejected beats and its table.
import { fill, word, words } from "./call.js";
import { number } from "./local.js";
import { part } from "./svg.js";

const id = (name) => document.getElementById(name);
const isBad = (label) => label !== null && label !== "normal";
const because = (label) => word("label", label);


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

function frame(low, high, x, y, unit) {
  const made = [part("text", { x: 0, y: TOP + 2, class: "axis" }, unit)];
  for (const value of ticks(low, high)) {
    if (y(value) > TOP + 18) made.push(part("text", { x: LEFT - 8, y: y(value) + 5, class: "axis", "text-anchor": "end" }, number(value)));
    made.push(part("line", { x1: LEFT, x2: x(0), y1: y(value), y2: y(value), class: "grid" }));
  }
  const moment = (back) => back ? fill(words.seconds_ago, { n: back }) : words.now;
  const step_px = 1.5 * 8 * moment(60).length + 8; // from the start of the first label of 14 px text to the middle of the next
  const steps = Math.min(3, Math.max(1, Math.floor((x(0) - LEFT) / step_px)));
  for (const back of [[60, 0], [60, 30, 0], [60, 40, 20, 0]][steps - 1]) {
    const anchor = { 60: "start", 0: "end" }[back] ?? "middle";
    made.push(part("text", { x: x(back), y: HIGH - 8, class: "axis", "text-anchor": anchor }, moment(back)));
  }
  return made;
}

// how beats are drawn: intervals in ms, or each as the rate that it would be
const SCALES = {
  ms: { of: (rr_ms) => rr_ms, usual: [700, 1000], spare: 50, unit: () => words.ms, said: () => words.beats_said },
  rate: { of: (rr_ms) => 60000 / rr_ms, usual: [60, 85], spare: 5, unit: () => words.per_minute, said: () => words.beats_rate },
};

// the last minute, beat by beat: drawn for the width that it has
export function chart(beats, now_s, span_s, isRate) {
  const scale = SCALES[isRate ? "rate" : "ms"];
  const svg = id("beats");
  const wide = svg.clientWidth || 640;
  const right = beats.filter((one) => !isBad(one[2])).map((one) => scale.of(one[1]));
  const low = Math.min(...right, scale.usual[0]) - scale.spare;
  const high = Math.max(...right, scale.usual[1]) + scale.spare;
  const x = (back_s) => LEFT + (1 - back_s / span_s) * (wide - LEFT - 8);
  const y = (value) => HIGH - FOOT - 6 - (Math.min(Math.max(value, low), high) - low) / (high - low) * (HIGH - FOOT - TOP - 12);
  const made = frame(low, high, x, y, scale.unit());
  let run = [];
  const flush = () => {
    if (run.length > 1) made.push(part("polyline", { points: run.map((one) => `${x(now_s - one[0]).toFixed(1)},${y(scale.of(one[1])).toFixed(1)}`).join(" "), class: "joined" }));
    run = [];
  };
  for (const one of beats) {
    const before = run.at(-1);
    if (isBad(one[2]) || (before && Math.abs((one[0] - before[0]) * 1000 - one[1]) > 200)) flush();
    const [cx, cy] = [x(now_s - one[0]), y(scale.of(one[1]))];
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
    ? [fill(scale.said(), { n: beats.length, low: number(Math.min(...right)), high: number(Math.max(...right)) }), fill(words.beats_bad, { n: bad.length })].join(" ")
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

export function lines(list, told, none) {
  if (list.dataset.none === undefined) list.dataset.none = list.textContent.trim();
  const shown = told.length ? told : [none ?? list.dataset.none];
  if (list.textContent === shown.join("")) return;
  list.replaceChildren(...shown.map((line) => Object.assign(document.createElement("li"), { textContent: line })));
}
