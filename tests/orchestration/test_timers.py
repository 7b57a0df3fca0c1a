"""The timer: whom it wakes because nobody else did, and whom it leaves alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from orchestration.triggers.timers import is_stale, tidy, wake_stale
from shared.model.envelope import DocumentKey
from tests.model.samples import hub, spoke
from tests.orchestration.test_approvals import FOUND, asked

if TYPE_CHECKING:
    from tests.orchestration.app_on_fakes import App

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
LOOK, PROOF = timedelta(hours=12), timedelta(hours=1)
HUB = DocumentKey("Hub", "weu")


def ago(**units: float) -> str:
    """Return a moment before now, as it is stored; negative: after now."""
    return (NOW - timedelta(**units)).isoformat().replace("+00:00", "Z")


STALE: dict[str, tuple[int, dict[str, Any] | None, bool]] = {
    "never looked at": (1, None, True),
    "never looked at, with an empty status": (1, {}, True),
    "another generation": (2, {"observedGeneration": 1, "reconciledAt": ago()}, True),
    "at rest": (1, {"observedGeneration": 1, "reconciledAt": ago(hours=1)}, False),
    "its look is old": (1, {"observedGeneration": 1, "reconciledAt": ago(hours=12)}, True),
    "its look is nearly old": (1, {"observedGeneration": 1, "reconciledAt": ago(hours=11.9)}, False),
    "another try is due": (1, {"observedGeneration": 1, "retryAt": ago()}, True),
    "another try is not due": (1, {"observedGeneration": 1, "retryAt": ago(minutes=-1)}, False),
    "no try is due": (1, {"observedGeneration": 1, "reconciledAt": ago(), "retryAt": None}, False),
    "a decision's time is over": (1, {"observedGeneration": 1, "reconciledAt": ago(), "retryAt": ago(hours=1)}, True),
    "its proof is old": (1, {"observedGeneration": 1, "reconciledAt": ago(), "verifiedAt": ago(hours=1)}, True),
    "its proof is new": (1, {"observedGeneration": 1, "reconciledAt": ago(), "verifiedAt": ago(minutes=59)}, False),
    "never proved": (1, {"observedGeneration": 1, "reconciledAt": ago(), "verifiedAt": None}, False),
}


@pytest.mark.parametrize(("generation", "status", "stale"), STALE.values(), ids=STALE)
def test_who_is_stale(generation: int, status: dict[str, Any] | None, *, stale: bool) -> None:
    """A generation that nobody saw, an old look, an old proof, a try that is due: each alone, and nothing else."""
    assert is_stale({"metadata": {"generation": generation}, "status": status}, NOW, LOOK, PROOF) is stale


async def test_what_is_due_is_woken(app: App) -> None:
    """Only what is due is started; whoever is at rest costs nothing."""
    await app.ready(hub())
    await app.apply(spoke())
    assert await wake_stale(app.dependencies, app.client) == 1
    assert app.client.running == ["Spoke/payments"]
    await app.settle()
    assert await wake_stale(app.dependencies, app.client) == 0
    assert app.client.running == []
    app.clock.advance(hours=12)
    assert await wake_stale(app.dependencies, app.client) == 2


async def test_a_decision_that_nobody_took_ends_by_the_timer(app: App) -> None:
    """At the deadline the document is woken, says that the time is over, and is not woken again."""
    await asked(app)
    app.clock.advance(hours=73)
    await app.store.documents.update_status(HUB, lambda old: old | {"reconciledAt": app.clock().isoformat()})
    assert await wake_stale(app.dependencies, app.client) == 1
    await app.settle()
    assert await app.said(FOUND, "Approved") == ("False", "ApprovalExpired")
    assert await wake_stale(app.dependencies, app.client) == 0


async def test_tidying_keeps_what_is_alive(app: App) -> None:
    """What belongs to a document that is there is kept, however old; what is left of a removed one goes."""
    await app.ready(hub())
    before = await app.store.baselines.get(HUB)
    app.clock.advance(days=400)
    await tidy(app.dependencies)
    assert await app.store.baselines.get(HUB) == before
    stored = await app.store.documents.get(HUB)
    assert stored is not None
    await app.store.documents.remove(HUB, stored.etag)
    app.clock.advance(days=15)
    await tidy(app.dependencies)
    assert await app.store.baselines.get(HUB) is None
