// A thin bridge: one JSON command a line in, one JSON answer a line out; the tests stand in Python.
// `patience` is how many milliseconds a command may wait, by how busy the machine is.
import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";
import { chromium } from "../interop/node_modules/playwright-core/index.mjs";

const axe = readFileSync(new URL("../interop/node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const browser = await chromium.launch({ executablePath: process.argv[2], args: ["--no-sandbox", "--disable-dev-shm-usage"] });
let context = null;
let page = null;
let troubles = [];
let asked = [];

// something at a share of an element's width and height
async function at(sel, x = 0.5, y = 0.5, does) {
  const one = page.locator(sel).first();
  await one.scrollIntoViewIfNeeded();
  const box = await one.boundingBox();
  await does(box.x + x * box.width, box.y + y * box.height);
}

const DO = {
  async new({ width, height = 900, scheme = "light", reduced = false, touch = false, certificate = null, locale = undefined }) {
    await context?.close();
    context = await browser.newContext({
      viewport: { width, height }, colorScheme: scheme, reducedMotion: reduced ? "reduce" : "no-preference", acceptDownloads: true, hasTouch: touch, locale,
      ...(certificate && { clientCertificates: [certificate], ignoreHTTPSErrors: true }), // of the care team; the demo's CA is no browser's
    });
    page = await context.newPage();
    troubles = [];
    asked = [];
    page.on("console", (one) => { if (one.type() === "error" || one.type() === "warning") troubles.push(one.text()); });
    page.on("pageerror", (one) => troubles.push(one.message));
    page.on("request", (one) => asked.push(one.url()));
  },
  goto: ({ url, patience }) => page.goto(url, { timeout: patience }).then(() => null),
  eval: ({ js }) => page.evaluate(js),
  click: ({ sel, patience }) => page.click(sel, { timeout: patience }),
  fill: ({ sel, text, patience }) => page.fill(sel, text, { timeout: patience }),
  select: ({ sel, value, patience }) => page.selectOption(sel, value, { timeout: patience }),
  check: ({ sel, patience }) => page.check(sel, { timeout: patience }),
  press: ({ key }) => page.keyboard.press(key),
  type: ({ text }) => page.keyboard.type(text),
  upload: ({ sel, name, text }) => page.setInputFiles(sel, { name, mimeType: "text/plain", buffer: Buffer.from(text) }),
  text: ({ sel, patience }) => page.innerText(sel, { timeout: patience }),
  count: ({ sel }) => page.locator(sel).count(),
  visible: ({ sel }) => page.locator(sel).first().isVisible(),
  async wait({ js, patience }) { // looked at from here: the page's policy lets nobody evaluate words inside
    for (const until = Date.now() + patience; !(await page.evaluate(js).catch(() => false)); await page.waitForTimeout(30)) {
      if (Date.now() > until) throw new Error(`waited in vain for ${js}; troubles: ${troubles}; said: ${await page.textContent("#said").catch(() => "")}`);
    }
  },
  shot: ({ path, full = true }) => page.screenshot({ path, fullPage: full }).then(() => null),
  troubles: () => troubles,
  asked: () => asked,
  cookies: () => context.cookies(),
  reload: ({ patience }) => page.reload({ timeout: patience }).then(() => null),
  zoom: ({ width, height, factor }) => page.setViewportSize({ width: Math.round(width / factor), height: Math.round(height / factor) }),
  async download({ sel, patience }) {
    const [made] = await Promise.all([page.waitForEvent("download", { timeout: patience }), page.click(sel)]);
    return { name: made.suggestedFilename(), text: readFileSync(await made.path(), "utf8") };
  },
  async axe() {
    // by the debugger's own door: the page's policy lets no other script in
    const session = await context.newCDPSession(page);
    const run = async (expression, awaitPromise) => (await session.send("Runtime.evaluate", { expression, awaitPromise, returnByValue: true })).result.value;
    await run(`${axe};0`, false);
    const text = await run(`axe.run(document, { runOnly: ${JSON.stringify(TAGS)} }).then((r) => JSON.stringify(r.violations.map((v) => [v.id, v.help, v.nodes.slice(0, 4).map((n) => n.html.slice(0, 200) + " " + (n.any[0]?.message ?? ""))])))`, true);
    await session.detach();
    return JSON.parse(text);
  },
  media: ({ kind }) => page.emulateMedia({ media: kind }),
  hover: ({ sel, x, y }) => at(sel, x, y, (...place) => page.mouse.move(...place)),
  point: ({ sel, x, y }) => at(sel, x, y, (...place) => page.mouse.click(...place)),
  tap: ({ sel, x, y }) => at(sel, x, y, (...place) => page.touchscreen.tap(...place)),
  async metrics() {
    return page.evaluate(() => ({
      paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null,
      wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    }));
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const told = JSON.parse(line);
  try {
    console.log(JSON.stringify({ ok: (await DO[told.do](told)) ?? null }));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error.message ?? error) }));
  }
}
await browser.close();
