// A plan as people read it: each step, why, and exactly what is sent; and what it waits for.

import { h, plain, row, table } from "./dom.js";
import { linkOf } from "./documents.js";

const SIGNS = { __proto__: null, create: "+ create", update: "~ update", delete: "− delete", wait: "… wait" };

export function shownPlan(plan) {
  const steps = plan.steps ?? [];
  const waits = plan.waits ?? [];
  if (!steps.length && !waits.length) return h("p", { class: "empty" }, "Nothing differs: Azure is as the document asks.");
  return h("div", { class: "plan" },
    h("p", null, summary(steps), " Hash ", h("code", { class: "hash" }, plan.hash)),
    waits.length ? h("ul", { class: "plain" }, waits.map((wait) =>
      h("li", null, h("b", null, `Waits: ${plain(wait.reason)} `), wait.message, wait.on ? [" (", linkOf(wait.on), ")"] : null))) : null,
    h("ol", { class: "steps" }, steps.map((one) => step(one, steps))));
}

function summary(steps) {
  const count = (action) => steps.filter((one) => one.action === action).length;
  const said = ["create", "update", "delete", "wait"].filter(count).map((action) => `${count(action)} to ${action}`);
  return said.length ? `${said.join(", ")}.` : "No steps.";
}

function step(one, steps) {
  const named = (id) => resource(steps.find((other) => other.id === id)?.resourceId ?? id);
  const needs = (one.dependsOn ?? []).map(named);
  const said = plain(one.reason).includes(plain(one.resourceId).split("/").at(-1));
  return h("li", null,
    h("p", null, h("span", { class: `action a-${SIGNS[one.action] ? one.action : "wait"}` }, SIGNS[one.action] ?? one.action), " ", said ? h("b", null, one.reason) : [h("b", null, resource(one.resourceId)), " ", one.reason]),
    h("p", { class: "muted id" }, one.resourceId),
    needs.length ? h("p", { class: "muted" }, `After ${needs.join(", ")}`) : null,
    changes(one),
    one.body === undefined || one.body === null ? null
      : h("details", null, h("summary", null, `What is sent for ${resource(one.resourceId)}`), code(one.body)));
}

// Of an update: each member as it is and as it will be; null is not there.
function changes(one) {
  const found = one.changes ?? [];
  if (!found.length) return null;
  return table(`Changes of ${resource(one.resourceId)}`, ["Member", "Before", "After"], found.map((change) =>
    row(h("code", null, change.path), side("before", change.have), side("after", change.want))));
}

const side = (name, value) => (value === null || value === undefined ? h("span", { class: "muted" }, "missing")
  : h("code", { class: `side ${name}` }, JSON.stringify(value, null, 2)));

// `.../routeTables/rt-payments` as "route table rt-payments".
export function resource(id) {
  const parts = plain(id).split("/");
  const kinds = (parts.at(-2) ?? "").replace(/([a-z])([A-Z])/g, "$1 $2").replace(/([A-Z])([A-Z][a-z])/g, "$1 $2").replace(/\bDns\b/g, "DNS")
    .replace(/\b[A-Z][a-z]/g, (found) => found.toLowerCase());
  const kind = kinds.replace(/ies$/, "y").replace(/sses$/, "ss").replace(/([^s])s$/, "$1");
  return `${kind} ${parts.at(-1) ?? ""}`.trim();
}

export const code = (value) =>
  h("pre", { tabindex: "0" }, typeof value === "string" ? value : JSON.stringify(value, null, 2));

// The same for what a machine printed, line by line.
export const printed = (value) =>
  code(typeof value === "string" ? value : JSON.stringify(value, null, 2).replaceAll("\\n", "\n    ").replaceAll("\\t", "  "));
