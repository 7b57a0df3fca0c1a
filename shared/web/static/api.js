// Asks the app. The key is kept for this tab only; versions are kept, so that what has not changed costs a 304.

const KEY = "spokewright-key";
const kept = new Map();

export class Problem extends Error {
  constructor(status, body) {
    super(body?.detail ?? body?.title ?? WORDS[status] ?? `The app answered ${status}.`);
    this.status = status;
    this.code = body?.code ?? "";
    this.signIn = status === 401 && body?.type === "urn:spokewright:problem:unauthenticated";
  }
}
const WORDS = {
  401: "The key was not accepted.",
  403: "You may not do that.",
  404: "It is not there.",
  500: "The app failed; its log says why.",
};

export const keys = {
  get: () => sessionStorage.getItem(KEY),
  set: (key) => sessionStorage.setItem(KEY, key),
  forget() { sessionStorage.removeItem(KEY); kept.clear(); },
};

async function send(path, options = {}) {
  // Pages of other sites cannot send a header of ours: with a session's cookie it says that a change comes from here.
  const headers = { Accept: "application/json", "X-Spokewright-Request": "page", ...options.headers };
  if (keys.get()) headers["x-functions-key"] = keys.get();
  let answer;
  try {
    answer = await fetch(path, { ...options, headers, cache: "no-store", credentials: "same-origin", redirect: "manual" });
  } catch {
    throw new Problem(0, { title: "The app cannot be reached; it is tried again by itself." });
  }
  if (answer.type === "opaqueredirect") throw new Problem(302, { title: "You are signed out. Load the page again to sign in." });
  if (answer.ok || answer.status === 304) return answer;
  throw new Problem(answer.status, await answer.json().catch(() => null));
}

// Returns {body, changed}; what is as it was is the very object that was returned before.
export async function read(path) {
  const before = kept.get(path);
  const answer = await send(path, before?.tag ? { headers: { "If-None-Match": before.tag } } : {});
  if (answer.status === 304) return { body: before.body, changed: false };
  const now = { tag: answer.headers.get("ETag"), body: await answer.json() };
  kept.set(path, now);
  return { body: now.body, changed: true };
}

export async function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  const answer = await send(path, { method: "POST", headers, body: JSON.stringify(body ?? {}) });
  return answer.json().catch(() => null);
}
