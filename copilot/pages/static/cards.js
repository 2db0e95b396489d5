// The parts of an answer as elements; every text is set as text, never as markup.
import { get, post } from "./call.js";

export function make(tag, options = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (name === "class") made.className = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value);
  }
  made.append(...inside.filter((part) => part !== null && part !== undefined));
  return made;
}

const doi = (name) => (name ? make("span", { class: "break" }, ` https://doi.org/${name}`) : null);

function source(quote) {
  const authors = quote.authors.join(", ") || "authors not stated";
  const year = quote.year ? ` (${quote.year})` : "";
  return make("p", { class: "source" }, `${authors}${year}. `, make("cite", {}, quote.title.replace(/\.$/, "")), quote.journal ? `. ${quote.journal}.` : ".", doi(quote.doi));
}

function facts(quote) {
  const size = quote.n === null ? "n not stated" : `n = ${quote.n.toLocaleString("en")} ${quote.n_of ?? ""}`.trim();
  const rows = [["Design", quote.design ?? "not stated"], ["People", size], ["Population", quote.population], ["Country", quote.country], ["Licence", quote.licence], ["Section", quote.section]];
  const shown = rows.filter(([, value]) => value);
  return make("dl", {}, ...shown.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
}

/** The whole passage below a quotation, the sentence marked in it. */
function context(quote, number) {
  const place = make("div", { class: "passage", id: `passage-${number}`, hidden: "" });
  const button = make("button", { type: "button", class: "quiet", "aria-expanded": "false", "aria-controls": place.id }, "Show the passage");
  button.addEventListener("click", async () => {
    const open = place.hidden;
    if (open && !place.childElementCount) {
      try {
        const made = await get(`/passage/${encodeURIComponent(quote.passage)}`);
        const text = [...made.text];
        const cut = (from, to) => text.slice(from, to).join("");
        place.append(make("p", {}, cut(0, quote.start), make("mark", {}, cut(quote.start, quote.stop)), cut(quote.stop)), make("p", { class: "small" }, `${made.section}. Passage ${quote.passage}. ${made.edits}`));
      } catch (error) {
        place.append(make("p", {}, error.message));
      }
    }
    place.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? "Hide the passage" : "Show the passage";
  });
  return [button, place];
}

function feedback(question, quote) {
  const said = make("span", { class: "small", role: "status" });
  const buttons = ["useful", "wrong"].map((verdict) => {
    const button = make("button", { type: "button", class: "quiet", "aria-pressed": "false" }, verdict === "useful" ? "Useful" : "Wrong");
    button.addEventListener("click", async () => {
      try {
        said.textContent = (await post("/feedback", { question, passage: quote.passage, verdict })).words;
        for (const one of buttons) one.setAttribute("aria-pressed", String(one === button));
      } catch (error) {
        said.textContent = error.message;
      }
    });
    return button;
  });
  return make("div", { class: "row", role: "group", "aria-label": "Was this useful?" }, ...buttons, said);
}

export function card(question, quote, number) {
  const [button, place] = context(quote, number);
  return make("article", { class: "card", "aria-label": `Quotation ${number}` },
    make("blockquote", {}, quote.text), source(quote), facts(quote), make("div", { class: "row" }, button), place, feedback(question, quote));
}

/** Findings that do not agree, beside each other. */
export function sides(one, quotes) {
  const columns = one.sides.map((side) => {
    const quote = quotes.find((other) => other.paper === side.paper);
    return make("div", { class: "side" }, make("h3", {}, side.direction), make("p", { class: "small" }, side.exposure), quote ? make("blockquote", {}, quote.text) : null,
      make("p", { class: "small" }, quote ? `${quote.authors[0] ?? ""} (${quote.year ?? "no year"})` : side.paper));
  });
  return make("section", { class: "card" }, make("h2", {}, `These papers do not agree on ${one.asked}`), make("div", { class: "sides" }, ...columns));
}
