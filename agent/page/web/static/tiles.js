// Tiles of one form: a value, its unit, and where it lies against the person's own range.
import { fill, words } from "./call.js";
import { number } from "./local.js";
import { part } from "./svg.js";

const id = (name) => document.getElementById(name);

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

export function numbers(told, ranges, span_s) {
  tile("rate", told.hr_bpm === null ? null : Math.round(told.hr_bpm), ranges.rate);
  const withheld = told.rmssd_ms === null
    ? (told.irregular ? words.withheld_rhythm : told.listened_s < 30 ? words.withheld_soon : words.withheld_few)
    : undefined;
  tile("rmssd", told.rmssd_ms === null ? null : Math.round(told.rmssd_ms), ranges.rmssd, withheld);
  const share = told.coverage_01 === null ? null : Math.round(100 * told.coverage_01);
  set("quality", share === null ? "–" : number(share));
  meter(id("quality-m"), null, 0, 100, share === null ? null : [0, share]);
  set("quality-w", told.coverage_01 !== null && told.listened_s < span_s ? fill(words.signal_since, { n: told.listened_s }) : words.signal);
}
