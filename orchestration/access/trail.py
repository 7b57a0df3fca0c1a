"""What the audit keeps of a change or a refusal: who, what, when, by which door. Never a body, a key or a token."""

from __future__ import annotations

import hashlib
import json
import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from shared.model.envelope import KINDS, DocumentKey, Metadata
from shared.model.errors import SpokewrightError
from shared.model.redaction import redact

if TYPE_CHECKING:
    import azure.functions as func

    from orchestration.access.caller import Caller
    from orchestration.dependencies import Dependencies
    from shared.model.errors import Forbidden
    from shared.store.store import Store

    Json = dict[str, Any]

HTTP, MESSAGE, EVENT = "http", "message", "event"
"""The doors."""
SERVICE = "Service"
"""Where entries stand that are about no document."""

ACTIONS = {"put_document": "apply", "delete_document": "delete", "sweep_now": "sweep"}
"""What views do, where that is not their name."""
OWN_ENTRY = "OwnRequest"
"""The code of refusals that whoever refuses writes down."""
COLLECTIONS = {f"{kind.lower()}s": kind for kind in KINDS}

log = logging.getLogger(__name__)


async def record(store: Store, key: DocumentKey | str, action: str, caller: Caller, door: str, **facts: Any) -> None:
    """Write down what somebody did; what is not known of it is left out."""
    known = {name: value for name, value in facts.items() if value is not None}
    await store.audit.record(key, action, caller.to_json(), door=door, **known)


async def record_once(
    store: Store, key: DocumentKey | str, action: str, caller: Caller, door: str, *, message: str, **facts: Any
) -> None:
    """Write down what a message did that was delivered before: maybe it was not written down then."""
    entries = await store.audit.list(key)
    kept = redact(message)  # As the audit has it.
    if not any(entry.get("messageId") == kept and entry["action"] == action for entry in entries):
        await record(store, key, action, caller, door, messageId=message, **facts)


def digest(document: Json) -> str:
    """Return by what a spec can be told from another, without saying what is in it."""
    text = json.dumps(document["spec"], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


async def record_refusal(
    dependencies: Dependencies, view: str, request: func.HttpRequest, caller: Caller, refused: Forbidden
) -> None:
    """Write down that somebody may not, but no flood of it; that this fails changes nothing of the refusal."""
    action = ACTIONS.get(view, view)
    log.warning("access.refused action=%s code=%s caller=%s", action, refused.code, caller.id or "unknown")
    if refused.code == OWN_ENTRY or not dependencies.refusals.takes(caller.id, dependencies.clock()):
        return
    key, facts = _about(request) or SERVICE, {"code": refused.code, "reason": refused.message}
    try:
        await record(dependencies.store, key, f"{action} refused", caller, HTTP, **facts)
    except SpokewrightError as error:
        log.warning("access.unrecorded action=%s code=%s", action, error.code)


def _about(request: func.HttpRequest) -> DocumentKey | None:
    """Return the document that a path names, whether it is there or not."""
    collection, name = (str(request.route_params.get(part) or "") for part in ("collection", "name"))
    kind = COLLECTIONS.get(collection)
    if kind is None:
        return None
    try:
        return DocumentKey(kind, Metadata(name=name).name)
    except ValidationError:
        return None  # No document can have that name, and a backup with it could not be restored.


class Pace:
    """How many refusals of one caller are kept: some each minute, so that nobody fills the store by being refused."""

    def __init__(self, most: int = 20, callers: int = 1000) -> None:
        self._most, self._callers = most, callers
        self._seen: dict[str, list[datetime]] = {}

    def takes(self, caller: str, now: datetime) -> bool:
        """Say whether one more is kept; if so it counts."""
        if len(self._seen) >= self._callers and caller not in self._seen:
            self._seen.clear()
        recent = [at for at in self._seen.get(caller, []) if at > now - timedelta(minutes=1)]
        taken = len(recent) < self._most
        self._seen[caller] = [*recent, now] if taken else recent
        return taken
