// Pictures that can be read column by column: by pointing, by touch, by the arrow keys.
const SVG = "http://www.w3.org/2000/svg";

function columnsOf(plot) {
  return JSON.parse(plot.dataset.says);
}

// where the arrow keys begin: the last column, or the one that the page has chosen
const startOf = (plot) => Number(plot.dataset.start ?? columnsOf(plot).length - 1);

function show(plot, column) {
  const says = columnsOf(plot);
  const at = Math.min(Math.max(column, 0), says.length - 1);
  plot.dataset.at = String(at);
  const svg = plot.querySelector(".field > svg");
  let cursor = svg.querySelector(".cursor");
  if (!cursor) {
    cursor = document.createElementNS(SVG, "line");
    cursor.setAttribute("class", "cursor");
    cursor.setAttribute("y1", "0");
    cursor.setAttribute("y2", String(svg.getAttribute("height") - 24));
    svg.append(cursor);
  }
  const x = `${(100 * (at + 0.5)) / says.length}%`;
  cursor.setAttribute("x1", x);
  cursor.setAttribute("x2", x);
  const place = plot.parentElement.querySelector(".readout");
  if (place.textContent !== says[at]) place.textContent = says[at];
  plot.dispatchEvent(new CustomEvent("column", { bubbles: true, detail: { name: plot.dataset.name, at } }));
}

function hide(plot) {
  plot.querySelector(".cursor")?.remove();
  plot.parentElement.querySelector(".readout").textContent = "";
  delete plot.dataset.at;
}

function columnAt(plot, event) {
  const box = plot.querySelector(".field").getBoundingClientRect();
  return Math.floor(((event.clientX - box.left) / box.width) * columnsOf(plot).length);
}

function leaveOthers(plot) {
  for (const one of document.querySelectorAll(".plot.reads[data-at]")) {
    if (one !== plot && !one.contains(document.activeElement)) hide(one);
  }
}

document.addEventListener("pointermove", (event) => {
  const plot = event.target.closest?.(".plot.reads");
  leaveOthers(plot);
  if (plot && event.target.closest(".field")) show(plot, columnAt(plot, event));
});

document.addEventListener("pointerdown", (event) => {
  leaveOthers(event.target.closest?.(".plot.reads")); // a touch beside the picture puts the read-out away
  const field = event.target.closest?.(".plot.reads .field");
  if (field) show(field.parentElement, columnAt(field.parentElement, event));
});

document.addEventListener("focusin", (event) => {
  const plot = event.target.closest?.(".plot.reads");
  if (plot && plot.dataset.at === undefined && event.target.matches(":focus-visible")) show(plot, startOf(plot));
});

document.addEventListener("focusout", (event) => {
  const plot = event.target.closest?.(".plot.reads");
  if (plot) hide(plot);
});

document.addEventListener("keydown", (event) => {
  const plot = event.target.closest?.(".plot.reads");
  const step = { ArrowLeft: -1, ArrowRight: 1, Home: -1e6, End: 1e6 }[event.key];
  if (!plot || step === undefined) return;
  event.preventDefault();
  show(plot, Number(plot.dataset.at ?? startOf(plot)) + step);
});
