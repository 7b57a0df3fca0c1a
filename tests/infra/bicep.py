"""Reads Bicep files into what the tests ask about: parameters, resources, modules, outputs. It evaluates nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

ROOT = Path(__file__).parents[2]
INFRA = ROOT / "infra"
LOADS = ("loadJsonContent", "loadTextContent")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One `param`: its type, its decorators' arguments as they are written, and its default, if any."""

    name: str
    type: str
    decorators: dict[str, str]
    default: str | None


@dataclass(frozen=True, slots=True)
class Declared:
    """One `resource` or `module`: what it is made of (type and version, or path), and its members by their paths."""

    name: str
    of: str
    node: Node
    existing: bool = False

    @property
    def kind(self) -> str:
        """The resource's type."""
        return self.of.partition("@")[0]

    @property
    def version(self) -> str:
        """The api-version."""
        return self.of.partition("@")[2]

    @property
    def members(self) -> dict[str, str]:
        """The texts of all members, by paths such as `properties.sku.name`; of lists the first one of a path."""
        found: dict[str, str] = {}
        for path, value in _members(self.node, ()):
            found.setdefault(path, value)
        return found


class Source:
    """One Bicep file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = path.read_text(encoding="utf-8")
        self.tree = Parser(Language(tree_sitter_bicep.language())).parse(self.text.encode()).root_node

    def __repr__(self) -> str:
        return self.path.relative_to(INFRA).as_posix() if self.path.is_relative_to(INFRA) else self.path.as_posix()

    @cached_property
    def faults(self) -> list[str]:
        """What the grammar does not take, with its line."""
        nodes = (node for node in walk(self.tree) if node.type == "ERROR" or node.is_missing)
        return [f"{self!r}:{node.start_point.row + 1}: {text(node)[:60]}" for node in nodes]

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """The parameters by name."""
        found = {}
        decorators: dict[str, str] = {}
        for node in self.tree.children:
            if node.type == "decorators":
                decorators = dict(map(_decorator, node.children))
            elif node.type == "parameter_declaration":
                name, type_ = (text(child) for child in node.children[1:3])
                default = text(node.children[4]) if len(node.children) > len(("param", "name", "type")) else None
                found[name] = Parameter(name, type_, decorators, default)
            if node.type not in ("decorators", "comment"):
                decorators = {}
        return found

    @cached_property
    def variables(self) -> dict[str, str]:
        """The variables' expressions by name."""
        nodes = (node for node in self.tree.children if node.type == "variable_declaration")
        return {text(node.children[1]): text(node.children[3]) for node in nodes}

    @cached_property
    def resources(self) -> dict[str, Declared]:
        """The resources by symbolic name."""
        return dict(self._declared("resource_declaration"))

    @cached_property
    def modules(self) -> dict[str, Declared]:
        """The modules by symbolic name."""
        return dict(self._declared("module_declaration"))

    @cached_property
    def outputs(self) -> dict[str, str]:
        """The outputs' expressions by name."""
        nodes = (node for node in self.tree.children if node.type == "output_declaration")
        return {text(node.children[1]): text(node.children[4]) for node in nodes}

    @cached_property
    def loads(self) -> list[Path]:
        """The files that it loads at compile time."""
        calls = (node for node in walk(self.tree) if node.type == "call_expression")
        return [
            (self.path.parent / _unquoted(call.children[1].children[1])).resolve()
            for call in calls
            if text(call.children[0]) in LOADS
        ]

    @cached_property
    def identifiers(self) -> list[str]:
        """Every name that is used in an expression or declared, as often as it is there; keys of objects are none."""
        return [text(node) for node in walk(self.tree) if node.type == "identifier" and not _is_key(node)]

    @cached_property
    def outputs_used(self) -> set[tuple[str, str]]:
        """The outputs of modules that it reads: the module's symbolic name, and the output's."""
        found = set()
        for node in walk(self.tree):
            if node.type == "member_expression" and text(node.children[0]).endswith(".outputs"):
                module = text(node.children[0]).removesuffix(".outputs").removesuffix("!").partition("[")[0]
                found.add((module, text(node.children[-1])))
        return found

    def _declared(self, type_: str) -> Iterator[tuple[str, Declared]]:
        for node in self.tree.children:
            if node.type == type_:
                name = text(node.children[1])
                existing = any(child.type == "existing" for child in node.children)
                yield name, Declared(name, _unquoted(node.children[2]), _body(node.children[-1]), existing)


def passed(module: Declared) -> set[str]:
    """Return the names of the parameters that a module is given."""
    for node in module.node.children:
        if node.type == "object_property" and text(node.children[0]) == "params":
            return {_unquoted(child.children[0]) for child in node.children[2].children if _is_property(child)}
    return set()


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all below it."""
    yield node
    for child in node.children:
        yield from walk(child)


def text(node: Node) -> str:
    """Return what is written there."""
    return (node.text or b"").decode()


def _decorator(node: Node) -> tuple[str, str]:
    call = node.children[1]
    return text(call.children[0]), text(call.children[1])[1:-1]


def _body(node: Node) -> Node:
    """Return the object that is declared, under loops and conditions."""
    while node.type in ("for_statement", "if_statement"):
        node = next(child for child in node.children if child.type in ("object", "if_statement"))
    return node


def _members(node: Node, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for child in node.children:
        if _is_property(child):
            here = (*path, _unquoted(child.children[0]))
            yield ".".join(here), text(child.children[2])
            yield from _members(child.children[2], here)
        else:
            yield from _members(child, path)


def _is_property(node: Node) -> bool:
    return node.type == "object_property"


def _is_key(node: Node) -> bool:
    parent = node.parent
    return parent is not None and _is_property(parent) and parent.children[0].id == node.id


def _unquoted(node: Node) -> str:
    return text(node).strip("'")


@cache
def sources() -> tuple[Source, ...]:
    """Return every Bicep file."""
    return tuple(Source(path) for path in sorted(INFRA.rglob("*.bicep")))


@cache
def source(name: str) -> Source:
    """Return the file of that name below `infra`."""
    return next(one for one in sources() if repr(one) == name)
