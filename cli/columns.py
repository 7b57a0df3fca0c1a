"""The columns in which documents of each kind are listed. Pure: documents in, rows out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cli import documents as d
from cli.printing import Shown, state

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.kinds import Kind

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, and what stands below it for a document; `wide` ones only where they are asked for."""

    head: str
    value: Callable[[Json], Shown]
    wide: bool = False


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _spec(*path: str) -> Callable[[Json], str]:
    def value(document: Json) -> str:
        found: Any = d.spec_of(document)
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        return _listed(found)

    return value


def _output(name: str) -> Callable[[Json], str]:
    return lambda document: _listed(d.outputs_of(document).get(name))


def _condition(type_: str) -> Callable[[Json], Shown]:
    """Return the status of a condition; nothing where the document has no such condition."""

    def value(document: Json) -> str:
        found = d.condition(document, type_)
        return str(found["status"]) if found["reason"] else ""

    return value


def _addresses(document: Json) -> str:
    return _listed(d.status_of(document).get("addressSpace") or d.spec_of(document).get("addressSpace"))


def _origin(document: Json) -> str:
    return str((document.get("metadata") or {}).get("origin") or "")


def _message(document: Json) -> str:
    """Return what to know about it: that of the drift where it drifted, else why it is not ready."""
    drifted = d.condition(document, d.DRIFTED)
    shown = drifted if drifted["status"] == "True" else d.condition(document, d.READY)
    return str(shown["message"])


FIRST = (
    Column("name", d.name_of),
    Column("ready", lambda document: state(d.readiness(document))),
    Column("status", d.state_of),
)
LAST = (Column("drifted", _condition(d.DRIFTED), wide=True), Column("message", _message, wide=True))

OF_KIND: dict[str, tuple[Column, ...]] = {
    "Hub": (
        Column("location", _spec("location")),
        Column("addresses", _spec("addressSpace")),
        Column("firewall", _output("firewallPrivateIp")),
        Column("dns", _spec("dns", "mode"), wide=True),
        Column("group", _spec("resourceGroup"), wide=True),
    ),
    "Spoke": (
        Column("hub", _spec("hub")),
        Column("addresses", _addresses),
        Column("origin", _origin),
        Column("approved", _condition(d.APPROVED), wide=True),
        Column("peered", lambda document: str(bool(d.outputs_of(document).get("peered"))), wide=True),
    ),
    "Cluster": (
        Column("spoke", _spec("spoke")),
        Column("policy", _spec("policy")),
        Column("version", _spec("kubernetesVersion")),
        Column("resolves", _condition(d.RESOLVABLE), wide=True),
        Column("answers", _condition(d.REACHABLE), wide=True),
        Column("fqdn", _output("privateFqdn"), wide=True),
    ),
}


def columns_of(kind: Kind, *, wide: bool) -> list[Column]:
    """Return the columns of a kind."""
    every = (*FIRST, *OF_KIND[kind.name], *LAST)
    return [column for column in every if wide or not column.wide]


def row_of(document: Json, columns: list[Column], *, prefixed: bool = False) -> list[Shown]:
    """Return what stands in the columns for a document; `kind/name` as its name where kinds are mixed."""
    row = [column.value(document) for column in columns]
    return [str(d.target_of(document)), *row[1:]] if prefixed else row
