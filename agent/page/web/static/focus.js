// A page that is drawn again: the focus goes back to what had it, so that a keyboard stays where it was.
const sign = (one) => (one.id ? `#${one.id}` : `${one.dataset.do} ${one.getAttribute("aria-label") ?? one.textContent}`);

export function keptFocus() {
  const had = document.activeElement;
  const place = had?.closest("main") && had.id !== "main" ? sign(had) : "";
  return () => {
    if (!place || (document.activeElement && document.activeElement !== document.body)) return;
    const same = [...document.querySelectorAll("main button, main a, main input, main select, main textarea, main summary")]
      .find((one) => sign(one) === place && one.checkVisibility());
    (same ?? document.querySelector("main h1"))?.focus({ preventScroll: true });
  };
}
