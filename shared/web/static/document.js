// One document: conditions, outputs, what would change, how it came to be, who decided.

import { Problem, post, read } from "./api.js";
import { shownDns } from "./dns.js";
import { h, plain, replace, row, table, time } from "./dom.js";
import { KIND } from "./documents.js";
import { badge, condition, levelOf } from "./health.js";
import { code, printed, shownPlan } from "./plan.js";
import { runs, timeline } from "./timeline.js";

const NEGATIVE = ["Reconciling", "Waiting", "Drifted", "Paced"];

export class DocumentPage {
  constructor(collection, name) {
    this.path = `${collection}/${encodeURIComponent(name)}`;
    this.kind = KIND[collection];
    this.name = name;
    const part = (id) => h("div", { id });
    [this.head, this.now, this.dns, this.history, this.audit, this.text] = ["head", "now", "dns", "history", "audit", "text"].map((id) => part(`document-${id}`));
    this.plan = h("div", { "aria-live": "polite" });
    const section = (title, ...content) => h("section", { class: "panel" }, h("h2", null, title), content);
    this.element = h("article", { "aria-labelledby": "view-title" },
      h("p", { class: "crumbs" }, h("a", { href: "#/documents" }, "Documents"), ` / ${this.kind}`),
      h("h1", { id: "view-title" }, plain(name)), this.head,
      section("Conditions", this.now), this.kind === "Hub" ? section("DNS", this.dns) : null,
      section("What would change", h("button", { type: "button", click: () => this.#plan() }, "Compare with Azure now"), this.plan),
      section("History", this.history), section("Decisions", this.audit), section("Document", this.text));
  }

  async show() {
    try {
      const { body, changed } = await read(this.path);
      if (this.kind === "Hub") await this.#names();
      if (!changed && this.shown && !this.running) return;
      const [history, audit] = await Promise.all(["history?limit=500", "audit"].map((part) => this.#list(part)));
      if (changed || !this.shown) this.#draw(body, history.items, audit.items);
      else if (history.changed || history.items.some((entry) => !entry.ended)) this.#history(runs(history.items)); // a bar grows
      this.shown = true;
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 404) throw error;
      replace(this.head, h("p", { class: "empty" }, "There is no such document (any more)."));
      replace(this.audit, decisions((await this.#list("audit")).items));
    }
  }

  // A spoke's network may have changed where the hub's own document has not, so that this is asked by itself.
  async #names() {
    const { body, changed } = await read(`${this.path}/dns`);
    if (changed || !this.shown) replace(this.dns, shownDns(body));
  }

  async #list(part) {
    try {
      const { body, changed } = await read(`${this.path}/${part}`);
      return { items: body.items ?? [], changed };
    } catch (error) {
      if (error instanceof Problem && error.status === 404) return { items: [], changed: true };
      throw error;
    }
  }

  #draw(document, history, audit) {
    const status = document.status ?? {};
    const found = status.conditions ?? [];
    const ready = found.find((one) => one.type === "Ready") ?? {};
    this.running = found.some((one) => one.type === "Reconciling" && one.status === "True");
    const level = levelOf({ ready: ready.status ?? "Unknown", reason: ready.reason, reconciling: this.running });
    replace(this.head, h("p", null, badge(level), " ", h("b", null, ready.reason ?? ""), " ", ready.message ?? ""),
      behind(document), h("button", { type: "button", click: (event) => this.#retry(event.target) }, "Look again now"));
    replace(this.now, conditions(found), outputs(status.outputs));
    this.#history(runs(history));
    replace(this.audit, decisions(audit));
    replace(this.text, h("details", null, h("summary", null, "As it is stored, with every default"), code(document)));
  }

  #history(found) {
    const chosen = Math.max(0, found.findIndex((run) => run[0].run === this.run));
    const label = (run) => `${new Date(run.at(-1).started).toLocaleString()}, ${run.length} steps`;
    const choice = h("select", { change: (event) => { this.run = found[event.target.value][0].run; this.#history(found); } },
      found.map((run, index) => h("option", { value: index, selected: index === chosen }, label(run))));
    replace(this.history, found.length > 1 ? h("label", null, "Run ", choice) : null, timeline(found[chosen] ?? []));
  }

  async #plan() {
    replace(this.plan, h("p", { class: "muted" }, "Asking Azure …"));
    try {
      replace(this.plan, shownPlan((await read(`${this.path}/plan`)).body));
    } catch (error) {
      replace(this.plan, h("p", { class: "error" }, error.message));
    }
  }

  async #retry(button) {
    button.disabled = true;
    try {
      await post(`${this.path}/retry`);
      button.textContent = "Woken";
    } catch (error) {
      button.textContent = plain(error.message);
    }
  }
}

function behind({ metadata, status }) {
  const late = metadata?.generation !== status?.observedGeneration;
  return late ? h("p", { class: "muted" }, `Version ${metadata?.generation} was not looked at yet.`) : null;
}

function conditions(found) {
  return table("Conditions", ["Type", "Status", "Reason", "Message", "Since"], found.map((one) =>
    row(one.type, condition(one.status, !NEGATIVE.includes(one.type)), one.reason, h("span", { class: "message" }, one.message), time(one.lastTransitionTime))),
  "Nobody has looked at it yet.");
}

function outputs(found) {
  const names = Object.keys(found ?? {}).sort();
  if (!names.length) return null;
  const value = (it) => (it !== null && typeof it === "object" ? printed(it) : h("code", null, String(it)));
  return [h("h3", null, "Outputs"), table("Outputs", ["Name", "Value"], names.map((name) => row(name, value(found[name]))))];
}

function decisions(entries) {
  const who = (it) => [plain(it?.name || it?.requestedBy || it?.id || "a rule"), it?.name && it?.verified === false ? " (not verified)" : ""].join("");
  return table("Decisions", ["When", "What", "Who", "Reason"], entries.map((one) =>
    row(time(one.time), one.action, who(one.who), h("span", { class: "message" }, one.reason))), "Nothing was decided about it.");
}
