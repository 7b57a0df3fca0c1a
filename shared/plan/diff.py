"""What of ours differs between a desired body and the one that Azure has. Pure; says nothing of what is not ours."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from shared.plan.steps import Json


class Difference(NamedTuple):
    """One member that is not as wanted; `have` is None where it is missing, `want` where it should not be."""

    path: str
    want: Json
    have: Json


def differences(want: Json, have: Json, open_lists: Collection[str] = (), path: str = "") -> Iterator[Difference]:
    """Yield each difference, ignoring members that `want` does not mention and Azure's spelling."""
    match want:
        case {"$ref": _}:
            if have is None:
                yield Difference(path, want, have)
        case dict():
            members = {str(name).lower(): value for name, value in have.items()} if isinstance(have, dict) else {}
            for name, value in want.items():
                below = f"{path}.{name}" if path else name
                yield from differences(value, members.get(name.lower()), open_lists, below)
        case list():
            yield from _list_differences(want, have or [], open_lists, path)
        case _:
            if not (alike(want, have) or (path == "location" and _region(want) == _region(have))):
                yield Difference(path, want, have)


def _region(value: Json) -> str:
    """Return the one spelling of a region: `West Europe` is `westeurope`."""
    return str(value).replace(" ", "").lower()


def _list_differences(
    want: list[Json], have: list[Json], open_lists: Collection[str], path: str
) -> Iterator[Difference]:
    identify = identity_of([*want, *have])
    if identify is None:
        if sorted(map(normal, want)) != sorted(map(normal, have)):
            yield Difference(path, want, have)
        return
    theirs = {identify(item): item for item in have}
    for item in want:
        here = theirs.pop(identify(item), None)
        if here is None:
            yield Difference(f"{path}[{identify(item)}]", item, None)
        else:
            yield from differences(item, here, open_lists, f"{path}[{identify(item)}]")
    if path not in open_lists:
        for name, item in theirs.items():
            yield Difference(f"{path}[{name}]", None, item)


def identity_of(items: list[Json]) -> _Identify | None:
    """Return how the members of a list are told apart: by name, by id; None where they are compared by value."""
    for member in ("name", "id"):
        if items and all(isinstance(item, dict) and isinstance(item.get(member), str) for item in items):
            return _Identify(member)
    return None


class _Identify(NamedTuple):
    member: str

    def __call__(self, item: Json) -> str:
        return str(item[self.member]).lower()


def alike(want: Json, have: Json) -> bool:
    """Say whether two scalars mean the same: Azure re-cases names and leaves out what is false."""
    if have is None:
        return want in (None, False, "")
    return normal(want) == normal(have)


def normal(value: Json) -> str:
    """Return the one spelling of a value: case, order where none counts, and address prefixes."""
    if isinstance(value, dict):
        return "{" + ",".join(sorted(f"{name.lower()}:{normal(item)}" for name, item in value.items())) + "}"
    if isinstance(value, list):
        return "[" + ",".join(sorted(map(normal, value))) + "]"
    text = str(value).strip().lower()
    if "/" in text and text[0].isdigit():
        try:
            return str(ipaddress.ip_network(text, strict=False))
        except ValueError:
            return text
    return text
