// The sharing log: what a row holds is asked for when the person opens it; the search; the check of the chain.
import { call, put, say, words } from "./call.js";

let last = Promise.resolve(); // one after the other: a day has hundreds of rows

async function fill(row) {
  if (!row.isConnected || !row.open || row.dataset.read) return;
  const answer = await call(`/part/row?idx=${row.dataset.row}`);
  if (!answer?.ok) return;
  row.dataset.read = "yes";
  put(row.querySelector(".part"), await answer.text());
}

document.addEventListener("toggle", (event) => {
  const row = event.target;
  if (row.dataset?.row && row.open) last = last.then(() => fill(row));
}, true);

document.addEventListener("click", async (event) => {
  const button = event.target.closest("#prove");
  if (!button) return;
  button.disabled = true;
  const answer = await call("/proof");
  button.disabled = false;
  if (answer?.ok) put(document.getElementById("proof"), await answer.text());
  else if (answer) say((await answer.json()).words, true);
});

export async function search(form) {
  const typed = form.elements.search.value.trim();
  const place = document.getElementById("found");
  if (!typed) {
    place.replaceChildren();
    return null;
  }
  say(words.wait);
  const answer = await call(`/found?search=${encodeURIComponent(typed)}`);
  say("");
  if (answer?.ok) put(place, await answer.text());
  return null;
}
