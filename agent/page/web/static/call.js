// The session: the page's process is asked here. The key lives in this module's memory, and nowhere else.
const main = document.getElementById("main");
const said = document.getElementById("said");
let key = null;

export const words = {};

export async function loadWords() {
  Object.assign(words, await (await fetch("/words.json")).json());
}

await loadWords();

// a sentence with its fields; one that depends on a count has a form for each plural category
export function fill(entry, values) {
  const text = typeof entry === "string" ? entry : entry[new Intl.PluralRules(document.documentElement.lang).select(values.n)] ?? entry.other;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// what a value of the data is called; one without a word is shown as it is, marked as unknown
export const word = (family, value) => words[`${family}.${value}`] ?? words.unknown.replace("{value}", value);

export const isOpen = () => key !== null;

export function enter(given) {
  key = given;
}

export function say(text, no = false) {
  said.className = no ? "no" : "";
  said.textContent = text;
}

export function closed(why) {
  key = null;
  const made = document.getElementById("closed").content.cloneNode(true);
  made.querySelector(".why").textContent = why;
  main.replaceChildren(made);
  said.textContent = "";
  document.querySelector("nav").hidden = true;
  main.querySelector("h1").focus();
}

export async function call(path, body) {
  let answer;
  try {
    const headers = { "X-Wardbeat-Key": key };
    answer = await fetch(path, body === undefined
      ? { headers }
      : body instanceof Blob
      ? { method: "POST", headers, body }
      : { method: "POST", headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify(body) });
  } catch {
    closed(words.closed_gone);
    return null;
  }
  if (answer.status === 401) closed(words.closed_key);
  return answer.status === 401 ? null : answer;
}

export async function ask(name, body, { quiet = false } = {}) {
  const answer = await call(`/do/${name}`, body);
  if (answer === null) return null;
  const made = await answer.json().catch(() => ({ words: words.failed, remedy: "" }));
  if (!answer.ok) {
    say(sentence(made.words, made.remedy), true);
    return null;
  }
  if (!quiet && made.words) say(made.words);
  return made;
}

// two sentences of the agent's, as people write them
export function sentence(...parts) {
  return parts.filter(Boolean).map((one) => one[0].toUpperCase() + one.slice(1) + (/[.!?:]$/.test(one) ? "" : ".")).join(" ");
}

export function put(place, html) {
  const made = new DOMParser().parseFromString(html, "text/html");
  place.replaceChildren(...document.adoptNode(made.body).childNodes);
}

export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  say(words.saved);
}
