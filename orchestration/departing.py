"""Lets go of what was onboarded and has to leave: its document is marked for deletion; its reconciler detaches it."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Any

from orchestration import waking
from shared.model.errors import NotFound
from shared.plan import departure

if TYPE_CHECKING:
    from orchestration.dependencies import Dependencies
    from orchestration.observing import Picture
    from orchestration.waking import DurableClient
    from shared.model.envelope import DocumentKey

    Json = dict[str, Any]

log = logging.getLogger(__name__)


async def depart(dependencies: Dependencies, client: DurableClient, picture: Picture) -> bool:
    """Mark the document for deletion if it has to leave, and what was onboarded in it; say whether it was so."""
    reason = departure.reason(picture.document, picture.related, picture.observed)
    if not reason:
        return False
    # The spoke last: what crashes before that is found to be leaving again, and goes on.
    for cluster in picture.related.clusters:
        if cluster.metadata.origin == "event" and not cluster.deleting:
            with contextlib.suppress(NotFound):  # It was removed meanwhile.
                await mark(dependencies, cluster.key, f"its spoke leaves: {reason}")
            await waking.wake(dependencies.store, client, cluster.key)
    await mark(dependencies, picture.document.key, reason)
    return True


async def mark(dependencies: Dependencies, key: DocumentKey, reason: str) -> None:
    """Ask for a document's deletion in the name of what happened in Azure."""
    now = dependencies.clock().isoformat()

    def change(document: Json) -> Json | None:
        metadata = document["metadata"]
        if metadata.get("deletionRequested") is not None:
            return None
        return document | {"metadata": metadata | {"deletionRequested": now, "generation": metadata["generation"] + 1}}

    await dependencies.store.documents.update(key, change)
    await dependencies.store.audit.record(key, "departed", {"event": "Azure"}, reason=reason)
    log.info("departing.marked document=%s reason=%s", key, reason)
