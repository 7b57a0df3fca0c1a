// Makes elements. The only place where text of others becomes part of the page: as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";
// Control characters, and those that hide or turn around what stands next to them.
const TRICKS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g;

export const plain = (value) => String(value ?? "").replace(TRICKS, "\ufffd");
export const byId = (id) => document.getElementById(id);

export function h(tag, attributes, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

// Puts other children into an element. What had the focus, and what was open, has it again where it is still there.
export function replace(parent, ...children) {
  const keep = [openIn(parent), focusIn(parent)];
  parent.replaceChildren(...children.flat(9).filter(there).map(node));
  for (const again of keep) again();
}

function focusIn(parent) {
  const active = document.activeElement;
  if (!parent.contains(active) || active === parent) return () => {};
  const same = () => [...parent.querySelectorAll(active.tagName)];
  const [href, index] = [active.getAttribute("href"), same().indexOf(active)];
  return () => {
    const found = same();
    const one = href ? found.find((other) => other.getAttribute("href") === href) : found[index];
    one?.focus({ preventScroll: true });
  };
}

function openIn(parent) {
  const open = new Set([...parent.querySelectorAll("details[open] > summary")].map((one) => one.textContent));
  return () => {
    for (const one of parent.querySelectorAll("details > summary")) if (open.has(one.textContent)) one.parentElement.open = true;
  };
}

const there = (child) => child !== null && child !== undefined && child !== false;
const node = (child) => (child instanceof Node ? child : document.createTextNode(plain(child)));

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (there(value)) element.setAttribute(name, safe(name, plain(value)));
  }
  element.append(...children.flat(9).filter(there).map(node));
  return element;
}

function safe(name, value) {
  const lower = name.toLowerCase();
  const link = lower === "href" || lower === "src";
  if (lower.startsWith("on") || lower === "style" || (link && !value.startsWith("#"))) {
    throw new Error(`the page sets no attribute ${name}`);
  }
  return value;
}

export function time(iso) {
  const when = new Date(iso ?? NaN);
  if (Number.isNaN(when.getTime())) return h("span", { class: "muted" }, "never");
  const shown = when.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
  return h("time", { datetime: when.toISOString() }, shown);
}

export function table(caption, heads, rows, empty = "Nothing here.") {
  if (!rows.length) return h("p", { class: "empty" }, empty);
  for (const one of rows) [...one.children].forEach((cell, index) => cell.setAttribute("data-label", plain(heads[index])));
  return h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": caption },
    h("table", { role: "table" },
      h("caption", { class: "unseen" }, caption),
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, heads.map((head) => h("th", { scope: "col", role: "columnheader" }, head)))),
      h("tbody", { role: "rowgroup" }, rows)));
}

export function row(head, ...cells) {
  return h("tr", { role: "row" }, h("th", { scope: "row", role: "rowheader" }, head), cells.map((cell) => h("td", { role: "cell" }, cell)));
}
