// The question box and what comes of it.
import { enter, post } from "./call.js";
import { card, make, sides } from "./cards.js";

const at = (id) => document.getElementById(id);
let longest = 300;

function say(words, isNo = false) {
  at("said").textContent = words;
  at("said").className = isNo ? "no" : "";
}

function count() {
  const left = longest - [...at("question").value].length;
  at("count").textContent = left < 0 ? `${-left} characters too many.` : `${left} characters left.`;
}

function judged(made) {
  return make("section", { class: "card judged" }, make("h2", {}, "How far to trust this"),
    make("p", {}, make("strong", {}, `Evidence ${made.grade.name}`), `: ${made.grade.words}.`),
    make("p", {}, make("strong", {}, `Confidence that the first paper is the right one: ${made.confidence.percent} %`), `, ${made.confidence.words}.`),
    ...made.read_as.map(([typed, read]) => make("p", {}, `“${typed}” was read as “${read}”.`)),
    made.not_found.length ? make("p", {}, `Searched, and in no quoted sentence: ${made.not_found.join(", ")}.`) : null,
    ...made.retracted.map((words) => make("p", { class: "notice" }, words)));
}

/** A button that saves the answer as a text file, by the browser's own means. */
function saving(question) {
  return make("div", { class: "row" }, make("button", {
    type: "button", class: "quiet", onclick: async () => {
      try {
        const { text } = await post("/saved", { question });
        const address = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
        make("a", { href: address, download: "wardbeat-evidence.txt" }).click();
        setTimeout(() => URL.revokeObjectURL(address), 60_000);
        say("Saved as a text file.");
      } catch (error) {
        say(error.message, true);
      }
    },
  }, "Save this answer"));
}

function show(made) {
  const place = at("answer");
  place.replaceChildren();
  if (made.refused) {
    place.append(make("section", { class: "card refused" }, make("h2", {}, "No answer"), make("p", {}, made.words), make("p", {}, made.remedy)));
    say("No answer.", true);
    return;
  }
  place.append(judged(made), ...made.contradictions.map((one) => sides(one, made.quotes)),
    make("h2", {}, "What the papers say"), ...made.quotes.map((quote, n) => card(made.question, quote, n + 1)), saving(made.question));
  say(`${made.quotes.length} ${made.quotes.length === 1 ? "sentence" : "sentences"} found.`);
}

at("question").addEventListener("input", count);
at("question").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    at("ask").requestSubmit();
  }
});
at("ask").addEventListener("submit", async (event) => {
  event.preventDefault();
  say("Searching.");
  try {
    show(await post("/ask", { question: at("question").value.slice(0, 1200) }));
  } catch (error) {
    at("answer").replaceChildren();
    say(error.message, true);
  }
});

try {
  const made = await enter();
  longest = made.longest;
  at("papers").textContent = `${made.papers} papers`;
  at("disclaimer").textContent = made.disclaimer;
  count();
  at("question").focus();
} catch (error) {
  say(error.message, true);
}
