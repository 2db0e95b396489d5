// Camera sessions: the countdown above every page, and what the form asks.

const clock = (utc_s) => new Date(utc_s * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
const filled = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

// the sign above every page, from `camera` of each line of the stream
export function draw(camera) {
  const banner = document.getElementById("camera-banner");
  if (!banner || !camera) return;
  const near = camera.phase === "announced" || camera.phase === "open";
  banner.dataset.phase = camera.phase;
  banner.hidden = !near;
  if (!near) return;
  const values = { seconds: camera.seconds_left, start: clock(camera.start_utc_s), end: clock(camera.end_utc_s) };
  for (const one of banner.querySelectorAll("[data-when]")) {
    one.hidden = one.dataset.when !== camera.phase;
    if (!one.dataset.words) continue;
    const text = filled(one.dataset.words, values);
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
  const lines = told.sessions.map((one) => `${new Date(one.start_utc_s * 1000).toLocaleDateString([], { weekday: "short", day: "numeric", month: "short" })}, ${clock(one.start_utc_s)} – ${clock(one.end_utc_s)}`);
  const list = document.createElement("ul");
  for (const line of lines) list.append(Object.assign(document.createElement("li"), { textContent: line }));
  const head = Object.assign(document.createElement("p"), { textContent: told.why_none || told.words });
  place.replaceChildren(head, list);
}
