// Starts the page: which view is shown, when it asks again, and what it says while it does.

import { Problem, keys, read } from "./api.js";
import { Approvals } from "./approvals.js";
import { DocumentPage } from "./document.js";
import { KIND, all, counts } from "./documents.js";
import { byId, h, plain, replace } from "./dom.js";
import { LEVELS, badge } from "./health.js";
import { Capacity, Documents, Events } from "./lists.js";
import { Resolution } from "./resolution.js";
import { Topology } from "./topology.js";

const [SHOWN_EVERY, HIDDEN_EVERY, SLOWEST] = [5_000, 60_000, 60_000];
const MOST_SAID = 3;

const VIEWS = {
  __proto__: null, // the address may say `constructor`
  topology: ["Topology", () => new Topology()],
  documents: ["Documents", () => new Documents()],
  approvals: ["Approvals", () => new Approvals(refresh)],
  resolution: ["Resolution", () => new Resolution()],
  capacity: ["Capacity", () => new Capacity()],
  events: ["Events", () => new Events()],
};

const state = { overview: null, filter: { query: "", level: "" }, view: null, at: null, failures: 0, timer: 0 };

function route() {
  const [first = "topology", name] = location.hash.replace(/^#\/?/, "").split("/").filter(Boolean);
  const at = location.hash;
  if (state.at === at && state.view) return false;
  state.at = at;
  state.view = KIND[first] && name ? new DocumentPage(first, decoded(name)) : (VIEWS[first] ?? VIEWS.topology)[1]();
  const title = KIND[first] && name ? decoded(name) : (VIEWS[first] ?? VIEWS.topology)[0];
  document.title = `${plain(title)} – Spokewright`;
  replace(byId("main"), state.view.element);
  const listed = !KIND[first] && first !== "approvals";
  byId("query").closest("label").hidden = !listed;
  byId("level").closest("label").hidden = !["topology", "documents"].includes(first);
  navigation(KIND[first] ? "documents" : VIEWS[first] ? first : "topology");
  return true;
}

function decoded(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}

function navigation(current) {
  const waiting = state.overview?.approvals?.length ?? 0;
  replace(byId("nav"), h("ul", null, Object.entries(VIEWS).map(([name, [words]]) =>
    h("li", null, h("a", { href: `#/${name}`, "aria-current": name === current ? "page" : null }, words,
      name === "approvals" && waiting ? h("span", { class: "number" }, waiting, h("span", { class: "unseen" }, " waiting")) : null)))));
  state.current = current;
}

async function refresh() {
  clearTimeout(state.timer);
  try {
    const { body, changed } = await read("overview");
    const before = state.overview;
    state.overview = body;
    state.failures = 0;
    trouble("");
    if (changed || !before) {
      navigation(state.current);
      totals();
      if (before) announce(before, body);
    }
    await show(changed || !before);
    byId("freshness").textContent = `As of ${new Date().toLocaleTimeString()}`;
  } catch (error) {
    failed(error);
  }
  byId("forget").hidden = !keys.get();
  const pause = document.hidden ? HIDDEN_EVERY : Math.min(SHOWN_EVERY * 2 ** state.failures, SLOWEST);
  if (!byId("ask").open && !byId("sign-in").open) state.timer = setTimeout(refresh, pause);
}

// A view that asks for more than the overview is asked each time; its own versions make that cheap.
async function show(changed) {
  if (!state.overview) return;
  const asks = state.view instanceof DocumentPage || state.view instanceof Resolution;
  if (changed || asks || !state.view.drawn) await state.view.show(state);
  state.view.drawn = true;
}

function failed(error) {
  if (error instanceof Problem && error.signIn) return signIn(error.message);
  if (error instanceof Problem && error.status === 401) return ask();
  if (!(error instanceof Problem)) console.error(error);
  state.failures += 1;
  byId("freshness").textContent = "Not up to date";
  return trouble(error.message);
}

function trouble(words) {
  byId("trouble").hidden = !words;
  if (byId("trouble").textContent !== words) byId("trouble").textContent = plain(words);
}

function ask() {
  byId("ask-why").textContent = keys.get()
    ? "The key was not accepted. Try another one."
    : "This app wants a function key. It is kept in this tab until you close it.";
  keys.forget();
  byId("freshness").textContent = "A key is needed";
  if (!byId("ask").open) byId("ask").showModal();
}

// Where people sign in by Entra ID: the platform's own page, and back here.
function signIn(words) {
  const back = location.pathname + location.search;
  byId("sign-in-link").href = `/.auth/login/aad?post_login_redirect_uri=${encodeURIComponent(back)}`;
  byId("sign-in-why").textContent = plain(words);
  byId("freshness").textContent = "Signed out";
  if (!byId("sign-in").open) byId("sign-in").showModal();
}

function totals() {
  const found = counts(state.overview);
  replace(byId("counts"), Object.entries(found).filter(([, count]) => count).map(([level, count]) =>
    badge(level, `${count} ${LEVELS[level].toLowerCase()}`)));
}

// What changed, for who does not see it; a few sentences, however much did.
function announce(before, now) {
  const old = new Map([...all(before)].map(({ kind, name, level }) => [`${kind} ${name}`, level]));
  const said = [...all(now)].filter(({ kind, name, level }) => old.get(`${kind} ${name}`) !== level)
    .map(({ kind, name, level }) => `${kind} ${name}: ${LEVELS[level]}.`);
  if (!said.length) return;
  const more = said.length - MOST_SAID;
  byId("live").textContent = said.slice(0, MOST_SAID).join(" ") + (more > 0 ? ` And ${more} more.` : "");
}

function guarded(work) {
  return async () => {
    try { await work(); } catch (error) { failed(error); }
  };
}

function start() {
  const level = byId("level");
  level.append(h("option", { value: "" }, "All"), ...Object.entries({ ...LEVELS, drifted: "Drifted" }).map(([value, words]) => h("option", { value }, words)));
  const filtered = guarded(async () => {
    state.filter = { query: byId("query").value.trim().toLowerCase(), level: level.value };
    await show(true);
  });
  byId("query").addEventListener("input", filtered);
  level.addEventListener("change", filtered);
  window.addEventListener("hashchange", guarded(async () => {
    if (!route()) return;
    byId("main").focus({ preventScroll: true });
    window.scrollTo(0, 0);
    await show(true);
  }));
  byId("skip").addEventListener("click", (event) => { event.preventDefault(); byId("main").focus(); });
  for (const id of ["ask", "sign-in"]) byId(id).addEventListener("cancel", (event) => event.preventDefault());
  byId("ask").addEventListener("close", () => { if (!keys.get()) refresh(); });
  byId("ask-form").addEventListener("submit", (event) => {
    event.preventDefault();
    keys.set(byId("ask-key").value.trim());
    byId("ask-key").value = "";
    byId("ask").close();
    refresh();
  });
  byId("forget").addEventListener("click", () => { keys.forget(); location.reload(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
  route();
  refresh();
}

start();
