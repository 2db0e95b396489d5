// A page that is drawn again: the focus goes back to what had it, and what was unfolded or typed stays.
const FIELDS = "main input[id]:not([type=password]):not([type=file]), main textarea[id]";
const sign = (one) => (one.id ? `#${one.id}` : `${one.dataset.do} ${one.getAttribute("aria-label") ?? one.textContent}`);

// folds by their words, and by their place among those of the same words
function folds() {
  const seen = new Map();
  return [...document.querySelectorAll("main details")].map((fold) => {
    const words = fold.querySelector("summary").textContent;
    seen.set(words, (seen.get(words) ?? 0) + 1);
    return [`${words} ${seen.get(words)}`, fold];
  });
}

const isTyped = (one) => (one.type === "checkbox" || one.type === "radio" ? one.checked !== one.defaultChecked : one.value !== one.defaultValue);

// what the person has on the screen, to be put back after it; a form that was sent is done with
export function kept(sent) {
  const had = document.activeElement;
  const place = had?.closest("main") && had.id !== "main" ? sign(had) : "";
  const open = new Set(folds().filter(([, fold]) => fold.open && !fold.contains(sent)).map(([name]) => name));
  const typed = [...document.querySelectorAll(FIELDS)].filter((one) => isTyped(one) && one.form !== sent).map((one) => [one.id, one.value, one.checked]);
  return () => {
    for (const [name, fold] of folds()) if (open.has(name)) fold.open = true;
    for (const [id, value, checked] of typed) {
      const field = document.getElementById(id);
      if (!field?.checkVisibility()) continue; // a step that is closed again asks again
      if (field.type === "checkbox" || field.type === "radio") field.checked = checked;
      else field.value = value;
    }
    if (!place || (document.activeElement && document.activeElement !== document.body)) return;
    const same = [...document.querySelectorAll("main button, main a, main input, main select, main textarea, main summary")]
      .find((one) => sign(one) === place && one.checkVisibility());
    (same ?? document.querySelector("main h1"))?.focus({ preventScroll: true });
  };
}
