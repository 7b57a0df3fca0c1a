"""Drift among the metrics: counted when it is found, once, and not where nobody wants to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.model.envelope import DocumentKey
from shared.telemetry import names
from tests.model.samples import hub, spoke
from tests.orchestration.test_sweeping import remove, without_table

if TYPE_CHECKING:
    from tests.orchestration.app_on_fakes import App
    from tests.telemetry.conftest import Kept

SPOKE = DocumentKey("Spoke", "payments")


@pytest.mark.parametrize(("policy", "counted"), [("report", 1), ("ignore", 0)])
async def test_drift_is_counted_once(app: App, kept: Kept, policy: str, counted: int) -> None:
    """A difference that is left alone is found by the first look only; one that is of no interest by none."""
    await app.ready(hub(), spoke(drift=policy))
    without_table(app, "/vnet-payments/subnets/nodes")
    for _ in range(3):
        await app.conclude(SPOKE, await app.plan(SPOKE))
    assert kept.measured.get((names.DRIFT_DIFFERENCES.name, (("kind", "Spoke"),)), 0) == counted


async def test_each_drift_is_counted(app: App, kept: Kept) -> None:
    """What drifts again once it was repaired counts again."""
    await app.ready(hub(), spoke())
    for _ in range(2):
        remove(app, "rt-payments/routes/default-to-firewall")
        await app.wake(SPOKE)
        await app.settle()
    assert kept.measured[names.DRIFT_DIFFERENCES.name, (("kind", "Spoke"),)] == 2
