// The views that are lists: documents, capacity, recent events.

import { h, plain, replace, row, svg, table, time } from "./dom.js";
import { documentTable, link, linkOf, KIND } from "./documents.js";
import { badge } from "./health.js";

export class View {
  constructor(title, about) {
    this.list = h("div");
    this.element = h("section", { "aria-labelledby": "view-title" },
      h("h1", { id: "view-title" }, title), about ? h("p", { class: "muted" }, about) : null, this.list);
  }
}

export const found = (filter, ...texts) => !filter.query || texts.some((one) => plain(one).toLowerCase().includes(filter.query));

export class Documents extends View {
  constructor() { super("Documents"); }

  show({ overview, filter }) { replace(this.list, documentTable(overview, filter, "Documents")); }
}

export class Capacity extends View {
  constructor() { super("Capacity", "What is used of Azure's limits: peerings of a network, networks linked to a zone, routes of a table."); }

  show({ overview, filter }) {
    const hubs = (overview.hubs ?? []).filter((hub) => found(filter, hub.name));
    const spokes = (overview.hubs ?? []).flatMap((hub) => hub.spokes ?? []).filter((spoke) => found(filter, spoke.name));
    const fullest = (spoke) => -(spoke.capacity?.routes?.used ?? -1);
    spokes.sort((a, b) => fullest(a) - fullest(b));
    replace(this.list,
      h("div", { class: "gauges" }, hubs.map((hub) => h("section", { class: "panel" }, h("h2", null, link("Hub", hub.name, `Hub ${plain(hub.name)}`)),
        gauge("Peerings", hub.capacity?.peerings, 500), gauge("Links of the zone", hub.capacity?.links, 1000)))),
      h("h2", null, "Routes by spoke"),
      table("Routes by spoke, the fullest first", ["Spoke", "Routes"], spokes.map((spoke) => row(link("Spoke", spoke.name), gauge("", spoke.capacity?.routes, 400)))));
  }
}

function gauge(label, given, most) {
  const { used = null, limit = most } = given ?? {};
  const share = used === null ? 0 : Math.min(1, used / limit);
  const level = share >= 0.9 ? "failed" : share >= 0.7 ? "waiting" : "ready";
  const words = used === null ? `not known yet, of ${limit}` : `${used} of ${limit}`;
  return h("div", { class: `gauge l-${level}` }, label ? h("span", null, label) : null,
    svg("svg", { width: "100%", height: 12, "aria-hidden": "true" },
      svg("rect", { class: "track", width: "100%", height: 12, rx: 6 }),
      used ? svg("rect", { class: "gauge-fill", width: `${Math.max(1, 100 * share).toFixed(1)}%`, height: 12, rx: 6 }) : null),
    h("span", null, words, share >= 0.7 ? [" ", badge(level, share >= 0.9 ? "nearly full" : "filling")] : null));
}

export class Events extends View {
  constructor() { super("Recent events", "What was told to the world, newest first."); }

  show({ overview, filter }) {
    const events = (overview.events ?? []).filter((one) => found(filter, one.type, one.subject, one.data?.reason, one.data?.message));
    replace(this.list, table("Recent events", ["When", "What", "Document", "Why"], events.map((one) => {
      const [collection, ...rest] = plain(one.subject).split("/");
      return row(time(one.time), plain(one.type).replace(/^Spokewright\./, ""), KIND[collection] ? linkOf(`${KIND[collection]}/${rest.join("/")}`) : plain(one.subject),
        h("span", { class: "message" }, one.data?.reason ? h("b", null, one.data.reason, " ") : null, one.data?.message));
    }), "Nothing has happened yet."));
  }
}
