"""HTTP routes as the Functions host matches them: by template, constraint and method, the most specific first. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

_PARAMETER = re.compile(r"\{(\*{0,2})(\w+)((?::[^{}?]+)*)(\?)?\}")

Predicate = Callable[[str], bool]


class InvalidRoute(ValueError):
    """A route template that this host does not understand; the message says what of it."""


@dataclass(frozen=True, slots=True)
class Route:
    """One template, ready to match."""

    template: str
    methods: frozenset[str]
    pattern: re.Pattern[str]
    constraints: tuple[tuple[str, Predicate], ...]
    specificity: tuple[int, ...]

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """Return the route's parameters, None where it does not match; another method does not match either."""
        found = self.pattern.fullmatch(path.strip("/"))
        if found is None or method.upper() not in self.methods:
            return None
        values = {name: value for name, value in found.groupdict().items() if value is not None}
        if all(fits(values[name]) for name, fits in self.constraints if name in values):
            return values
        return None


def parse_route(template: str, methods: Iterable[str]) -> Route:
    """Read a template such as `hubs/{name}/{rest:int?}`."""
    pattern, constraints, specificity = "", [], []
    for index, segment in enumerate(template.strip("/").split("/")):
        text, found, weight = _segment(segment, template)
        pattern += _joined(text, first=index == 0, optional=segment.endswith("?}"))
        constraints += found
        specificity.append(weight)
    named = frozenset(method.upper() for method in methods)
    return Route(template, named, re.compile(pattern, re.IGNORECASE), tuple(constraints), tuple(specificity))


def match_route(
    routes: Mapping[str, Route], method: str, path: str
) -> tuple[str, dict[str, str]] | tuple[None, dict[str, str]]:
    """Return the name of the most specific route that matches, and its parameters."""
    for name, route in sorted(routes.items(), key=lambda item: item[1].specificity):
        values = route.match(method, path)
        if values is not None:
            return name, values
    return None, {}


_LITERAL, _CONSTRAINED, _PLAIN, _REST = range(4)


def _joined(text: str, *, first: bool, optional: bool) -> str:
    text = text if first else f"/{text}"
    return f"(?:{text})?" if optional else text


def _segment(segment: str, template: str) -> tuple[str, list[tuple[str, Predicate]], int]:
    """Return a segment's pattern, constraints and weight (the lighter, the more specific)."""
    pattern, constraints, weight, end = "", [], _LITERAL, 0
    for found in _PARAMETER.finditer(segment):
        rest, name, rules, _ = found.groups()
        pattern += _literal(segment[end : found.start()], template) + f"(?P<{name}>{'.*' if rest else '[^/]+?'})"
        constraints += [(name, _predicate(rule, template)) for rule in rules.split(":") if rule]
        weight = _REST if rest else (_CONSTRAINED if rules else _PLAIN)
        end = found.end()
    return pattern + _literal(segment[end:], template), constraints, weight


def _literal(text: str, template: str) -> str:
    if "{" in text or "}" in text:
        raise InvalidRoute(f"route {template!r}: {text!r} is not understood here (defaults and regex braces are not)")
    return re.escape(text)


def _predicate(rule: str, template: str) -> Predicate:
    name, _, arguments = rule.rstrip(")").partition("(")
    try:
        if name in _PLAIN_RULES and not arguments:
            return _PLAIN_RULES[name]
        return _NUMBER_RULES[name](*(int(argument) for argument in arguments.split(",")))
    except (KeyError, TypeError, ValueError):
        raise InvalidRoute(f"route {template!r}: the constraint {rule!r} is not known here") from None


def _matches(pattern: str) -> Predicate:
    return lambda text: re.fullmatch(pattern, text) is not None


def _reads(read: Callable[[str], object]) -> Predicate:
    def fits(text: str) -> bool:
        try:
            read(text)
        except ValueError:
            return False
        return True

    return fits


_PLAIN_RULES: dict[str, Predicate] = {
    "int": _matches(r"-?[0-9]+"),
    "long": _matches(r"-?[0-9]+"),
    "alpha": _matches(r"[A-Za-z]+"),
    "bool": _matches(r"(?i:true|false)"),
    "decimal": _reads(float),
    "double": _reads(float),
    "float": _reads(float),
    "guid": _reads(UUID),
}
_NUMBER_RULES: dict[str, Callable[..., Predicate]] = {
    "length": lambda low, high=None: lambda text: low <= len(text) <= (low if high is None else high),
    "minlength": lambda low: lambda text: len(text) >= low,
    "maxlength": lambda high: lambda text: len(text) <= high,
    "min": lambda low: lambda text: _reads(int)(text) and int(text) >= low,
    "max": lambda high: lambda text: _reads(int)(text) and int(text) <= high,
    "range": lambda low, high: lambda text: _reads(int)(text) and low <= int(text) <= high,
}
