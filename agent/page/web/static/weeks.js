// Weeks: a week is chosen by pointing, touch, arrow keys or buttons; days and hours are read; the page is printed.
const SVG = "http://www.w3.org/2000/svg";
const DAY_MS = 86_400_000;
const WEEK_DAYS = 7;
const CHOOSE = ".plot[data-name=choose]";
const STEPS = ["ArrowLeft", "ArrowRight", "Home", "End"];

let pointed = null;
let kept = null; // first day of the week that the person chose: it stays chosen when the page is drawn again

// ---- a week

function choose(at) {
  const weeks = [...document.querySelectorAll(".week")];
  if (!weeks[at]) return;
  weeks.forEach((one, place) => one.classList.toggle("is-chosen", place === at));
  for (const one of document.querySelectorAll(".week-parts")) one.hidden = Number(one.dataset.week) !== at;
  document.querySelector(".chosen-week").setAttribute("x", `${(100 * at) / weeks.length}%`);
  const name = document.querySelector(".chosen-name");
  name.textContent = JSON.parse(name.dataset.names)[at];
  for (const button of document.querySelectorAll("[data-step]")) {
    button.disabled = !weeks[at + Number(button.dataset.step)];
  }
  document.querySelector(CHOOSE).dataset.start = String(at);
  kept = weeks[at].dataset.first;
  markDays(kept);
}

// the days of the chosen week, in the lanes below
function markDays(first) {
  for (const figure of document.querySelectorAll(".lanes")) {
    const box = figure.querySelector(".chosen-days");
    const n = Number(figure.dataset.days);
    const from = Math.round((Date.parse(first) - Date.parse(figure.dataset.first)) / DAY_MS);
    const begin = Math.max(from, 0);
    const end = Math.min(from + WEEK_DAYS, n);
    box.setAttribute("x", `${(100 * begin) / n}%`);
    box.setAttribute("width", `${Math.max(100 * (end - begin), 0) / n}%`);
  }
}

const chosen = () => [...document.querySelectorAll(".week")].findIndex((one) => one.classList.contains("is-chosen"));

new MutationObserver(() => {
  const at = kept === null ? -1 : [...document.querySelectorAll(".week")].findIndex((one) => one.dataset.first === kept);
  if (at >= 0) choose(at);
}).observe(document.getElementById("main"), { childList: true });

addEventListener("hashchange", () => {
  kept = null;
});

document.addEventListener("column", (event) => {
  if (event.detail.name === "choose") pointed = event.detail.at;
});

document.addEventListener("keydown", (event) => {
  if (event.target.closest?.(CHOOSE) && STEPS.includes(event.key) && pointed !== null) choose(pointed);
});

// ---- hours: a read-out by row and column

const cellsOf = (place) => JSON.parse(place.dataset.cells);

function showCell(place, row, column) {
  const rows = cellsOf(place);
  const line = Math.min(Math.max(row, 0), rows.length - 1);
  const at = Math.min(Math.max(column, 0), rows[line].length - 1);
  place.dataset.at = JSON.stringify([line, at]);
  const svg = place.querySelector(".field > svg");
  let frame = svg.querySelector(".cell-at");
  if (!frame) {
    frame = document.createElementNS(SVG, "rect");
    frame.setAttribute("class", "cell-at");
    svg.append(frame);
  }
  const n = rows[line].length;
  const high = Number(place.dataset.row);
  for (const [name, value] of Object.entries({ x: `${(100 * at) / n}%`, y: line * high, width: `${100 / n}%`, height: high - 2, rx: 3 })) {
    frame.setAttribute(name, value);
  }
  const out = place.parentElement.querySelector(".readout");
  if (out.textContent !== rows[line][at]) out.textContent = rows[line][at];
}

function hideCell(place) {
  place.querySelector(".cell-at")?.remove();
  place.parentElement.querySelector(".readout").textContent = "";
  delete place.dataset.at;
}

function pointCell(event) {
  const field = event.target.closest?.(".cells .field");
  const place = field?.closest(".cells");
  for (const one of document.querySelectorAll(".cells[data-at]")) {
    if (one !== place && one !== document.activeElement) hideCell(one);
  }
  if (!place) return;
  const box = field.getBoundingClientRect();
  const n = cellsOf(place)[0].length;
  showCell(place, Math.floor((event.clientY - box.top) / Number(place.dataset.row)), Math.floor(((event.clientX - box.left) / box.width) * n));
}

document.addEventListener("pointermove", pointCell);
document.addEventListener("pointerdown", pointCell);

document.addEventListener("focusin", (event) => {
  if (event.target.matches?.(".cells:focus-visible") && event.target.dataset.at === undefined) {
    showCell(event.target, cellsOf(event.target).length - 1, 0);
  }
});

document.addEventListener("focusout", (event) => {
  if (event.target.matches?.(".cells")) hideCell(event.target);
});

document.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -1e6], End: [0, 1e6] }[event.key];
  if (!step || !event.target.matches?.(".cells")) return;
  event.preventDefault();
  const [row, column] = JSON.parse(event.target.dataset.at ?? "[0,0]");
  showCell(event.target, row + step[0], column + step[1]);
});

// ---- buttons

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button");
  if (event.target.closest?.(`${CHOOSE} .field`) && pointed !== null) choose(pointed);
  else if (button?.dataset.step) choose(chosen() + Number(button.dataset.step));
  else if (button?.dataset.print !== undefined) print();
  else if (button?.dataset.daysPart) {
    for (const one of document.querySelectorAll("[data-days-part]")) {
      one.setAttribute("aria-pressed", String(one === button));
      document.getElementById(one.dataset.daysPart).hidden = one !== button;
    }
  }
});

// a shift ends; a change may go on
document.addEventListener("change", (event) => {
  if (event.target.id === "note-what") document.getElementById("note-until").required = event.target.value.startsWith("shift");
});
