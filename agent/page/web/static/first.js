// The first steps: a PIN, and a strap that proves by beats whose it is.
import { ask, save, say, words } from "./call.js";
import { steps } from "./shell.js";

function turn(step, became) {
  step.classList.remove("now", "done", "later");
  step.classList.add(became);
  const summary = step.querySelector("summary");
  summary.textContent = summary.dataset[became] ?? summary.textContent;
  summary.parentElement.open = became === "now";
  if (became === "now") step.setAttribute("aria-current", "step");
  else step.removeAttribute("aria-current");
}

// the step behind the one of the button
function stepOn(button) {
  const step = button.closest(".step");
  for (const one of document.querySelectorAll(".step.now")) turn(one, "done");
  turn(step, button.dataset.stepOn || "done");
  turn(step.nextElementSibling, "now");
  step.nextElementSibling.querySelector("h2").focus();
}

// whether the press was one of the steps
export async function pressed(button, again) {
  if ("stepOn" in button.dataset) stepOn(button);
  else if (button.id === "scan") await lookForStraps(button, again);
  else return false;
  return true;
}

async function lookForStraps(button, again) {
  const list = document.getElementById("straps");
  button.disabled = true;
  say(words.looking);
  const found = await ask("scan", {});
  button.disabled = false;
  if (found === null) return;
  if (!found.straps.length && found.reads) {
    say(words.strap_reads);
    return;
  }
  say(found.straps.length ? words.straps.replace("{n}", found.straps.length) : list.dataset.none, !found.straps.length);
  list.replaceChildren(...found.straps.map((strap) => {
    const made = document.createElement("li");
    const take = Object.assign(document.createElement("button"), { type: "button", textContent: list.dataset.take });
    const name = `${strap.name || "–"} (${strap.address.slice(-5)}, ${strap.rssi_dbm} dBm)`;
    take.setAttribute("aria-label", `${list.dataset.take}: ${name}`);
    take.addEventListener("click", async (event) => {
      event.stopPropagation();
      take.disabled = true;
      say(words.listening);
      const bound = await ask("bind", { address: strap.address });
      take.disabled = false;
      if (!bound) return;
      steps(false); // the own heartbeat is the last of them: they leave the menu
      await again();
      document.getElementById("beat-h")?.focus();
    });
    made.append(`${name} `, take);
    return made;
  }));
}

let compared = null; // the bundle whose words the person compared: another file may stand in the form by then

export async function readBundle(form) {
  compared = await form.elements.bundle.files[0].text();
  const made = await ask("bundle", { bundle: compared });
  if (made === null) return null;
  const [agree, next] = [document.getElementById("agree"), document.querySelector("form[data-form=enroll]")];
  document.getElementById("operator").textContent = made.operator;
  document.getElementById("eight").textContent = made.eight;
  agree.hidden = false;
  next.hidden = true;
  document.getElementById("agree-yes").onclick = () => {
    agree.hidden = true;
    next.hidden = false;
    next.elements.pin.focus();
  };
  document.getElementById("agree-no").onclick = () => {
    agree.hidden = next.hidden = true;
    form.reset();
    say(words.bundle_differs, true);
  };
  document.getElementById("eight").focus();
  return null;
}

export async function doEnroll(form) {
  const { pin, again: repeated } = form.elements;
  if (pin.value !== repeated.value) {
    say(words.pin_differs, true);
    return null;
  }
  const made = await ask("enroll", { bundle: compared, pin: pin.value });
  pin.value = repeated.value = "";
  if (made === null) return null;
  form.hidden = document.querySelector("form[data-form=bundle]").hidden = true;
  const told = document.getElementById("enrolled");
  told.hidden = false;
  document.getElementById("recovery").textContent = made.recovery;
  document.getElementById("request-words").textContent = made.request_words;
  document.getElementById("travels").hidden = !made.travels;
  document.getElementById("by-hand").open = !made.travels;
  document.getElementById("request").addEventListener("click", () => save(new Blob([made.request]), "wardbeat-request.txt"));
  return null;
}
