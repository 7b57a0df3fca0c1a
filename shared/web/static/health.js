// How a document is: one level for each, with a word, a shape and a sign, so that colour is never alone.

import { h, svg } from "./dom.js";

export const LEVELS = {
  failed: "Failed",
  asking: "Waits for approval",
  refused: "Refused",
  waiting: "Waiting",
  working: "In progress",
  unknown: "Not looked at",
  ready: "Ready",
};

const BY_REASON = {
  working: ["Applying", "Deleting", "NotVerified", "DnsChanging", "AddressMoved"],
  asking: ["ApprovalNeeded"],
  refused: ["Refused", "Rejected", "ApprovalExpired"],
  waiting: ["HubMissing", "HubNotReady", "SpokeMissing", "SpokeNotReady", "ResourceMissing", "PeerNotReady", "PeerLost",
    "SpokesAttached", "ClustersAttached", "TooManyWakes", "DnsNotProven", "ClusterStopped"],
};
const LEVEL_OF = new Map(
  Object.entries(BY_REASON).flatMap(([level, reasons]) => reasons.map((reason) => [reason, level])));

export function levelOf(one) {
  if (one.state === "asking") return "asking";
  if (one.deleting) return "working";
  if (one.ready === "True") return one.current === false ? "working" : "ready";
  if (LEVEL_OF.has(one.reason)) return LEVEL_OF.get(one.reason);
  if (one.reconciling) return "working";
  return one.ready === "False" ? "failed" : "unknown";
}

export const drifted = (one) => one.drift?.status === "True";

// A shape in a square of 16: circle, diamond, octagon, square, ring, empty circle, triangle.
const SHAPES = {
  ready: ["M8 1a7 7 0 1 0 .01 0z", "M4.8 8.2l2.2 2.3 4.2-4.6"],
  failed: ["M8 .8 15.6 14.6H.4z", "M8 5.5v4.6M8 11.6v1.6"],
  asking: ["M8 .4 15.6 8 8 15.6.4 8z", "M6.2 6.2a1.9 1.9 0 1 1 2.3 2.2c-.4.2-.5.4-.5 1M8 11v1.4"],
  refused: ["M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5z", "M5.2 5.2l5.6 5.6M10.8 5.2l-5.6 5.6"],
  waiting: ["M1.5 1.5h13v13h-13z", "M6 5v6M10 5v6"],
  working: ["M8 1a7 7 0 1 0 .01 0z", "M8 4v4l2.8 1.8"],
  unknown: ["M8 1a7 7 0 1 0 .01 0z", "M5 8h6"],
};

export function mark(level, x, y, size = 16) {
  const [shape, sign] = SHAPES[level];
  const place = x === undefined ? {} : { x, y };
  return svg("svg", { class: `mark l-${level}`, width: size, height: size, viewBox: "0 0 16 16", "aria-hidden": "true", ...place },
    svg("path", { class: "shape", d: shape }), svg("path", { class: "sign", d: sign }));
}

export function badge(level, words = LEVELS[level]) {
  return h("span", { class: `badge l-${level}` }, mark(level), words);
}

export function condition(status, positive = true) {
  const good = positive ? "True" : "False";
  const level = status === "Unknown" || !status ? "unknown" : status === good ? "ready" : "failed";
  return badge(level, status ?? "Unknown");
}
