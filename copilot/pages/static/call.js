// Requests to this machine, with the key that stays in memory.
let key = "";

async function call(method, path, body) {
  const headers = { "content-type": "application/json" };
  if (key) headers["x-wardbeat-key"] = key;
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new Error("The page is no longer served. Run 'wardbeat evidence open' again.");
  }
  const made = await answer.json();
  if (!answer.ok) throw new Error([made.words, made.remedy].filter(Boolean).join(" "));
  return made;
}

export const get = (path) => call("GET", path);
export const post = (path, body) => call("POST", path, body);

/** Change the code behind the hash for a key; what the page needs to know. */
export async function enter() {
  const code = location.hash.slice(1);
  history.replaceState(null, "", "/");
  const made = await post("/enter", { code });
  key = made.key;
  setInterval(() => post("/here", {}).catch(() => {}), 60_000);
  return made;
}
