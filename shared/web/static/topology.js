// The topology: the drawing with zoom, panning and a roving focus, its legend, and the same as a table.

import { h, plain, replace, svg } from "./dom.js";
import { documentTable, matches } from "./documents.js";
import { figure, line } from "./figures.js";
import { LEVELS, badge } from "./health.js";
import { layout } from "./layout.js";

const STEP = 1.25;
const [LEAST, MOST] = [0.4, 3];
const FITS = [1, 0.94, 0.88, 0.82];

export class Topology {
  constructor() {
    this.zoom = 1;
    this.at = "";
    this.svg = svg("svg", { role: "group", "aria-label": "Topology. Arrow keys move between documents, Enter opens one." });
    this.svg.addEventListener("keydown", (event) => this.#key(event));
    this.svg.addEventListener("focusin", (event) => this.#rove(event.target.closest(".node")));
    this.frame = h("div", { class: "frame", id: "drawing" }, this.svg);
    this.#pan();
    this.rest = h("div");
    this.note = h("p", { class: "muted note" });
    this.element = h("section", { "aria-labelledby": "view-title" },
      h("div", { class: "bar" }, h("h1", { id: "view-title" }, "Topology"), this.note, this.#tools()), this.frame, legend(), this.rest);
    new ResizeObserver(() => this.#resized()).observe(this.frame);
  }

  show({ overview, filter }) {
    this.overview = overview;
    this.filter = filter;
    this.#draw();
    replace(this.rest, h("details", null, h("summary", null, "The same as a table"),
      documentTable(overview, filter, "Every document of the topology")));
  }

  #tools() {
    const tool = (label, sign, by) => h("button", { type: "button", "aria-label": label, title: label, click: () => this.#scale(by) }, sign);
    return h("div", { class: "tools", role: "group", "aria-label": "Zoom" },
      tool("Zoom out", "−", 1 / STEP), tool("Fit", "Fit", 0), tool("Zoom in", "+", STEP));
  }

  #resized() {
    if (this.overview && Math.abs(this.frame.clientWidth - (this.drawnFor ?? 0)) > 1) this.#draw();
  }

  #draw() {
    const width = this.frame.clientWidth;
    if (!width) return;
    this.drawnFor = width;
    const groups = chosen(this.overview, this.filter);
    this.#fit(groups, width);
    const focused = this.svg.contains(document.activeElement);
    replace(this.svg, svg("g", { "aria-hidden": "true" }, this.drawing.lines.map(line)), this.drawing.boxes.map(figure));
    this.#scale(1);
    this.nodes = [...this.svg.querySelectorAll(".node")];
    this.#rove(this.nodes.find((node) => node.dataset.key === this.at) ?? this.nodes[0]);
    if (focused) this.nodes.find((node) => node.dataset.key === this.at)?.focus({ preventScroll: true });
    this.note.textContent = this.nodes.length ? "" : emptiness(this.overview);
  }

  // A little smaller, where that is enough to see all of it at once; else as large as it reads well, and scrolled.
  #fit(groups, width) {
    const room = parseFloat(getComputedStyle(this.frame).maxHeight) - 4;
    const sizes = FITS.map((size) => ({ size, drawing: layout(groups, Math.floor(width / size)) }));
    const { size, drawing } = sizes.find((one) => one.drawing.height * one.size <= room) ?? sizes[0];
    this.drawing = drawing;
    this.fitted = size;
  }

  #scale(by) {
    this.zoom = by ? Math.min(MOST, Math.max(LEAST, this.zoom * by)) : 1;
    const { width, height } = this.drawing ?? { width: 0, height: 0 };
    const size = this.zoom * (this.fitted ?? 1);
    const { frame } = this;
    const [x, y] = [(frame.scrollLeft + frame.clientWidth / 2) / frame.scrollWidth, (frame.scrollTop + frame.clientHeight / 2) / frame.scrollHeight];
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.setAttribute("width", Math.floor(width * size));
    this.svg.setAttribute("height", Math.ceil(height * size));
    if (by !== 1) frame.scrollTo(x * frame.scrollWidth - frame.clientWidth / 2, y * frame.scrollHeight - frame.clientHeight / 2);
  }

  #rove(node) {
    if (!node) return;
    for (const one of this.nodes) one.setAttribute("tabindex", one === node ? "0" : "-1");
    this.at = node.dataset.key;
  }

  #key(event) {
    const from = event.target.closest(".node");
    if (!from || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "+" || event.key === "-") this.#scale(event.key === "+" ? STEP : 1 / STEP);
    const to = event.key === "Home" ? this.nodes[0] : event.key === "End" ? this.nodes.at(-1) : this.#next(from, event.key);
    if (!to) return;
    event.preventDefault();
    to.focus();
    to.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  // The nearest node in the direction of an arrow; what is straight ahead counts as nearer.
  #next(from, key) {
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key] ?? [0, 0];
    const here = this.drawing.boxes[this.nodes.indexOf(from)];
    let best = null;
    for (const [index, box] of this.drawing.boxes.entries()) {
      const ahead = dx * (box.x - here.x) + dy * (box.y - here.y);
      const aside = Math.abs(dy ? middle(box, here) : box.y + box.height / 2 - here.y - here.height / 2);
      const far = ahead + 3 * aside;
      if (ahead > 4 && (!best || far < best.far)) best = { far, node: this.nodes[index] };
    }
    return best?.node;
  }

  #pan() {
    let from = null;
    this.frame.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "mouse" && event.button === 0 && !event.target.closest(".node")) from = event;
    });
    this.frame.addEventListener("pointermove", (event) => {
      if (!from) return;
      this.frame.scrollBy(from.clientX - event.clientX, from.clientY - event.clientY);
      from = event;
    });
    for (const name of ["pointerup", "pointerleave"]) this.frame.addEventListener(name, () => { from = null; });
    this.frame.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      this.#scale(event.deltaY < 0 ? STEP : 1 / STEP);
    }, { passive: false });
  }
}

// How far two boxes are from standing one above the other: a wide hub stands above all its spokes.
function middle(box, here) {
  const overlap = Math.min(box.x + box.width, here.x + here.width) - Math.max(box.x, here.x);
  return overlap > 0 ? 0 : box.x + box.width / 2 - here.x - here.width / 2;
}

// Hubs with the spokes and clusters that match; what has no parent is a group without a hub.
function chosen(overview, filter) {
  const clusters = new Map();
  const keep = (spoke) => {
    const inside = spoke.clusters ?? [];
    const found = inside.filter((one) => matches(one, filter));
    const all = matches(spoke, filter) && !found.length ? inside : found;
    clusters.set(spoke, all);
    return found.length > 0 || matches(spoke, filter);
  };
  const byName = (list) => [...(list ?? [])].sort((a, b) => plain(a.name).localeCompare(plain(b.name), "en", { numeric: true }));
  const groups = byName(overview.hubs).map((hub) => ({ hub, spokes: byName(hub.spokes).filter(keep), clusters }));
  const shown = groups.filter(({ hub, spokes }) => spokes.length || matches(hub, filter));
  const orphans = byName(overview.orphans).filter(keep);
  return orphans.length ? [...shown, { hub: null, spokes: orphans, clusters }] : shown;
}

function emptiness(overview) {
  return overview.hubs?.length || overview.orphans?.length ? "Nothing matches the filter." : "There is no document yet. Apply a hub first.";
}

function legend() {
  return h("ul", { class: "legend", "aria-label": "Legend" },
    Object.keys(LEVELS).map((level) => h("li", null, badge(level))),
    h("li", null, sample("peering"), "peering"), h("li", null, sample("peering open"), "not peered"),
    h("li", null, sample("link"), "zone link"),
    h("li", null, svg("svg", { width: 16, height: 16, viewBox: "-8 -8 16 16", "aria-hidden": "true" },
      svg("circle", { class: "drift-back", r: 8 }), svg("path", { class: "drift-sign", d: "M-4.500 3.500 0-4.500 4.500 3.500z" })), "drifted"));
}

const sample = (kind) => svg("svg", { width: 28, height: 8, "aria-hidden": "true" }, svg("path", { class: `line ${kind} l-ready`, d: "M0 4H28" }));
