// What the overview holds, as a flat list of documents; what is searched for; and the list as a table.

import { h, plain, row, table } from "./dom.js";
import { LEVELS, badge, drifted, levelOf } from "./health.js";

// Without a prototype: what others write, such as `constructor`, is looked up here.
export const COLLECTION = { __proto__: null, Hub: "hubs", Spoke: "spokes", Cluster: "clusters" };
export const KIND = { __proto__: null, hubs: "Hub", spokes: "Spoke", clusters: "Cluster" };

export const where = (kind, name) => `#/${COLLECTION[kind]}/${encodeURIComponent(name)}`;
export const link = (kind, name, words = name) => h("a", { href: where(kind, name) }, words);

// "Spoke/payments" as it stands in events and plans.
export function linkOf(key) {
  const [kind, ...rest] = plain(key).split("/");
  return COLLECTION[kind] ? link(kind, rest.join("/"), plain(key)) : plain(key);
}

const one = (kind, it, parent) => ({ kind, it, parent, name: plain(it.name), level: levelOf(it) });

export function* all(overview) {
  for (const hub of overview.hubs ?? []) {
    yield one("Hub", hub, null);
    for (const spoke of hub.spokes ?? []) {
      yield one("Spoke", spoke, hub);
      for (const cluster of spoke.clusters ?? []) yield one("Cluster", cluster, spoke);
    }
  }
  for (const orphan of overview.orphans ?? []) {
    const kind = COLLECTION[orphan.kind] ? orphan.kind : "Spoke";
    yield one(kind, orphan, null);
    for (const cluster of orphan.clusters ?? []) yield one("Cluster", cluster, orphan);
  }
}

const SEARCHED = ["name", "reason", "message", "location", "origin", "state", "privateFqdn", "policy"];

export function matches(it, filter) {
  if (filter.level && levelOf(it) !== filter.level && !(filter.level === "drifted" && drifted(it))) return false;
  if (!filter.query) return true;
  const space = Array.isArray(it.addressSpace) ? it.addressSpace.join(" ") : "";
  const text = `${SEARCHED.map((name) => it[name] ?? "").join(" ")} ${space} ${it.firewall?.privateIp ?? ""}`;
  return text.toLowerCase().includes(filter.query);
}

export function counts(overview) {
  const found = Object.fromEntries(Object.keys(LEVELS).map((level) => [level, 0]));
  for (const { level } of all(overview)) found[level] += 1;
  return found;
}

export function documentTable(overview, filter, caption) {
  const rows = [...all(overview)].filter(({ it }) => matches(it, filter)).map(({ kind, it, parent, name, level }) =>
    row(link(kind, name), kind, parent ? plain(parent.name) : "–",
      [badge(level), drifted(it) ? h("span", { class: "badge drift" }, "drifted") : null],
      h("span", { class: "message" }, it.reason ? h("b", null, it.reason, " ") : null, it.message)));
  return table(caption, ["Document", "Kind", "In", "Health", "Why"], rows, "No document matches.");
}
