"""The small part of Kusto's language that the simulated Resource Graph understands; it refuses all the rest.

    resources
    | where type =~ 'x' and name == 'y' and tostring(properties.a.b) =~ 'z' and type in~ ('x', 'y')
    | project id, name, tags, other = tostring(properties.a)
    | order by id asc
    | limit 10

Steps run in the order in which they stand, on rows that are mappings. It knows nothing of Azure's resources.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from local.simulator.resource import Json

Row = Mapping[str, Any]
Step = Callable[[list[Row]], list[Row]]
Value = Callable[[Row], Any]

_TOKEN = re.compile(
    r"(?P<space>\s+|//[^\n]*)|(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")|(?P<number>\d+)"
    r"|(?P<sign>in~|=~|==|[|(),.\[\]=])|(?P<name>[A-Za-z_]\w*)",
    re.IGNORECASE,
)


class QueryError(Exception):
    """A query that is not understood; `details` are in Azure's shape."""

    def __init__(self, *details: Json) -> None:
        super().__init__(str(details))
        self.details = list(details)


@dataclass(frozen=True, slots=True)
class Query:
    """A query that was read: its table, its steps, the columns that come out, whether it bounds the rows itself."""

    table: str
    steps: tuple[Step, ...]
    columns: frozenset[str]
    limited: bool

    def run(self, rows: Sequence[Row]) -> list[Row]:
        """Put rows through all the steps."""
        found = list(rows)
        for step in self.steps:
            found = step(found)
        return found


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int
    column: int


def read_query(text: str, columns: frozenset[str]) -> Query:
    """Read a query over a table with these columns."""
    return _Reader(_tokens(text), columns).query()


class _Reader:
    """Reads tokens from left to right; knows which columns there are at each step."""

    def __init__(self, tokens: list[_Token], columns: frozenset[str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._columns = columns
        self._limited = False

    def query(self) -> Query:
        table = self._take("name").text
        steps = []
        while self._next().kind != "end":
            self._take("sign", "|")
            steps.append(self._step())
        return Query(table, tuple(steps), self._columns, self._limited)

    def _step(self) -> Step:
        name = self._take("name")
        match name.text:
            case "where":
                return self._where()
            case "project":
                return self._project()
            case "order" | "sort":
                self._take("name", "by")
                return self._order()
            case "limit" | "take":
                self._limited = True
                most = int(self._take("number").text)
                return lambda rows: rows[:most]
        return _refuse(name)

    def _where(self) -> Step:
        conditions = [self._condition()]
        while self._skip("name", "and"):
            conditions.append(self._condition())
        return lambda rows: [row for row in rows if all(condition(row) for condition in conditions)]

    def _condition(self) -> Callable[[Row], bool]:
        _, value = self._operand()
        sign = self._take("sign")
        match sign.text.lower():
            case "==":
                wanted = self._string()
                return lambda row: value(row) == wanted
            case "=~":
                folded = self._string().lower()
                return lambda row: _folded(value(row)) == folded
            case "in~":
                several = frozenset(each.lower() for each in self._strings())
                return lambda row: _folded(value(row)) in several
        return _refuse(sign)

    def _project(self) -> Step:
        shown = [self._column()]
        while self._skip("sign", ","):
            shown.append(self._column())
        self._columns = frozenset(name for name, _ in shown)
        return lambda rows: [{name: value(row) for name, value in shown} for row in rows]

    def _column(self) -> tuple[str, Value]:
        renamed = self._ahead().text == "="
        name = self._take("name").text if renamed else ""
        if renamed:
            self._take("sign", "=")
        given, value = self._operand()
        return name or given, value

    def _order(self) -> Step:
        _, value = self._operand()
        descending = not self._skip("name", "asc")
        if descending:
            self._skip("name", "desc")
        return lambda rows: sorted(rows, key=lambda row: _text(value(row)), reverse=descending)

    def _operand(self) -> tuple[str, Value]:
        """Read a path or `tostring(path)`: the name that the column gets, and how to find its value."""
        if self._next().text != "tostring":
            return self._path()
        self._take("name")
        self._take("sign", "(")
        name, value = self._path()
        self._take("sign", ")")
        return name, lambda row: _text(value(row))

    def _path(self) -> tuple[str, Value]:
        first = self._take("name")
        if first.text not in self._columns:
            raise QueryError({"code": "InvalidQuery", "message": f"Failed to resolve column '{first.text}'."})
        parts = [first.text]
        while self._next().text in {".", "["}:
            if self._skip("sign", "."):
                parts.append(self._take("name").text)
            else:
                self._take("sign", "[")
                parts.append(self._string())
                self._take("sign", "]")
        return "_".join(parts), lambda row: _follow(row, parts)

    def _strings(self) -> list[str]:
        self._take("sign", "(")
        found = [self._string()]
        while self._skip("sign", ","):
            found.append(self._string())
        self._take("sign", ")")
        return found

    def _string(self) -> str:
        return re.sub(r"\\(.)", r"\1", self._take("text").text[1:-1])

    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _ahead(self) -> _Token:
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)]

    def _skip(self, kind: str, text: str) -> bool:
        token = self._next()
        found = token.kind == kind and token.text == text
        self._at += found
        return found

    def _take(self, kind: str, text: str = "") -> _Token:
        token = self._next()
        if token.kind != kind or (text and token.text != text):
            _refuse(token)
        self._at += 1
        return token


def _tokens(text: str) -> list[_Token]:
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        line, column = text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1)
        if match is None:
            _refuse(_Token("unknown", text[at], line, column))
        if match.lastgroup != "space":
            found.append(_Token(str(match.lastgroup), match[0], line, column))
        at = match.end()
    return [*found, _Token("end", "<EOF>", text.count("\n") + 1, len(text) - (text.rfind("\n") + 1))]


def _refuse(token: _Token) -> NoReturn:
    place = {"line": token.line, "characterPositionInLine": token.column, "token": token.text}
    raise QueryError({"code": "ParserFailure", "message": "ParserFailure", **place})


def _follow(row: Row, parts: Sequence[str]) -> Any:
    value: Any = row[parts[0]]
    for part in parts[1:]:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _text(value: Any) -> str:
    """Write a value as `tostring` does: nothing is the empty text, objects are JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _folded(value: Any) -> str | None:
    return value.lower() if isinstance(value, str) else None
