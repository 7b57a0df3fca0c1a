"""A stored document as the API shows it, read for people: conditions, readiness, what it waits for. Pure.

Members that are missing are empty: an older or newer app may write others.
"""

from __future__ import annotations

from typing import Any

from cli.kinds import Kind, Target, kind_of

Json = dict[str, Any]

READY, RECONCILING, WAITING, DRIFTED, APPROVED = "Ready", "Reconciling", "Waiting", "Drifted", "Approved"
RESOLVABLE, REACHABLE = "ApiServerResolvable", "ApiServerReachable"


def name_of(document: Json) -> str:
    """Return a document's name."""
    return str((document.get("metadata") or {}).get("name", ""))


def kind_in(document: Json) -> Kind:
    """Return a document's kind."""
    return kind_of(str(document.get("kind", "")))


def target_of(document: Json) -> Target:
    """Return what a document is called on the command line."""
    return Target(kind_in(document), name_of(document))


def spec_of(document: Json) -> Json:
    """Return what a document asks for."""
    return document.get("spec") or {}


def status_of(document: Json) -> Json:
    """Return what is known of a document."""
    return document.get("status") or {}


def outputs_of(document: Json) -> Json:
    """Return what a document brought."""
    return status_of(document).get("outputs") or {}


def approval_of(document: Json) -> Json:
    """Return what was decided about a document; empty where nothing has to be."""
    return status_of(document).get("approval") or {}


def conditions_of(document: Json) -> list[Json]:
    """Return all conditions."""
    return list(status_of(document).get("conditions") or ())


def condition(document: Json, type_: str) -> Json:
    """Return the condition of a type, in any case of letters; Unknown where there is none."""
    unknown = {"type": type_, "status": "Unknown", "reason": "", "message": ""}
    return next((one for one in conditions_of(document) if str(one.get("type")).lower() == type_.lower()), unknown)


def holds(document: Json, type_: str, status: str = "True") -> bool:
    """Say whether a condition has a status, in the generation that the document has now."""
    return is_current(document) and str(condition(document, type_)["status"]).lower() == status.lower()


def is_current(document: Json) -> bool:
    """Say whether the newest version of the document was looked at."""
    return bool(status_of(document).get("observedGeneration") == generation_of(document))


def generation_of(document: Json) -> Any:
    """Return which version of what it asks for this is."""
    return (document.get("metadata") or {}).get("generation")


def is_deleting(document: Json) -> bool:
    """Say whether its deletion was asked for."""
    return bool((document.get("metadata") or {}).get("deletionRequested"))


def is_ready(document: Json) -> bool:
    """Say whether it is ready as it asks now."""
    return holds(document, READY) and not is_deleting(document)


def readiness(document: Json) -> str:
    """Return True, False or Unknown; Unknown while nobody has looked at the newest version."""
    return str(condition(document, READY)["status"]) if is_current(document) else "Unknown"


def state_of(document: Json) -> str:
    """Return in a few words how a document is: the reason of its readiness, and what else a person has to know."""
    words = [_reason(document)]
    if condition(document, DRIFTED)["status"] == "True":
        words.append("Drifted")
    return ", ".join(words)


def _reason(document: Json) -> str:
    if is_deleting(document):
        return "Deleting"
    approval = str(condition(document, APPROVED)["reason"])
    if condition(document, APPROVED)["status"] == "False" and approval:
        return approval
    ready = condition(document, READY)
    if ready["status"] != "True" and condition(document, RECONCILING)["status"] == "True":
        return "Applying"
    if not is_current(document):
        return "NotLookedAt"
    return str(ready["reason"])
