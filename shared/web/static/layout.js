// Where everything stands. Pure: from what is to be drawn and how wide it may be, boxes and lines.
//
// Few spokes are a tree beside their hub, laid out by d3-hierarchy, with a box for each cluster. Many are a grid below
// it, each spoke with its clusters as marks, joined by rails; so a hundred fit a screen and no line crosses another.

import { hierarchy, tree } from "./d3-hierarchy.min.mjs";

const ROOMY_SPOKES = 14;
const ROOMY_WIDTH = 760;
const PAD = 12;
const HUB = { width: 250, height: 150, row: 27 };
const BOX = { narrow: 200, wide: 300, height: 52, gap: 14, between: 110 };
const TILE = { height: 43, gap: 10, drop: 14, narrow: 240, packed: 112, wide: 150 };

export function layout(groups, width) {
  const drawing = { boxes: [], lines: [], width, height: PAD };
  const few = groups.reduce((sum, group) => sum + leaves(group), 0) <= ROOMY_SPOKES;
  for (const group of groups) {
    const roomy = group.hub && width >= ROOMY_WIDTH && few;
    drawing.height += (roomy ? roomyHub : compactHub)(drawing, group, PAD, drawing.height) + 2 * PAD;
  }
  drawing.height = Math.max(drawing.height - PAD, 4 * PAD);
  return drawing;
}

const leaves = ({ spokes, clusters }) =>
  spokes.reduce((sum, spoke) => sum + Math.max(1, (clusters.get(spoke) ?? []).length), 0);

function roomyHub(drawing, { hub, spokes, clusters }, left, top) {
  const place = tree().nodeSize([BOX.height + BOX.gap, 1]).separation(() => 1);
  const root = place(hierarchy({ spokes, at: "hub" }, (it) => (it.at === "hub" ? it.spokes : clusters.get(it))));
  const nodes = root.descendants().filter((node) => node.depth);
  const first = Math.min(...nodes.map((node) => node.x), 0);
  const last = Math.max(...nodes.map((node) => node.x), 0);
  const height = Math.max(HUB.height, last - first + BOX.height);
  const middle = top + (height - (last - first)) / 2 - first;
  const room = drawing.width - 2 * PAD - HUB.width;
  const size = Math.max(BOX.narrow, Math.min(room / 2 - BOX.between, BOX.wide));
  const gap = Math.max(36, Math.min(room / 2 - size, 150));
  const hubBox = { kind: "Hub", it: hub, x: left, y: middle - HUB.height / 2, ...HUB, rows: true };
  hubBox.y = Math.max(top, Math.min(hubBox.y, top + height - HUB.height));
  drawing.boxes.push(hubBox);
  const boxes = new Map();
  for (const node of nodes) {
    const x = left + HUB.width + gap + (node.depth - 1) * (size + gap);
    const kind = node.depth === 1 ? "Spoke" : "Cluster";
    const box = { kind, it: node.data, x, y: middle + node.x - BOX.height / 2, width: size, height: BOX.height };
    boxes.set(node.data, box);
    drawing.boxes.push(box);
    if (kind === "Spoke") joinHub(drawing, hubBox, box, isLinked(clusters, node.data));
    else straight(drawing, boxes.get(node.parent.data), box);
  }
  return height;
}

function joinHub(drawing, hub, spoke, linked) {
  const peering = curve(hub.x + hub.width, hub.y + hub.height / 2 - 8, spoke.x, spoke.y + spoke.height / 2 - 6);
  drawing.lines.push({ kind: "peering", it: spoke.it, path: peering });
  if (!linked) return;
  const link = curve(hub.x + hub.width, hub.y + hub.height - 20, spoke.x, spoke.y + spoke.height / 2 + 8);
  drawing.lines.push({ kind: "link", it: spoke.it, path: link });
}

function straight(drawing, spoke, cluster) {
  const path = curve(spoke.x + spoke.width, spoke.y + spoke.height / 2, cluster.x, cluster.y + cluster.height / 2);
  drawing.lines.push({ kind: "inside", it: cluster.it, path });
}

// AKS links the zone to a spoke when it makes a cluster there, and with it the name.
function isLinked(clusters, spoke) {
  return (clusters.get(spoke) ?? []).some((cluster) => cluster.privateFqdn);
}

function curve(x1, y1, x2, y2) {
  const middle = (x1 + x2) / 2;
  return `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
}

function compactHub(drawing, { hub, spokes, clusters }, left, top) {
  const width = drawing.width - 2 * PAD;
  const narrow = width < ROOMY_WIDTH - 2 * PAD;
  let y = top;
  if (hub) {
    const height = narrow ? HUB.height : 66;
    drawing.boxes.push({ kind: "Hub", it: hub, x: left, y, width, height, rows: narrow });
    y += height;
  }
  const rail = hub ? 18 : 0;
  const least = !narrow ? TILE.wide : spokes.length > ROOMY_SPOKES ? TILE.packed : TILE.narrow;
  const columns = Math.max(1, Math.floor((width - rail + TILE.gap) / (least + TILE.gap)));
  const size = Math.floor((width - rail + TILE.gap) / columns) - TILE.gap;
  const step = TILE.height + TILE.drop;
  spokes.forEach((spoke, index) => {
    const x = left + rail + (index % columns) * (size + TILE.gap);
    const kind = spoke.kind === "Cluster" ? "Cluster" : "Spoke";
    const box = { kind, it: spoke, x, y: y + TILE.drop + Math.floor(index / columns) * step, width: size, height: TILE.height };
    drawing.boxes.push({ ...box, marks: clusters.get(spoke) ?? [] });
    if (hub) drop(drawing, box, left, isLinked(clusters, spoke));
  });
  const rows = Math.ceil(spokes.length / columns);
  const inRow = (row) => spokes.slice(row * columns, (row + 1) * columns);
  const linked = (row) => inRow(row).findLastIndex((spoke) => isLinked(clusters, spoke));
  const ends = (kind, row) => (kind === "link" ? linked(row) : inRow(row).length - 1);
  if (hub) rails(drawing, left, y, rows, step, size + TILE.gap, ends);
  return y - top + rows * step;
}

const RAIL = { peering: 5, link: 9 };

function drop(drawing, box, left, linked) {
  const from = box.y - TILE.drop;
  drawing.lines.push({ kind: "peering", it: box.it, path: `M${box.x + 14} ${from + RAIL.peering}V${box.y}` });
  if (linked) drawing.lines.push({ kind: "link", it: box.it, path: `M${box.x + 26} ${from + RAIL.link}V${box.y}` });
}

// Down along the left edge, and above each row as far as its last spoke that is joined.
function rails(drawing, left, y, rows, step, pitch, ends) {
  for (const [kind, down] of Object.entries(RAIL)) {
    const x = left + (kind === "link" ? 4 : 0) + 3;
    const joined = [...Array(rows).keys()].filter((row) => ends(kind, row) >= 0);
    if (!joined.length) continue;
    drawing.lines.push({ kind, rail: true, path: `M${x} ${y}V${y + joined.at(-1) * step + down}` });
    for (const row of joined) {
      const end = left + 18 + ends(kind, row) * pitch + (kind === "link" ? 26 : 14);
      drawing.lines.push({ kind, rail: true, path: `M${x} ${y + row * step + down}H${end}` });
    }
  }
}
