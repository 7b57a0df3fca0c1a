// Draws the boxes and lines of the topology: what a hub, a spoke, a cluster looks like. Knows nothing of places.

import { plain, svg } from "./dom.js";
import { LEVELS, drifted, levelOf, mark } from "./health.js";
import { where } from "./documents.js";

const LETTER = { 15: 8.1, 13: 7, 12: 6.5, 11: 6 };

function text(words, x, y, room, name = "", size = 13) {
  const most = Math.max(3, Math.floor(room / LETTER[size]));
  const all = plain(words);
  const shown = all.length <= most ? all : `${all.slice(0, most - 1)}…`;
  return svg("text", { x, y, class: `t${size} ${name}` }, shown);
}

const ICONS = {
  firewall: "M1 2h14v12H1zM1 6h14M1 10h14M6 2v4M11 6v4M6 10v4",
  jump: "M1 2.5h14v8.5H1zM5 14.5h6M8 11v3.500M4 5l2 1.700-2 1.700M8 8.500h3",
  zone: "M2 4c0-3.300 12-3.300 12 0v8c0 3.300-12 3.300-12 0zM2 4c0 3.300 12 3.300 12 0",
};

function part(icon, words, x, y, room, missing) {
  return svg("g", { class: missing ? "part missing" : "part" },
    svg("path", { d: ICONS[icon], transform: `translate(${x} ${y})`, class: "icon" }),
    text(words, x + 23, y + 12.5, room - 23, "", 12));
}

function parts(hub) {
  const address = hub.firewall?.privateIp;
  const found = [["firewall", address ? `Firewall ${plain(address)}` : "Firewall, no address yet", !address]];
  const { present, wanted } = hub.jumpServer ?? {};
  found.push(["jump", present ? "Jump server" : wanted ? "Jump server, not yet" : "No jump server", !present]);
  const zone = plain(hub.zone?.name ?? "");
  found.push(["zone", zone ? zone.replace(/^privatelink\./, "…") : "No zone yet", !zone]);
  return found;
}

const PLACE = { Hub: hubInside, Spoke: spokeInside, Cluster: clusterInside };

export function figure(box) {
  const level = levelOf(box.it);
  return svg("a", { href: where(box.kind, box.it.name), class: `node ${box.kind.toLowerCase()} l-${level}`, tabindex: "-1",
    "data-key": `${box.kind}/${plain(box.it.name)}`, transform: `translate(${box.x} ${box.y})` },
  svg("title", null, spoken(box, level)),
  svg("rect", { class: "card", width: box.width, height: box.height, rx: box.kind === "Cluster" ? 16 : 6 }),
  svg("path", { class: "edge", d: `M2.500 9V${box.height - 9}` }),
  PLACE[box.kind](box, level),
  drifted(box.it) ? drift(box) : null);
}

function drift(box) {
  return svg("g", { transform: `translate(${box.width - 12} 0)` },
    svg("circle", { class: "drift-back", r: 8 }), svg("path", { class: "drift-sign", d: "M-4.500 3.500 0-4.500 4.500 3.500z" }));
}

function spoken({ kind, it, marks }, level) {
  const said = [`${kind} ${plain(it.name)}`, LEVELS[level]];
  if (drifted(it)) said.push("drifted");
  if (kind === "Spoke") said.push(it.peered ? "peered" : "not peered");
  if (level !== "ready" && it.message) said.push(plain(it.message).slice(0, 300));
  if (marks?.length) said.push(`clusters: ${marks.map((one) => `${plain(one.name)} ${LEVELS[levelOf(one)]}`).join(", ")}`);
  return said.join(", ");
}

function hubInside(box, level) {
  const { it, width } = box;
  const about = [it.location, ...(it.addressSpace ?? [])].map(plain).join("  ");
  const head = [mark(level, 14, 13, 18), text(`Hub ${plain(it.name)}`, 40, 27, (box.rows ? width : width / 2) - 50, "name", 15)];
  if (box.rows) {
    return [head, text(about, 14, 50, width - 24, "muted", 12),
      parts(it).map(([icon, words, missing], index) => part(icon, words, 14, 65 + index * 27, width - 24, missing))];
  }
  const room = (width - 24) / 3;
  return [head, text(about, width / 2, 27, width / 2 - 20, "muted", 12),
    parts(it).map(([icon, words, missing], index) => part(icon, words, 14 + index * room, 40, room - 8, missing))];
}

function spokeInside(box, level) {
  const { it, width, marks } = box;
  const head = [mark(level, 11, 7), text(it.name, 33, 20, width - 40, "name")];
  if (marks) return [head, pips(marks, width, level === "ready" ? "no cluster" : it.reason || LEVELS[level])];
  const about = level === "ready" ? (it.addressSpace ?? []).map(plain).join(" ") : it.reason || LEVELS[level];
  return [head, text(about, 33, 39, width - 40, "muted", 12)];
}

function clusterInside({ it, width }, level) {
  const proved = it.resolves === "True" && it.answers === "True" ? "resolves, answers" : "not proved from inside";
  const said = level === "ready" ? proved : it.reason || LEVELS[level];
  return [mark(level, 13, 7), text(it.name, 35, 20, width - 48, "name"), text(said, 35, 39, width - 48, "muted", 12)];
}

function pips(marks, width, instead) {
  if (!marks.length) return text(instead, 33, 36, width - 40, "muted", 11);
  const most = Math.max(1, Math.floor((width - 62) / 18));
  const shown = marks.length <= most + 1 ? marks : marks.slice(0, most);
  const more = marks.length - shown.length;
  return [shown.map((one, index) => mark(levelOf(one), 33 + index * 18, 24, 14)),
    more ? text(`+${more}`, 33 + shown.length * 18, 36, 30, "muted", 11) : null];
}

export function line({ kind, it, rail, path }) {
  const level = it ? levelOf(it) : "";
  const open = kind === "peering" && it && !it.peered ? " open" : "";
  return svg("path", { class: `line ${kind}${open}${rail ? " rail" : ""} ${level ? `l-${level}` : ""}`, d: path });
}
