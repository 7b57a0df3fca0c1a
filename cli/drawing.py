"""Trees as text for other programs: Graphviz, Mermaid, SVG. Names are quoted, so that none can be more than a name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

from cli.cleaning import clean_line

if TYPE_CHECKING:
    from cli.tree import Node

COLOURS = {"True": "#2e7d32", "False": "#c62828"}
UNKNOWN = "#b26a00"
WIDTH, HEIGHT, GAP, COLUMN = 250, 40, 14, 310
MARGIN = 20
LONGEST = 34
"""Characters of a name that a box has room for."""


def as_dot(trees: Sequence[Node]) -> str:
    """Return the trees for Graphviz."""
    lines = ["graph spokewright {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];']
    for name, node, parent in _numbered(trees):
        label = _dot(f"{node.label}\n{_state(node)}")
        lines.append(f'  {name} [label="{label}", color="{_colour(node)}"];')
        if parent:
            lines.append(f"  {parent} -- {name};")
    return "\n".join([*lines, "}"])


def as_mermaid(trees: Sequence[Node]) -> str:
    """Return the trees for Mermaid."""
    lines = ["flowchart LR"]
    for name, node, parent in _numbered(trees):
        lines.append(f'  {name}["{_mermaid(node.label)}<br/>{_mermaid(_state(node))}"]')
        lines.append(f"  style {name} stroke:{_colour(node)}")
        if parent:
            lines.append(f"  {parent} --- {name}")
    return "\n".join(lines)


def as_svg(trees: Sequence[Node]) -> str:
    """Return the trees as a drawing: hubs left, their spokes beside them, the clusters right."""
    boxes: list[str] = []
    bottom = MARGIN
    for tree in trees:
        bottom = _place(tree, 0, bottom, boxes)[1]
    width = 2 * MARGIN + 2 * COLUMN + WIDTH
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{bottom + MARGIN}"'
    style = 'font-family="sans-serif" font-size="12">'
    return "\n".join([f"{head} {style}", '<rect width="100%" height="100%" fill="white"/>', *boxes, "</svg>"])


def _place(node: Node, depth: int, top: int, boxes: list[str]) -> tuple[int, int]:
    """Draw a node and what hangs on it from `top` down; return the middle of its box, and where the next may begin."""
    bottom, middles = top, []
    for child in node.children:
        middle, bottom = _place(child, depth + 1, bottom, boxes)
        middles.append(middle)
    bottom = max(bottom, top + HEIGHT + GAP)
    middle = (middles[0] + middles[-1]) // 2 if middles else top + HEIGHT // 2
    x = MARGIN + depth * COLUMN
    boxes += [_line(x + WIDTH, middle, x + COLUMN, other) for other in middles]
    boxes.append(_box(node, x, middle - HEIGHT // 2))
    return middle, bottom


def _box(node: Node, x: int, y: int) -> str:
    label, state = _xml(node.label), _xml(_state(node))
    return (
        f"<g><title>{_xml(f'{node.label}: {_state(node)} {node.detail}', 500)}</title>"
        f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="4" fill="white" stroke="{_colour(node)}"/>'
        f'<text x="{x + 8}" y="{y + 16}" font-weight="bold">{label}</text>'
        f'<text x="{x + 8}" y="{y + 32}" fill="{_colour(node)}">{state}</text></g>'
    )


def _line(x1: int, y1: int, x2: int, y2: int) -> str:
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="#9e9e9e"/>'


def _numbered(trees: Sequence[Node], parent: str = "") -> Iterator[tuple[str, Node, str]]:
    """Yield each node with a name that is ours, and its parent's."""
    for number, node in enumerate(trees):
        name = f"{parent}_{number}" if parent else f"n{number}"
        yield name, node, parent
        yield from _numbered(node.children, name)


def _state(node: Node) -> str:
    words = [{"True": "ready", "False": f"not ready: {node.reason}"}.get(node.ready, "not known yet"), *node.marks]
    return ", ".join(words)


def _colour(node: Node) -> str:
    return UNKNOWN if node.marks else COLOURS.get(node.ready, UNKNOWN)


def _dot(text: str) -> str:
    lines = [clean_line(line).replace("\\", "\\\\").replace('"', '\\"') for line in text.split("\n")]
    return "\\n".join(lines)


def _mermaid(text: str) -> str:
    return "".join(one if one.isalnum() or one in " /.,:-_" else f"#{ord(one)};" for one in clean_line(text))


def _xml(text: str, longest: int = LONGEST) -> str:
    shown = clean_line(text)
    return escape(shown if len(shown) <= longest else f"{shown[: longest - 1]}…")
