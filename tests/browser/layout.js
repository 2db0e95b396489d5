// What a look at the page cannot leave to a person's eye: sizes, overlaps and cut words of what is drawn now, at this width.
// An expression: {faults, missed}. Each fault is {kind, what, where, size}; missed are kinds whose planted breach was not found.
(() => {
  const TEXT_PX = 14, TARGET_PX = 44, SLACK = 1;
  const TARGETS = "a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [role=radio], [role=switch], [role=tab], [role=checkbox], [role=menuitem]";
  const style = (el, pseudo) => getComputedStyle(el, pseudo);
  const root = document.documentElement;
  let faults = [];

  function name(el) {
    const words = (el.textContent ?? "").trim().replace(/\s+/g, " ").slice(0, 40);
    const marks = [...(el.attributes ?? [])].filter((one) => one.name === "id" || one.name === "class" || one.name.startsWith("data-")).slice(0, 3);
    return `${el.localName}${marks.map((one) => `[${one.name}=${one.value.slice(0, 30)}]`).join("")}${words && ` "${words}"`}`;
  }
  function fault(kind, el, size) {
    const near = el.parentElement?.closest("[id], section, main, nav, form, svg") ?? document.body;
    faults.push({ kind, what: name(el), where: `${near.localName}${near.id && `#${near.id}`}`, size });
  }
  const box = (el) => el.getBoundingClientRect();
  const px = (number) => `${Math.round(number * 10) / 10} px`;
  const sizes = (rect) => `${Math.round(rect.width * 10) / 10} x ${Math.round(rect.height * 10) / 10} px`;
  const both = (a, b) => ({ x: Math.min(a.right, b.right) - Math.max(a.left, b.left), y: Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) });

  // hidden from the eye and left for a screen reader: clipped to a point, or moved out of sight
  function forReadersAlone(el) {
    for (let at = el; at && at !== document.body; at = at.parentElement) {
      const seen = style(at), rect = box(at);
      if (seen.position !== "absolute" && seen.position !== "fixed") continue;
      if (seen.clip === "rect(0px, 0px, 0px, 0px)" || seen.clip === "rect(1px, 1px, 1px, 1px)" || /inset\((50|100)%/.test(seen.clipPath)) return true;
      if (rect.width <= 1 && rect.height <= 1 && seen.overflow !== "visible") return true;
      if (rect.right + scrollX <= 0 || rect.bottom + (seen.position === "fixed" ? 0 : scrollY) <= 0) return true;
    }
    return false;
  }
  const shown = (el) => el.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true }) && !forReadersAlone(el);
  const fixed = (el) => { for (let at = el; at; at = at.parentElement) if (["fixed", "sticky"].includes(style(at).position)) return at; return null; };
  const scrolls = (value) => value === "auto" || value === "scroll";
  const cuts = (value) => value === "hidden" || value === "clip";

  function* texts() {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    while (walker.nextNode()) {
      const node = walker.currentNode, el = node.parentElement;
      if (!node.data.trim() || ["SCRIPT", "STYLE", "NOSCRIPT", "TEMPLATE", "OPTION", "TITLE", "title", "desc"].includes(el.tagName)) continue;
      if (!shown(el)) continue;
      range.selectNodeContents(node);
      const rects = [...range.getClientRects()].filter((rect) => rect.width > 0 && rect.height > 0);
      if (rects.length) yield { el, rects };
    }
  }
  function scale(el) {
    if (el instanceof SVGElement) {
      const matrix = (el.closest("text") ?? el).getScreenCTM?.();
      return matrix ? Math.sqrt(Math.abs(matrix.a * matrix.d - matrix.b * matrix.c)) : 1;
    }
    const at = el.closest("*") , block = at.offsetWidth ? at : at.parentElement;
    // offsetWidth is rounded: less than a pixel is no scale
    const isScaled = block?.offsetWidth && style(block).display !== "inline" && Math.abs(box(block).width - block.offsetWidth) >= 1;
    return isScaled ? Math.min(1, box(block).width / block.offsetWidth) : 1;
  }

  function sideways() {
    const more = document.scrollingElement.scrollWidth - root.clientWidth;
    if (more > 0) fault("scrolls sideways", root, px(more));
    for (const el of document.body.querySelectorAll("*")) {
      if (el instanceof SVGElement || !scrolls(style(el).overflowX) || el.scrollWidth - el.clientWidth <= SLACK || !shown(el)) continue;
      const labelled = el.hasAttribute("aria-label") || el.hasAttribute("aria-labelledby");
      if (["INPUT", "TEXTAREA", "SELECT"].includes(el.tagName)) continue;
      if (!(labelled && el.tabIndex >= 0)) fault("unlabelled scroller", el, px(el.scrollWidth - el.clientWidth));
    }
  }
  function smallText(seen) {
    const told = new Set();
    const judge = (el, size) => { if (size < TEXT_PX - 0.05 && !told.has(el)) { told.add(el); fault("small text", el, px(size)); } };
    for (const { el } of seen) judge(el, parseFloat(style(el).fontSize) * scale(el));
    for (const el of document.body.querySelectorAll("input, textarea, select")) if (shown(el) && !["checkbox", "radio", "range", "color"].includes(el.type)) judge(el, parseFloat(style(el).fontSize));
    for (const el of document.body.querySelectorAll("*")) {
      for (const pseudo of ["::before", "::after"]) {
        const made = style(el, pseudo);
        if (/^".*[\p{L}\p{N}].*"$/u.test(made.content) && made.display !== "none" && shown(el)) judge(el, parseFloat(made.fontSize));
      }
    }
  }

  const inSentence = (el) => el.localName === "a" && style(el).display === "inline" && (() => {
    const block = el.parentElement.closest("p, li, dd, dt, td, th, figcaption, label, legend, summary, h1, h2, h3, h4, h5, h6, div, section");
    const rest = block?.cloneNode(true);
    rest?.querySelectorAll("a, button, script, style, ul, ol, p").forEach((one) => one.remove());
    return /\p{L}{2,}/u.test(rest?.textContent ?? "");
  })();
  function area(el) { // a tick or a circle with its words is one target
    const labels = el.matches("input[type=checkbox], input[type=radio], input[type=file]") ? [...(el.labels ?? [])] : [];
    const rects = [el, ...labels].filter((one) => one === el ? !forReadersAlone(el) && Number(style(el).opacity) > 0 : shown(one)).map(box).filter((rect) => rect.width && rect.height);
    if (!rects.length) return null;
    const left = Math.min(...rects.map((one) => one.left)), top = Math.min(...rects.map((one) => one.top));
    return new DOMRect(left, top, Math.max(...rects.map((one) => one.right)) - left, Math.max(...rects.map((one) => one.bottom)) - top);
  }
  function targets() {
    const every = [];
    for (const el of document.body.querySelectorAll(TARGETS)) {
      if (el.disabled || el.closest("[inert]") || inSentence(el)) continue;
      const seen = shown(el) || (el.labels?.length && [...el.labels].some(shown));
      const rect = seen ? area(el) : null;
      if (!rect) continue;
      if (rect.width < TARGET_PX - 0.5 || rect.height < TARGET_PX - 0.5) fault("small target", el, sizes(rect));
      every.push({ el, rect, of: fixed(el) });
    }
    every.forEach((one, place) => {
      for (const two of every.slice(place + 1)) {
        if (one.of !== two.of || one.el.contains(two.el) || two.el.contains(one.el)) continue;
        const shared = both(one.rect, two.rect);
        if (shared.x > SLACK && shared.y > SLACK) fault("overlapping targets", one.el, `${px(shared.x)} x ${px(shared.y)} with ${name(two.el)}`);
      }
    });
  }

  function cutText(seen) {
    for (const { el, rects } of seen) {
      if (el instanceof SVGElement) continue;
      let free = { x: true, y: true };
      search: for (let at = el; at && at !== document.body; at = at.parentElement) {
        const how = style(at);
        if (how.display === "inline" || how.display === "contents") continue;
        const edge = box(at), inside = { left: edge.left + at.clientLeft, top: edge.top + at.clientTop };
        inside.right = inside.left + at.clientWidth; inside.bottom = inside.top + at.clientHeight;
        for (const rect of rects) {
          const over = Math.max(free.x && cuts(how.overflowX) ? Math.max(inside.left - rect.left, rect.right - inside.right) : 0,
                                free.y && cuts(how.overflowY) ? Math.max(inside.top - rect.top, rect.bottom - inside.bottom) : 0);
          if (over > SLACK + 1) { fault("cut text", el, px(over)); break search; }
        }
        if (scrolls(how.overflowX)) free.x = false;
        if (scrolls(how.overflowY)) free.y = false;
        if (how.position === "fixed") break;
      }
      const far = free.x && rects.find((rect) => rect.right > root.clientWidth + SLACK || rect.left < -SLACK);
      if (far && far.right > 0) fault("outside the width", el, px(Math.max(far.right - root.clientWidth, -far.left)));
    }
    for (const el of document.body.querySelectorAll("svg, img, canvas, video, input, button, select, textarea, table")) {
      if (!shown(el)) continue;
      const rect = box(el);
      let within = el.parentElement;
      while (within && !scrolls(style(within).overflowX)) within = within.parentElement;
      if ((!within || within === document.body || within === root) && rect.width && rect.right > root.clientWidth + SLACK) fault("outside the width", el, px(rect.right - root.clientWidth));
    }
  }
  function svgText() {
    for (const svg of document.body.querySelectorAll("svg")) {
      if (svg.ownerSVGElement || !shown(svg)) continue;
      const edge = box(svg);
      const every = [...svg.querySelectorAll("text")].filter((one) => one.textContent.trim() && shown(one)).map((el) => ({ el, rect: box(el) })).filter(({ rect }) => rect.width > 0);
      every.forEach(({ el, rect }, place) => {
        const over = Math.max(edge.left - rect.left, rect.right - edge.right, edge.top - rect.top, rect.bottom - edge.bottom);
        if (over > SLACK + 1) fault("drawn text outside", el, px(over));
        for (const two of every.slice(place + 1)) { // a line's box is taller than its letters
          const shared = both(rect, two.rect);
          if (shared.x > SLACK && shared.y > 0.3 * Math.min(rect.height, two.rect.height)) fault("drawn texts overlap", el, `${px(shared.x)} with ${name(two.el)}`);
        }
      });
    }
  }
  function covered() { // what can be scrolled no further lies under a bar
    const before = [scrollX, scrollY];
    for (const end of [root.scrollHeight, 0]) {
      window.scrollTo({ top: end, behavior: "instant" });
      const bars = [...document.body.querySelectorAll("*")].filter((el) => style(el).position === "fixed" && shown(el) && box(el).height < innerHeight / 2 && (end ? box(el).bottom >= innerHeight - SLACK : box(el).top <= SLACK));
      for (const bar of bars) {
        for (const { el, rects } of texts()) {
          if (bar.contains(el) || fixed(el)) continue;
          const under = rects.map((rect) => both(rect, box(bar))).find((shared) => shared.x > SLACK && shared.y > SLACK + 1);
          if (under) fault("covered text", el, px(under.y));
        }
      }
    }
    window.scrollTo({ left: before[0], top: before[1], behavior: "instant" });
  }

  function look() {
    faults = [];
    const seen = [...texts()];
    sideways(); smallText(seen); targets(); cutText(seen); svgText(); covered();
    return faults;
  }

  // ---- planted breaches: one of each kind, through the style sheet's own door, as the page's policy wants it
  const made = (tag, words, looks = {}, inside = []) => {
    const el = tag.startsWith("svg:") ? document.createElementNS("http://www.w3.org/2000/svg", tag.slice(4)) : document.createElement(tag);
    if (words) el.textContent = words;
    for (const [key, value] of Object.entries(looks)) key.startsWith("@") ? el.setAttribute(key.slice(1), value) : el.style.setProperty(key, value);
    el.append(...inside);
    return el;
  };
  const drawing = (texts, looks = {}) => made("svg:svg", "", { "@viewBox": "0 0 200 100", width: "200px", height: "100px", ...looks }, texts.map(([x, y, words, size = 16]) => made("svg:text", words, { "@x": x, "@y": y, "font-size": `${size}px` })));
  const PLANTS = {
    "scrolls sideways": () => made("div", "", { width: `${document.scrollingElement.scrollWidth + 200}px`, height: "1px" }),
    "unlabelled scroller": () => made("div", "", { "overflow-x": "auto", width: "100px" }, [made("div", "", { width: "400px", height: "1px" })]),
    "small text": () => made("p", "planted small words", { "font-size": "13px" }),
    "small text in a drawing": () => drawing([[10, 50, "planted", 16]], { width: "150px", height: "75px" }), // 16 px in a picture of three quarters
    "small target": () => made("button", "x", { width: "43px", height: "44px", padding: "0", "min-width": "0", "min-height": "0" }),
    "small target beside words": () => made("label", "", { display: "inline-block", "line-height": "20px", "min-height": "0", padding: "0" }, [made("input", "", { "@type": "checkbox", margin: "0", width: "16px", height: "16px", "min-height": "0", "min-width": "0" }), "planted"]),
    "overlapping targets": () => made("div", "", { display: "block" }, [made("button", "planted one", { width: "120px", height: "48px", margin: "0", display: "inline-block" }), made("button", "planted two", { width: "120px", height: "48px", margin: "0 0 0 -10px", display: "inline-block" })]),
    "cut text": () => made("div", "planted words that are longer than their box", { width: "90px", "white-space": "nowrap", overflow: "hidden", "text-overflow": "ellipsis" }),
    "cut text in height": () => made("div", "planted words of several lines that end in the middle", { width: "120px", height: "30px", "overflow-y": "hidden" }),
    "outside the width": () => made("p", "planted words outside", { position: "absolute", left: "calc(100vw - 40px)", width: "300px", "white-space": "nowrap" }),
    "drawn text outside": () => drawing([[150, 50, "planted outside"]], { overflow: "visible" }),
    "drawn texts overlap": () => drawing([[10, 50, "planted"], [30, 52, "upon another"]]),
    "covered text": () => made("div", "", {}, [made("div", "", { position: "fixed", bottom: "0", left: "0", right: "0", height: "60px" }), made("p", "planted last words", { position: "absolute", left: "10px", top: `${root.scrollHeight - 30}px`, margin: "0" })]),
  };
  const kinds = { "small text in a drawing": "small text", "small target beside words": "small target", "cut text in height": "cut text" };
  const found = look(), missed = [];
  for (const [plant, make] of Object.entries(PLANTS)) {
    const el = make();
    (plant === "covered text" ? document.body : document.querySelector("main") ?? document.body).append(el);
    const known = new Set(found.map((one) => JSON.stringify(one)));
    if (!look().some((one) => one.kind === (kinds[plant] ?? plant) && !known.has(JSON.stringify(one)))) missed.push(plant);
    el.remove();
  }
  return { faults: found, missed };
})()
