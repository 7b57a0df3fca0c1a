"""The end of a run: conditions, the answer to whoever asked, and whether to go again."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from orchestration import onboarding, telling, waking
from orchestration.activities import publishing
from shared.model import conditions
from shared.model.conditions import Condition, find, is_true, set_condition
from shared.model.document import parse_document, to_json
from shared.model.envelope import DocumentKey
from shared.model.errors import Invalid, NotFound
from shared.plan.verdict import Ending
from shared.plan.verdict import conclude as judge

if TYPE_CHECKING:
    from orchestration.dependencies import Dependencies
    from orchestration.waking import DurableClient
    from shared.model.document import Document

    Json = dict[str, Any]

log = logging.getLogger(__name__)


async def conclude(dependencies: Dependencies, client: DurableClient, job: Json) -> Json:
    """Write how the run ended; `again` is true where somebody woke the document since the run's last look.

    A document that is to go and has nothing left in Azure is removed here, and nowhere else.
    """
    key = DocumentKey.parse(job["document"])
    stored = await dependencies.store.documents.get(key)
    planned = job["planned"]
    if stored is None:
        return {"again": not await dependencies.store.wakes.finish(key, planned["seen"], done=True), "outcome": "gone"}
    try:
        document = parse_document(stored.document)
    except Invalid as error:
        return await _leave_alone(dependencies, key, error, planned["seen"])
    if document.metadata.generation != planned["generation"]:
        await dependencies.store.wakes.begin(key)
        return {"again": True, "outcome": "changed"}
    if document.deleting and not job["failures"] and not planned["waits"] and job["converged"]:
        return await _remove(dependencies, client, document, stored.etag, planned["seen"])
    concluded = await _write(dependencies, document, job)
    await _tell(dependencies, concluded)
    ready = is_true(concluded.status.conditions, conditions.READY)
    again = not await dependencies.store.wakes.finish(key, planned["seen"], done=ready)
    if job["steps"] and not again:
        await dependencies.store.results.forget(job["run"])
    return {"again": again, "outcome": _ready(concluded)}


async def _leave_alone(dependencies: Dependencies, key: DocumentKey, error: Invalid, seen: int) -> Json:
    """Say in a document that this version cannot read why nothing is done; a newer one wrote it, and will go on.

    It stays unobserved, so that the timer wakes it, and the newer version finds it at once.
    """
    log.warning("document.unreadable document=%s", key)
    message = f"this version of Spokewright cannot read it: {error.message}"[: conditions.SHOWN]
    said = Condition(type=conditions.READY, status="False", reason=conditions.INVALID, message=message)
    now = dependencies.clock()

    def change(status: Json) -> Json:
        kept = [Condition.model_validate(one) for one in status.get("conditions") or ()]
        return status | {"conditions": [to_json(condition) for condition in set_condition(kept, said, now)]}

    with contextlib.suppress(ValidationError, NotFound):  # Its conditions cannot be read either, or it is gone.
        await dependencies.store.documents.update_status(key, change)
    return {"again": not await dependencies.store.wakes.finish(key, seen), "outcome": "unreadable"}


async def _write(dependencies: Dependencies, document: Document, job: Json) -> Document:
    ending = Ending(job["failures"], job["planned"]["waits"], job["converged"])
    now = dependencies.clock()

    def change(current: Json) -> Json | None:
        parsed = parse_document(current)
        if parsed.metadata.generation != document.metadata.generation:
            return None  # It was changed this moment: its wake makes the run go again.
        concluded = parsed.model_copy(update={"status": judge(parsed, ending, now)})
        return to_json(telling.with_events(parsed, concluded, now))

    written = await dependencies.store.documents.update(document.key, change)
    concluded = parse_document(written.document)
    log.info("reconcile.concluded document=%s ready=%s", document.key, _ready(concluded))
    if concluded.status.untold:
        await telling.tell(dependencies, document.key)
    return concluded


def _ready(document: Document) -> str:
    found = find(document.status.conditions, conditions.READY)
    return f"{found.status}/{found.reason}" if found else "Unknown"


async def _remove(dependencies: Dependencies, client: DurableClient, document: Document, etag: str, seen: int) -> Json:
    """Forget a document whose resources are gone; tell those that waited for that, and look who asks next.

    A network whose tag names another hub now is given back here first, and only then asks there.
    """
    store = dependencies.store
    told = await publishing.dependents(dependencies, document)
    # What others are told comes before the end: an activity that is run again finds no document any more.
    await telling.tell_removed(dependencies, document, dependencies.clock())
    await _reply(dependencies, document, "ready", {"document": str(document.key), "deleted": True})
    if document.kind == "Spoke":
        await store.ledger.release(document.spec.hub, document.name)
    await store.documents.remove(document.key, etag)
    await store.baselines.forget(document.key)
    await waking.wake_all(store, client, told)
    log.info("document.removed document=%s", document.key)
    if document.kind == "Spoke" and document.metadata.origin == "event" and document.spec.virtual_network_id:
        dependencies.owners.forget(document.spec.virtual_network_id)
        # Before this run ends: where the same name asks anew, its wake makes this run go again, and nobody waits for
        # this very activity to close.
        await onboarding.look(dependencies, client, document.spec.virtual_network_id, "")
    ended = await store.wakes.finish(document.key, seen, done=True)
    return {"again": not ended, "outcome": "removed"}


async def _tell(dependencies: Dependencies, document: Document) -> None:
    """Answer the last request once, when its generation is ready or has failed."""
    ready = find(document.status.conditions, conditions.READY)
    if document.status.request is None or ready is None:
        return
    failed = document.status.failures > 0
    if ready.status != "True" and document.status.failures != 1:
        return  # Still at it, or the failure was told when it was new.
    body = {"document": str(document.key), "generation": document.metadata.generation}
    body |= {"reason": ready.reason, "message": ready.message, "outputs": document.status.outputs}
    await _reply(dependencies, document, "failed" if failed else "ready", body)
    if not failed:
        await dependencies.store.documents.update_status(document.key, lambda status: status | {"request": None})


async def _reply(dependencies: Dependencies, document: Document, result: Any, body: Json) -> None:
    request = document.status.request or {}
    await dependencies.replies.send(
        result, body, correlation_id=request.get("correlationId"), reply_to=request.get("replyTo")
    )
