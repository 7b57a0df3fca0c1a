// One reconcile as bars on a time axis, with the chain of steps that decided how long it took.

import { h, plain, svg, time } from "./dom.js";
import { resource } from "./plan.js";

// Returns the ids of the chain that ends last: before each step, the one among those it needs that ended last. Where
// the history names none (a verification needs what a plan does not say), the last one that had ended by then.
export function criticalPath(bars) {
  const path = new Set();
  let current = latest(bars);
  while (current && !path.has(current)) {
    path.add(current);
    const earlier = bars.filter((bar) => !path.has(bar) && bar.end <= current.begin + 1);
    const needed = earlier.filter((bar) => current.needs.includes(bar.id));
    current = latest(needed.length ? needed : earlier);
  }
  return path;
}

const latest = (bars) => bars.reduce((last, bar) => (!last || bar.end > last.end ? bar : last), null);

export function runs(entries) {
  const found = new Map();
  for (const entry of entries) {
    if (!found.has(entry.run)) found.set(entry.run, []);
    found.get(entry.run).push(entry);
  }
  return [...found.values()];
}

export function timeline(entries, now = Date.now()) {
  const bars = entries.map((entry) => ({
    id: entry.step,
    needs: entry.dependsOn ?? [],
    begin: Date.parse(entry.started),
    end: entry.ended ? Date.parse(entry.ended) : Math.max(now, Date.parse(entry.started)),
    entry,
  })).filter((bar) => Number.isFinite(bar.begin)).sort((a, b) => a.begin - b.begin || a.end - b.end);
  if (!bars.length) return h("p", { class: "empty" }, "No step was taken yet.");
  const path = criticalPath(bars);
  const begin = bars[0].begin;
  const span = Math.max(latest(bars).end - begin, 1);
  return h("div", { class: "timeline" },
    h("p", null, "Began ", time(new Date(begin).toISOString()), `, took ${seconds(span)}. `,
      h("span", { class: "critical-key" }, "Critical path"), ` of ${path.size} steps: what decided how long it took.`),
    h("ol", { class: "bars" }, bars.map((bar) => shown(bar, begin, span, path.has(bar)))));
}

function shown({ begin: start, end, entry }, begin, span, critical) {
  const share = (ms) => `${Math.max(0, Math.min(100, (100 * ms) / span)).toFixed(2)}%`;
  const result = entry.result ?? "Running";
  const words = entry.action === "verify" ? "verify from the jump server" : `${plain(entry.action)} ${resource(entry.resourceId)}`;
  return h("li", { class: `${critical ? "critical " : ""}r-${["Succeeded", "Failed"].includes(result) ? result : "Running"}` },
    h("span", { class: "what" }, words),
    svg("svg", { class: "bar-line", width: "100%", height: 16, "aria-hidden": "true" },
      svg("rect", { class: "track", width: "100%", height: 16 }),
      svg("rect", { class: "bar-fill", x: share(Math.min(start - begin, span * 0.996)), width: share(Math.max(end - start, span / 250)), y: 2, height: 12 })),
    h("span", { class: "took" }, `${seconds(end - start)}${critical ? ", critical" : ""}${result === "Succeeded" ? "" : `, ${plain(result)}`}`),
    h("span", { class: "unseen" }, `, began after ${seconds(start - begin)}`),
    entry.error ? h("p", { class: "error" }, h("b", null, entry.error.code ?? "", " "), entry.error.message ?? "") : null);
}

export function seconds(ms) {
  const all = ms / 1000;
  if (all < 60) return `${all < 10 ? all.toFixed(1) : Math.round(all)} s`;
  return `${Math.floor(all / 60)} min ${Math.round(all % 60)} s`;
}
