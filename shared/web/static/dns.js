// A hub's DNS: its servers, whose network has which, and what servers on-premises are told.

import { link } from "./documents.js";
import { h, plain, row, table, time } from "./dom.js";
import { badge } from "./health.js";
import { code } from "./plan.js";

export function shownDns(told) {
  const networks = told.networks ?? {};
  const on = told.configurations ?? [];
  return [
    h("p", null, h("b", null, `Mode ${plain(told.mode)}`), `: ${plain(networks.progress)}`),
    told.servers?.length ? table("DNS servers", ["Server", "Is", "Answers", "What it does instead", "Checked"], told.servers.map(server)) : null,
    told.servers?.length || networks.changing ? table("Networks and their DNS servers", ["Network", "Has", "Is to have", "State"], rows(networks)) : null,
    told.forward ? h("p", { class: "message" }, h("b", null, "Each server: "), told.forward) : null,
    h("h3", null, "From on-premises"),
    told.inbound?.length ? h("p", { class: "message" }, `Forward ${listed(told.zones)} to ${listed(told.inbound)}.`) : null,
    told.note ? h("p", { class: "message" }, told.note) : null,
    on.map((one) => h("details", null, h("summary", null, `For ${plain(one.title)}`), h("p", { class: "muted" }, `Into ${plain(one.file)}`), code(one.text)))];
}

const listed = (servers) => (servers?.length ? servers.map(plain).join(", ") : "Azure’s own resolver");

function server(one) {
  const answers = one.answers === null || one.answers === undefined ? badge("unknown", "not asked") : badge(one.answers ? "ready" : "failed", one.answers ? "yes" : "no");
  return row(one.address, one.role, answers, h("span", { class: "message" }, one.message), time(one.checked));
}

function rows({ present, decided, turn, back, adopted }) {
  const found = Object.entries(present ?? {}).map(([name, has]) => {
    const wanted = (name === "Hub" ? decided?.hub : decided?.spokes) ?? [];
    return row(name === "Hub" ? "the hub’s own" : link("Spoke", name), has ? listed(has) : "not seen yet", listed(wanted), state(name, has, wanted, turn ?? [], back));
  });
  return [...found, ...(adopted ?? []).map((name) => row(link("Spoke", name), "its owner’s", "–", "left alone: it was adopted"))];
}

function state(name, has, wanted, turn, back) {
  if (!has) return badge("unknown", "not seen yet");
  if (listed(has) === listed(wanted)) return badge("ready", "has them");
  return turn.includes(name) ? badge("working", back ? "goes back" : "next") : badge("waiting", "waits for its turn");
}
