// The person's own heart beat: a big number and a line of the last seconds, in the last of the first steps.
import { number } from "./local.js";
import { part } from "./svg.js";

const SPAN_S = 20;
const HIGH = 120;
const id = (name) => document.getElementById(name);

// beats: [when in s, interval in ms, label], oldest first; one that was rejected is left out
export function ownBeat(told, beats) {
  const svg = id("own-line");
  if (!svg) return;
  const rate = told.hr_bpm === null ? "–" : number(Math.round(told.hr_bpm));
  if (id("own-rate").textContent !== rate) id("own-rate").textContent = rate;
  id("own-wait").hidden = told.hr_bpm !== null;
  const shown = beats.filter((one) => one[0] > told.t_s - SPAN_S && (one[2] === null || one[2] === "normal"));
  if (!shown.length) {
    svg.replaceChildren();
    return;
  }
  const wide = svg.clientWidth || 320;
  const low = Math.min(...shown.map((one) => one[1])) - 40;
  const high = Math.max(...shown.map((one) => one[1])) + 40;
  const places = shown.map((one) => [
    8 + (1 - (told.t_s - one[0]) / SPAN_S) * (wide - 20),
    HIGH - 10 - ((one[1] - low) / (high - low)) * (HIGH - 20),
  ]);
  const [x, y] = places.at(-1);
  svg.replaceChildren(
    part("polyline", { points: places.map((one) => one.map((at) => at.toFixed(1)).join(",")).join(" ") }),
    part("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: 6 }),
  );
}
