"""How a reconcile ended, as conditions in plain words. Pure: the time is an argument."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.model import conditions as c
from shared.model.conditions import Condition, is_true, set_condition
from shared.model.resource_id import ResourceId
from shared.plan import endpoint, words
from shared.plan.dns import rollout

if TYPE_CHECKING:
    from shared.model.document import Document
    from shared.model.envelope import Status
    from shared.plan.steps import Json

WAITING_AGAIN = timedelta(minutes=5)
"""Whatever a document waits for wakes it; this is for the wake that got lost."""

FIRST_RETRY = timedelta(minutes=1)
LAST_RETRY = timedelta(minutes=30)

REFUSED_AGAIN = timedelta(hours=1)
"""What stood in the way of a network may be gone, and nothing tells of that."""

UNTIL_ASKED = (c.REJECTED, c.APPROVAL_EXPIRED, c.DIFFERENCES_FOUND, c.PUBLIC_API_SERVER, c.CLUSTER_STOPPED, c.RESTORED)
"""Reasons to wait for a person, or for a change in Azure, and for no time."""

ADVICE = {
    "Denied": "grant the permission, then POST .../retry",
    "Failed": "mend the cause that Azure names, then POST .../retry; it is tried again by itself too",
    "Invalid": "change the document",
    "Locked": "another operation held the resource all the time; it is tried again by itself",
    "NotFound": "what it needs was deleted meanwhile; it is tried again by itself",
    "Changed": "somebody changed the resource meanwhile; it is tried again by itself",
    "NotReady": "Azure did not see the role assignment in time; it is tried again by itself",
}
LATER = "it is tried again by itself"
CAPPED = 600


@dataclass(frozen=True, slots=True)
class Ending:
    """What is left of a run: steps that failed (by id, as errors), what is waited for, whether it came to rest."""

    failures: Mapping[str, Json]
    waits: Sequence[Json]
    converged: bool = True


def conclude(document: Document, ending: Ending, now: datetime) -> Status:
    """Return the document's next status."""
    status = document.status
    ready = _ready(document, ending)
    waiting = _waiting(ending)
    found = status.conditions
    ended = [Condition(type=c.RECONCILING, status="False", reason=c.IDLE)]
    if is_true(found, c.PACED):
        ended.append(Condition(type=c.PACED, status="False", reason=c.IDLE))
    for condition in (ready, *ended, waiting):
        found = set_condition(found, condition, now)
    failures = status.failures + 1 if ending.failures else 0
    return status.model_copy(
        update={
            "observed_generation": document.metadata.generation,
            "conditions": found,
            "reconciled_at": now,
            "verified_at": None if _needs_no_proof(document) else status.verified_at,
            "failures": failures,
            "retry_at": _retry_at(status, ready, ending, failures, now),
        }
    )


def _needs_no_proof(document: Document) -> bool:
    """Say whether there is nobody to ask: the age of an earlier proof must not wake the document again and again."""
    outputs = document.status.outputs
    if document.kind == "Hub":
        return rollout.OUTPUT not in outputs
    return outputs.get("powerState") == endpoint.STOPPED


def _ready(document: Document, ending: Ending) -> Condition:
    obstacle = _obstacle(document, ending)
    if obstacle is not None:
        return obstacle
    if document.kind == "Cluster":
        return _cluster_ready(document.status)
    return Condition(type=c.READY, status="True", reason=c.PROVISIONED, message="everything is as the document asks")


def _obstacle(document: Document, ending: Ending) -> Condition | None:
    """Return why the document cannot be ready, whatever was proved of it."""
    drifted = c.find(document.status.conditions, c.DRIFTED)
    if ending.failures:
        return _not_ready(c.STEP_FAILED, _failures(ending.failures))
    if not ending.converged:
        message = "what was written keeps being changed back: look who else manages these resources"
        return _not_ready(c.NOT_CONVERGING, message)
    if document.deleting:
        return _not_ready(c.DELETING, "; ".join(wait["message"] for wait in ending.waits) or "being removed")
    if ending.waits:
        return _not_ready(ending.waits[0]["reason"], "; ".join(wait["message"] for wait in ending.waits))
    if drifted is not None and drifted.status == "True":
        return _not_ready(drifted.reason, drifted.message)
    return _unanswered(document) if document.kind == "Hub" else None


def _unanswered(hub: Document) -> Condition | None:
    """Return that the hub's DNS servers do not answer, or that networks are still being pointed at them."""
    found = c.find(hub.status.conditions, c.DNS_SERVERS_ANSWER)
    if found is None or (found.status == "True" and found.reason != c.DNS_CHANGING):
        return None
    if found.reason == c.DNS_CHANGING:  # On its way as it should be: nothing is worse than it was.
        return Condition(type=c.READY, status="Unknown", reason=found.reason, message=found.message)
    return _not_ready(found.reason, found.message)


def _cluster_ready(status: Status) -> Condition:
    """A cluster is ready when it was proved to be: provisioned is not enough."""
    if status.outputs.get("powerState") == endpoint.STOPPED:
        message = "somebody stopped the cluster; it is proved again when it is started"
        return Condition(type=c.READY, status="Unknown", reason=c.CLUSTER_STOPPED, message=message)
    for type_ in (c.API_SERVER_RESOLVABLE, c.API_SERVER_REACHABLE):
        found = c.find(status.conditions, type_)
        if found is not None and found.reason == c.NO_JUMP_SERVER:
            message = f"provisioned, and not verified: {found.message}"
            return Condition(type=c.READY, status="True", reason=c.PROVISIONED, message=message)
        if found is None:
            return _not_ready(c.NOT_VERIFIED, "provisioned, and not verified from the jump server yet")
        if found.reason == c.ADDRESS_MOVED:  # It ends by itself, and is no fault of anybody's.
            return Condition(type=c.READY, status="Unknown", reason=found.reason, message=found.message)
        if not is_true(status.conditions, type_):
            return _not_ready(found.reason, found.message)
    message = "provisioned; its name resolves and answers inside the network"
    return Condition(type=c.READY, status="True", reason=c.PROVISIONED, message=message)


def _not_ready(reason: str, message: str) -> Condition:
    return Condition(type=c.READY, status="False", reason=reason, message=message)


def _waiting(ending: Ending) -> Condition:
    if not ending.waits:
        return Condition(type=c.WAITING, status="False", reason=c.IDLE)
    message = "; ".join(wait["message"] for wait in ending.waits)
    return Condition(type=c.WAITING, status="True", reason=ending.waits[0]["reason"], message=message)


def _failures(failures: Mapping[str, Json]) -> str:
    """Say of each failed step which resource, what Azure said, and what to do."""
    return "; ".join(_failure(error) for _, error in sorted(failures.items()))[: CAPPED * 3]


def _failure(error: Json) -> str:
    resource = error.get("resourceId")
    subject = words.name(ResourceId.parse(resource)) if resource else "a step"
    said = f"{error['code']}: {error['message']}"[:CAPPED].rstrip(".")
    return f"{subject}: {said}. What to do: {ADVICE.get(error['class'], LATER)}."


def _retry_at(status: Status, ready: Condition, ending: Ending, failures: int, now: datetime) -> datetime | None:
    if ready.status == "True" or (ready.reason in UNTIL_ASKED and not failures):
        return None
    if failures:
        return now + min(LAST_RETRY, FIRST_RETRY * (1 << min(failures - 1, 10)))
    if ready.reason == c.APPROVAL_NEEDED and status.approval is not None:
        return status.approval.expires_at
    if ready.reason == c.REFUSED:
        return now + REFUSED_AGAIN
    return now + (WAITING_AGAIN if ending.waits else FIRST_RETRY)
