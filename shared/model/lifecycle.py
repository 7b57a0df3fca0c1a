"""Lifecycle events: what is told to the world of a document, decided by comparing its status before and after a write.

Pure: the time is an argument, and nothing is published here. The documentation's table is made from `TYPES`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from shared.model import conditions as c
from shared.model.event_data import LONGEST_MESSAGE, told_outputs

if TYPE_CHECKING:
    from shared.model.document import Document
    from shared.model.envelope import Status

    Json = dict[str, Any]

PREFIX = "Spokewright"

TYPES = {
    "Spokewright.Hub.Ready": "Everything that the hub asks for exists, and spokes can attach.",
    "Spokewright.Hub.Degraded": "The hub was ready and is not any more; the reason says why.",
    "Spokewright.Hub.Drifted": "Something of the hub was changed in Azure behind its back; see the message.",
    "Spokewright.Hub.DriftRepaired": "Azure matches the hub again.",
    "Spokewright.Hub.Deleted": "The hub and everything that it owned are gone.",
    "Spokewright.Spoke.Attached": "The spoke is peered, routed through the firewall and resolves; it was not before.",
    "Spokewright.Spoke.Degraded": "The spoke was attached and something of it is wrong now; the reason says what.",
    "Spokewright.Spoke.Detached": "The spoke is gone from its hub: peerings, routes and links are removed.",
    "Spokewright.Spoke.ApprovalRequested": "A network asks to join, and a person has to approve the plan.",
    "Spokewright.Spoke.Approved": "A person approved the plan with this hash.",
    "Spokewright.Spoke.Rejected": "A person rejected the plan; nothing is changed in Azure.",
    "Spokewright.Spoke.ApprovalExpired": "Nobody decided in time, or the approval was not used in time.",
    "Spokewright.Spoke.Refused": "A rule of the hub denies the network, or a check fails; it is not touched.",
    "Spokewright.Spoke.Drifted": "Something of the spoke was changed in Azure behind its back; see the message.",
    "Spokewright.Spoke.DriftRepaired": "Azure matches the spoke again.",
    "Spokewright.Cluster.Ready": "The cluster is provisioned, and was proved from inside the network where possible.",
    "Spokewright.Cluster.Degraded": "The cluster was ready and is not any more; the reason says why.",
    "Spokewright.Cluster.Drifted": "Something of the cluster was changed in Azure behind its back; see the message.",
    "Spokewright.Cluster.DriftRepaired": "Azure matches the cluster again.",
    "Spokewright.Cluster.Deleted": "The cluster and everything that was made for it are gone.",
}
"""Every type, with what it says in one sentence."""

READY, ATTACHED, DEGRADED, DRIFTED, DRIFT_REPAIRED = "Ready", "Attached", "Degraded", "Drifted", "DriftRepaired"
DELETED, DETACHED = "Deleted", "Detached"

_APPROVALS = {
    c.APPROVAL_NEEDED: "ApprovalRequested",
    c.PLAN_APPROVED: "Approved",
    c.REJECTED: "Rejected",
    c.APPROVAL_EXPIRED: "ApprovalExpired",
    c.REFUSED: "Refused",
}
"""What the condition Approved says by its reason."""

_ABOUT = {
    READY: c.READY,
    ATTACHED: c.READY,
    DEGRADED: c.READY,
    DRIFTED: c.DRIFTED,
    DRIFT_REPAIRED: c.DRIFTED,
} | dict.fromkeys(_APPROVALS.values(), c.APPROVED)
"""Whose reason and message an event carries; that of a removal has none."""

REMOVED = "Removed"
"""The reason of the event of a document that is removed."""

LONGEST_REASON = 100


def transitions(before: Status, after: Status, document: Document) -> tuple[str, ...]:
    """Return the types of what happened between two statuses of a document.

    Nothing for a document that is to be deleted: its end is told by `removal`, and that it stops being ready is meant.
    """
    if document.deleting:
        return ()
    types = (_type(document, happened) for happened in _happened(before, after, first=_first(document)))
    return tuple(type_ for type_ in types if type_ in TYPES)


def removal(document: Document) -> str:
    """Return the type of the event of a document that is removed."""
    return _type(document, DETACHED if document.kind == "Spoke" else DELETED)


def compose(type_: str, document: Document, at: datetime) -> Json:
    """Return an event to be told; the same document, type and moment make the same id, so a repeat can be told."""
    return {
        "id": _id(type_, document, at),
        "type": type_,
        "subject": f"{document.kind.lower()}s/{document.name}",
        "time": at.isoformat(),
        "data": _data(type_, document),
    }


def _first(document: Document) -> str:
    return ATTACHED if document.kind == "Spoke" else READY


def _type(document: Document, happened: str) -> str:
    return f"{PREFIX}.{document.kind}.{happened}"


def _happened(before: Status, after: Status, *, first: str) -> Iterator[str]:
    approval = _fact(after, c.APPROVED)
    if approval != _fact(before, c.APPROVED) and approval[1] in _APPROVALS:
        yield _APPROVALS[approval[1]]
    ready = (_fact(before, c.READY)[0], _fact(after, c.READY)[0])
    if ready[0] != "True" and ready[1] == "True":
        yield first
    if ready == ("True", "False"):
        yield DEGRADED
    drifted = (_fact(before, c.DRIFTED)[0], _fact(after, c.DRIFTED)[0])
    if _fact(after, c.DRIFTED)[1] == c.DRIFT_IGNORED:
        return  # The policy is to leave it alone: nobody is to be bothered, and nothing is repaired either.
    if drifted[0] != "True" and drifted[1] == "True":
        yield DRIFTED
    if drifted == ("True", "False"):
        yield DRIFT_REPAIRED


def _fact(status: Status, type_: str) -> tuple[str, str]:
    """Return a condition's status and reason: what counts as a change; the message alone does not."""
    found = c.find(status.conditions, type_)
    return (found.status, found.reason) if found else ("Unknown", "")


def _id(type_: str, document: Document, at: datetime) -> str:
    """Return a digest; a removal is repeated until it is told, so it counts from when it was asked for."""
    moment = at if type_ != removal(document) else document.metadata.deletion_requested or at
    parts = (str(document.key), str(document.metadata.generation), type_, moment.isoformat())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _data(type_: str, document: Document) -> Json:
    about = _ABOUT.get(type_.rpartition(".")[2])
    reason, message = _why(about, document)
    outputs = document.status.outputs
    known = {
        "document": str(document.key),
        "generation": document.metadata.generation,
        "reason": reason[:LONGEST_REASON],
        "message": _capped(message),
        "origin": document.metadata.origin,
        "requestedBy": document.metadata.requested_by,
        "planHash": document.status.plan_hash,
        "outputs": {name: outputs[name] for name in told_outputs(document.kind) if outputs.get(name) is not None},
    }
    known |= _decided(document) if about == c.APPROVED else {}
    return {name: value for name, value in known.items() if value is not None}


def _decided(document: Document) -> Json:
    """Return which plan an approval is about, and who decided: the last plan may be a later one."""
    approval = document.status.approval
    return {"planHash": approval.hash, "decidedBy": approval.decided_by} if approval else {}


def _why(about: str | None, document: Document) -> tuple[str, str]:
    if about is None:
        return REMOVED, "the document is removed, and what it owned in Azure with it"
    found = c.find(document.status.conditions, about)
    return (found.reason, found.message) if found else ("", "")


def _capped(text: str) -> str:
    return text if len(text) <= LONGEST_MESSAGE else f"{text[: LONGEST_MESSAGE - 1]}…"
