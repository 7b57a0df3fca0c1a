"""The kinds of documents, by every name that people type, and `kind/name` in all its spellings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cli.errors import Misused

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document, and the collection that it has in the API."""

    name: str
    collection: str

    @property
    def word(self) -> str:
        """The kind as people type it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Target:
    """One document: `spoke/payments`."""

    kind: Kind
    name: str

    def __str__(self) -> str:
        return f"{self.kind.word}/{self.name}"

    @property
    def path(self) -> str:
        """Its path in the API; the name is quoted, for it may be anything that was typed."""
        from urllib.parse import quote  # noqa: PLC0415 - not needed to print help

        return f"{self.kind.collection}/{quote(self.name, safe='')}"


KINDS = (Kind("Hub", "hubs"), Kind("Spoke", "spokes"), Kind("Cluster", "clusters"))
"""In the order in which they are applied; they are deleted in the opposite one."""

BY_WORD = {word: kind for kind in KINDS for word in (kind.word, kind.collection)}
ALL = "all"


def kind_of(word: str) -> Kind:
    """Return the kind of a word such as `spoke`, `Spokes`; raise Misused for any other."""
    kind = BY_WORD.get(word.lower())
    if kind is None:
        raise Misused(f"there is no kind '{word}'", f"use one of {', '.join(BY_WORD)}")
    return kind


def order_of(word: str) -> int:
    """Return where a kind stands: hubs first; what is no kind stands last."""
    kind = BY_WORD.get(word.lower())
    return KINDS.index(kind) if kind else len(KINDS)


def targets_in(words: Sequence[str]) -> list[Target]:
    """Return the documents that words name: `spoke/a cluster/b`, or `spoke a b`."""
    if not words:
        raise Misused("no document is named", "name one, such as cluster/payments-prod")
    if "/" in words[0]:
        return [_target(word) for word in words]
    kind = kind_of(words[0])
    if not words[1:]:
        raise Misused(f"no {kind.word} is named", f"name one, such as {kind.word}/NAME")
    if strange := [word for word in words[1:] if "/" in word]:
        raise Misused(
            f"'{strange[0]}' stands after the kind {words[0]}", f"write {kind.word} NAME, or {kind.word}/NAME"
        )
    return [Target(kind, name) for name in words[1:]]


def _target(word: str) -> Target:
    kind, slash, name = word.partition("/")
    if not slash or not name or "/" in name:
        raise Misused(f"'{word}' names no document", "write KIND/NAME, such as cluster/payments-prod")
    return Target(kind_of(kind), name)
