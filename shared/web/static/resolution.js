// Who resolves which cluster: what is broken with its mend; clusters down, consumers across; the evidence.

import { read } from "./api.js";
import { link } from "./documents.js";
import { h, plain, replace, row, table, time } from "./dom.js";
import { badge } from "./health.js";
import { View, found } from "./lists.js";
import { code } from "./plan.js";

const ORDER = ["hub", "dns", "spoke", "on-premises"];
const MEND = " What to do: ";
const FIRST = 6;

export class Resolution extends View {
  constructor() {
    super("Resolution", "Who has to reach each API server, and does its name resolve there to its private endpoint: proved from inside the network. DNS servers and networks without a machine are asked for the name only.");
  }

  async show({ filter }) {
    const { body } = await read("resolution");
    if (this.body === body && this.filter === filter) return;
    [this.body, this.filter] = [body, filter];
    const items = (body.items ?? []).filter((one) => found(filter, one.cluster, one.hub, one.name, one.message,
      ...seenOf(one).flatMap((seen) => [seen.consumer, seen.reason, seen.message])));
    const hubs = [...new Set(items.map((one) => plain(one.hub)))].sort();
    replace(this.list, items.length ? null : h("p", { class: "empty" }, "No cluster to look at."), wrong(items),
      hubs.map((hub) => matrix(hub, items.filter((one) => plain(one.hub) === hub))), unasked(items), evidence(items));
  }
}

// Of an app from before there were consumers, and where nobody was asked yet: what the jump server saw.
function seenOf(item) {
  if (Array.isArray(item.consumers) && item.consumers.length) return item.consumers;
  const { resolves, answers, message, checked, evidence: told } = item;
  return [{ consumer: "hub", resolves, answers, message, checked, output: told?.output }];
}

// Only a machine that stands there connects; of the others the name is all that is known.
function level({ consumer, resolves, answers }) {
  if (resolves === "False" || answers === "False") return "failed";
  return resolves === "True" && (answers === "True" || consumer !== "hub") ? "ready" : "unknown";
}

function mark(seen) {
  const at = level(seen);
  const good = seen.answers === "True" ? "resolves, answers" : "resolves";
  return badge(at, { ready: good, failed: seen.resolves === "False" ? "does not resolve" : "does not answer", unknown: "not known" }[at]);
}

const rank = (name) => (ORDER.indexOf(name.split("/")[0]) + ORDER.length + 1) % (ORDER.length + 1);

function matrix(hub, items) {
  const names = [...new Set(items.flatMap((one) => seenOf(one).map((seen) => plain(seen.consumer))))].sort((a, b) => rank(a) - rank(b));
  const title = hub ? `Hub ${hub}` : "Of no hub";
  return h("section", { class: "panel" }, h("h2", null, title),
    table(`${title}: clusters by who has to resolve them`, ["Cluster", ...names], items.map((one) => row(named(one), ...names.map((name) => {
      const seen = seenOf(one).find((other) => plain(other.consumer) === name);
      return seen ? cell(seen) : h("span", { class: "muted" }, "–");
    })))));
}

const named = (one) => [link("Cluster", one.cluster), h("div", { class: "muted id" }, one.name ?? "no name yet"),
  one.endpointAddress ? h("div", { class: "muted id" }, `at ${plain(one.endpointAddress)}`) : null];

function cell(seen) {
  return h("div", { class: "cell" }, mark(seen), level(seen) === "failed" && seen.reason ? h("div", null, seen.reason) : null, asked(seen));
}

const asked = (seen) => h("div", { class: "muted" }, seen.machine ? `on ${plain(seen.machine)}, ` : null, time(seen.checked));

const all = (items, wanted) => items.flatMap((item) => seenOf(item).filter((seen) => level(seen) === wanted).map((seen) => [item, seen]));

// One server that is silent is wrong for every cluster: the first few say it, the others are there for who wants them.
function wrong(items) {
  const rows = all(items, "failed");
  const listed = (some) => h("ul", { class: "plain" }, some.map(broken));
  return rows.length ? h("section", { class: "panel" }, h("h2", null, "What is wrong"), listed(rows.slice(0, FIRST)),
    rows.length > FIRST ? h("details", null, h("summary", null, `${rows.length - FIRST} more`), listed(rows.slice(FIRST))) : null) : null;
}

function broken([item, seen]) {
  const [said, mend] = plain(seen.message).split(MEND);
  return h("li", null, link("Cluster", item.cluster), ` from ${plain(seen.consumer)}: `, mark(seen), " ", h("b", null, seen.reason ?? ""),
    h("p", { class: "message" }, said), mend ? h("p", { class: "message" }, h("b", null, "What to do: "), mend) : null, asked(seen));
}

// Once for each consumer, for it is the same of every cluster.
function unasked(items) {
  const said = new Set(all(items, "unknown").map(([, seen]) => `${plain(seen.consumer)}: ${plain(seen.message) || "not checked yet"}`));
  return said.size ? h("section", { class: "panel" }, h("h2", null, "Not known"),
    h("ul", { class: "plain" }, [...said].map((one) => h("li", { class: "message" }, one)))) : null;
}

function evidence(items) {
  const told = items.map((item) => [item, seenOf(item).filter((seen) => seen.output)]).filter(([, rows]) => rows.length);
  return told.length ? h("section", { class: "panel" }, h("h2", null, "What machines printed"), told.map(([item, rows]) =>
    h("details", null, h("summary", null, `Evidence for ${plain(item.cluster)}`), rows.map((seen) =>
      [h("h3", null, seen.consumer), asked(seen), code(plain(seen.output))])))) : null;
}
