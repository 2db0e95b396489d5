// Camera sessions: the countdown above every page, and what the form asks.

import { fill } from "./call.js";
import { dayAndTime, time } from "./local.js";

// the sign above every page, from `camera` of each line of the stream
export function draw(camera) {
  const banner = document.getElementById("camera-banner");
  if (!banner || !camera) return;
  const near = camera.phase === "announced" || camera.phase === "open";
  banner.dataset.phase = camera.phase;
  banner.hidden = !near;
  if (!near) return;
  const values = { seconds: camera.seconds_left, start: time(camera.start_utc_s), end: time(camera.end_utc_s) };
  for (const one of banner.querySelectorAll("[data-when]")) {
    one.hidden = one.dataset.when !== camera.phase;
    if (!one.dataset.words) continue;
    const text = fill(one.dataset.words, values);
    if (one.textContent !== text) one.textContent = text; // what a screen reader speaks changes with the phase alone
  }
}

// the body of the decision "camera-plan"
export function wanted(form, submitter) {
  const { how, times, minutes } = form.elements;
  const at = [...form.querySelectorAll("input[name=at]")].map((one) => one.value).filter(Boolean).map((one) => {
    const [hour, minute] = one.split(":").map(Number);
    return hour * 60 + minute;
  });
  return { how: how.value, at: how.value === "at" ? at : [], times: Number(times.value), minutes: Number(minutes.value), keep: submitter?.value !== "no" };
}

// the times that a plan would have, before it is saved
export function tried(told) {
  const place = document.getElementById("camera-tried");
  const lines = told.sessions.map((one) => `${dayAndTime(one.start_utc_s)} – ${time(one.end_utc_s)}`);
  const list = document.createElement("ul");
  for (const line of lines) list.append(Object.assign(document.createElement("li"), { textContent: line }));
  const head = Object.assign(document.createElement("p"), { textContent: told.why_none || told.words });
  place.replaceChildren(head, list);
}
