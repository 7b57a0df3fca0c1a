// The approval inbox: the plan, what exactly it changes, and the decision about it, which carries the plan's hash.

import { post, read } from "./api.js";
import { h, plain, replace, time } from "./dom.js";
import { linkOf } from "./documents.js";
import { shownPlan } from "./plan.js";

const LONGEST = 500;

export class Approvals {
  constructor(refresh) {
    this.refresh = refresh;
    this.cards = new Map();
    this.list = h("div");
    this.element = h("section", { "aria-labelledby": "view-title" }, h("h1", { id: "view-title" }, "Approvals"),
      h("p", { class: "muted" }, "Networks that ask to join a hub whose rules want a person to look. Nothing of them is touched before."), this.list);
  }

  // Cards stay as they are while their question does: a reason that is being written is not lost.
  show({ overview }) {
    const asked = overview.approvals ?? [];
    const key = (one) => `${plain(one.document)} ${plain(one.hash)} ${plain(one.askedAt)}`;
    const wanted = new Set(asked.map(key));
    for (const [old, card] of this.cards) if (!wanted.has(old) && !card.decided) { this.cards.delete(old); card.element.remove(); }
    for (const one of asked) {
      if (this.cards.has(key(one))) continue;
      const card = new Card(one, this.refresh);
      this.cards.set(key(one), card);
      this.list.append(card.element);
    }
    this.empty ??= h("p", { class: "empty" }, "Nobody asks for approval.");
    if (this.cards.size) this.empty.remove();
    else this.list.append(this.empty);
  }
}

class Card {
  constructor(asked, refresh) {
    this.asked = asked;
    this.refresh = refresh;
    const [kind, ...rest] = plain(asked.document).split("/");
    this.path = `${kind.toLowerCase()}s/${encodeURIComponent(rest.join("/"))}`;
    this.answer = h("p", { role: "status" });
    this.plan = h("div");
    this.reason = h("textarea", { maxlength: LONGEST, rows: 2 });
    this.by = h("input", { maxlength: LONGEST, autocomplete: "name" });
    const button = (words, decision, name) => h("button", { type: "button", class: name, disabled: true, click: () => this.#decide(decision) }, words);
    this.buttons = [button("Approve this plan", "approve", "main"), button("Reject", "reject", "danger")];
    this.look = h("button", { type: "button", click: () => this.#load() }, "Show the plan");
    const id = `asked-${crypto.randomUUID()}`;
    this.element = h("section", { class: "panel asked", "aria-labelledby": id },
      h("h2", { id }, linkOf(asked.document)), h("p", { class: "message" }, asked.message),
      h("p", { class: "muted" }, asked.requestedBy ? `Asked for by ${plain(asked.requestedBy)}, ` : "Asked ", time(asked.askedAt), asked.expiresAt ? [", expires ", time(asked.expiresAt)] : null),
      this.look, this.plan,
      h("div", { class: "decide" },
        h("label", null, "Reason ", this.reason), h("label", null, "Your name (where nobody is signed in) ", this.by), h("div", { class: "tools" }, this.buttons)),
      h("p", { class: "muted" }, "To decide, look at the plan first. To reject, say why."), this.answer);
  }

  // A plan has to be seen before it can be approved, and what is approved is the hash that was seen.
  async #load() {
    this.look.disabled = true;
    replace(this.plan, h("p", { class: "muted" }, "Asking Azure …"));
    try {
      const plan = (await read(`${this.path}/plan`)).body;
      this.hash = plan.hash;
      replace(this.plan, plan.hash === this.asked.hash ? null
        : h("p", { class: "error" }, "The plan has changed since it was asked about; this is how it is now."), shownPlan(plan));
      for (const one of this.buttons) one.disabled = false;
    } catch (error) {
      replace(this.plan, h("p", { class: "error" }, error.message));
    }
    this.look.disabled = false;
    this.look.textContent = "Read the plan again";
  }

  async #decide(decision) {
    const reason = this.reason.value.trim();
    if (decision === "reject" && !reason) {
      this.answer.textContent = "Say why it is rejected: whoever asked reads it.";
      this.reason.focus();
      return;
    }
    const by = this.by.value.trim();
    for (const one of this.buttons) one.disabled = true;
    try {
      await post(`${this.path}/approve`, { hash: this.hash, decision, ...(reason && { reason }), ...(by && { by }) });
      this.decided = true;
      this.answer.textContent = decision === "approve" ? "Approved. It is attached now." : "Rejected. Nothing is changed in Azure.";
      this.element.classList.add("decided");
      this.refresh();
    } catch (error) {
      this.answer.textContent = plain(error.message);
      for (const one of this.buttons) one.disabled = false;
      if (error.code === "PlanChanged") await this.#load();
    }
  }
}
