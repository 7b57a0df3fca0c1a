"""Conditions of role assignments, version 2.0: as much of their language as constrains what may be assigned.

`!`, `AND`, `OR`, parentheses, `ActionMatches{'...'}`, and comparisons of an attribute of a role assignment, as it is
requested (`@Request[...]`) or as it is (`@Resource[...]`), with a set of values. An expression that is not understood
is a ValueError when it is stored: a condition that nobody judges would allow everything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from local.simulator.actions import matches

if TYPE_CHECKING:
    from local.simulator.resource import Json

VERSION = "2.0"
_TOKEN = re.compile(
    r"\s*(?:(?P<mark>[()!])|(?P<word>AND|OR|ActionMatches)\b|(?P<set>\{[^}]*\})"
    r"|@(?P<source>Request|Resource)\[Microsoft\.Authorization/roleAssignments:(?P<attribute>\w+)\]"
    r"|(?P<operator>ForAnyOfAnyValues:(?:GuidEquals|StringEqualsIgnoreCase)))"
)
_ATTRIBUTES = {"RoleDefinitionId": "roleDefinitionId", "PrincipalId": "principalId", "PrincipalType": "principalType"}

Judge = Callable[[str, "Json"], bool]
"""Says of an action and the attributes of its role assignment whether the condition holds."""


def hold(text: str, action: str, attributes: Json) -> bool:
    """Say whether a condition allows an action; an empty one always does."""
    return not text or read_condition(text)(action, attributes)


def read_condition(text: str) -> Judge:
    """Read an expression; raises ValueError for what is none."""
    reader = _Reader(text)
    judge = reader.either()
    reader.end()
    return judge


class _Reader:
    """Recursive descent over the tokens: OR binds weaker than AND, AND weaker than `!`."""

    def __init__(self, text: str) -> None:
        self._text = text.strip()
        self._at = 0

    def either(self) -> Judge:
        parts = [self._both()]
        while self._take("word", "OR"):
            parts.append(self._both())
        return lambda action, attributes: any(part(action, attributes) for part in parts)

    def end(self) -> None:
        if self._at < len(self._text):
            raise self._unclear()

    def _both(self) -> Judge:
        parts = [self._single()]
        while self._take("word", "AND"):
            parts.append(self._single())
        return lambda action, attributes: all(part(action, attributes) for part in parts)

    def _single(self) -> Judge:
        if self._take("mark", "!"):
            inner = self._single()
            return lambda action, attributes: not inner(action, attributes)
        if self._take("mark", "("):
            inner = self.either()
            self._expect("mark", ")")
            return inner
        if self._take("word", "ActionMatches"):
            patterns = self._values()
            return lambda action, _: matches(patterns, action)
        return self._comparison()

    def _comparison(self) -> Judge:
        found = self._next()
        source, attribute = (found["source"], found["attribute"]) if found else (None, None)
        if found is None or source is None or attribute not in _ATTRIBUTES:
            raise self._unclear()
        self._at = found.end()
        operator = self._expect("operator")
        last = operator.endswith("GuidEquals")
        wanted = {_plain(value, last=last) for value in self._values()}
        name = _ATTRIBUTES[attribute]

        def judge(_: str, attributes: Json) -> bool:
            there = (attributes.get(source.lower()) or {}).get(name)
            return there is not None and _plain(str(there), last=last) in wanted

        return judge

    def _values(self) -> list[str]:
        text = self._expect("set")[1:-1]
        return [value.strip().strip("'") for value in text.split(",")]

    def _next(self) -> re.Match[str] | None:
        return _TOKEN.match(self._text, self._at)

    def _take(self, group: str, value: str) -> bool:
        found = self._next()
        if found is None or found[group] != value:
            return False
        self._at = found.end()
        return True

    def _expect(self, group: str, value: str | None = None) -> str:
        found = self._next()
        if found is None or found[group] is None or value not in (None, found[group]):
            raise self._unclear()
        self._at = found.end()
        return found[group]

    def _unclear(self) -> ValueError:
        return ValueError(f"the condition is not understood at {self._at}: {self._text[self._at : self._at + 60]!r}")


def _plain(value: str, *, last: bool) -> str:
    """Compare without case; a role definition's id by its last part, the GUID."""
    return value.rsplit("/", 1)[-1].lower() if last else value.lower()
