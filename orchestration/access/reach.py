"""How far a document reaches: its hub, and every subscription that it names or lies in. Pure: documents are JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestration.access.limits import Grant, words
from shared.model.envelope import DocumentKey
from shared.model.errors import Forbidden, Problem

if TYPE_CHECKING:
    Json = dict[str, Any]
    Documents = Mapping[DocumentKey, Json]

IN_AN_ID = re.compile(r"/subscriptions/([^/]+)", re.IGNORECASE)
NAMED = ("subscriptionId", "subscriptions")
"""Members of specs that hold ids of subscriptions."""


@dataclass(frozen=True, slots=True)
class Reach:
    """A hub, and subscriptions in lower case; `unknown` says why one of them is not known."""

    hub: str
    subscriptions: frozenset[str]
    unknown: str = ""


def reach(document: Json, documents: Documents) -> Reach:
    """Return how far a document reaches, among these others."""
    spec, name = document["spec"], document["metadata"]["name"]
    match document["kind"]:
        case "Hub":
            return Reach(name, frozenset(named(spec)))
        case "Spoke":
            home, unknown = _home(spec, documents)
            return Reach(spec["hub"], frozenset({*named(spec), *home}), unknown)
    spoke = documents.get(DocumentKey("Spoke", spec["spoke"]))
    if spoke is None:
        unknown = f"its spoke {spec['spoke']} is not there, so that its hub is not known"
        return Reach("", frozenset(named(spec)), unknown)
    home, unknown = _home(spoke["spec"], documents)
    return Reach(spoke["spec"]["hub"], frozenset({*named(spec), *home}), unknown)


def _home(spoke: Json, documents: Documents) -> tuple[set[str], str]:
    """Return the subscription that a spoke lies in: its network's, its own, else its hub's."""
    if network := spoke.get("virtualNetworkId"):
        return set(named(network)), ""
    if own := spoke.get("subscriptionId"):
        return {own.lower()}, ""
    hub = documents.get(DocumentKey("Hub", spoke["hub"]))
    if hub is None:
        return set(), f"hub {spoke['hub']} is not there, so that the subscription is not known"
    return {hub["spec"]["subscriptionId"].lower()}, ""


def named(value: Any, member: str = "") -> Iterator[str]:
    """Yield every subscription that a part of a spec names, by itself or in a resource's id."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from named(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from named(item, member)
    elif isinstance(value, str):
        if member in NAMED:
            yield value.lower()
        yield from (found.lower() for found in IN_AN_ID.findall(value))


@dataclass(frozen=True, slots=True)
class Permit:
    """What a request may be about; None: anything."""

    grants: tuple[Grant, ...] | None = None
    hint: str = ""
    """What else whoever asks should know, such as that their groups are not in their token."""

    def refuses(self, document: Json, documents: Documents) -> str:
        """Return why a document may not be asked about; '' where it may."""
        if self.grants is None:
            return ""
        found = reach(document, documents)
        if any(grant.hubs is None and grant.subscriptions is None for grant in self.grants):
            return ""
        if found.unknown:
            return f"{found.unknown}; ask for what it needs first, or with it"
        beyond = sorted(one for one in found.subscriptions or {""} if not self._covers(found.hub, one))
        if not beyond:
            return ""
        where = f"hub {found.hub}" + (f" with subscription {', '.join(beyond)}" if any(beyond) else "")
        return f"it reaches {where}; you may ask for {words(self.grants)}{self.hint}"

    def _covers(self, hub: str, subscription: str) -> bool:
        return any(grant.covers(hub, subscription) for grant in self.grants or ())

    def check(self, asked: Mapping[str, Json], documents: Documents) -> None:
        """Raise Forbidden with every document, by its JSON path, that reaches too far among these others."""
        faults = [
            Problem(path, f"{document['kind']}/{document['metadata']['name']} is outside your limits: {why}")
            for path, document in asked.items()
            if (why := self.refuses(document, documents))
        ]
        if faults:
            raise Forbidden("; ".join(fault.message for fault in faults), code="OutsideLimits", problems=faults)
