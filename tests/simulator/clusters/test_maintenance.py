"""Maintenance windows of a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulator import landscape as land

if TYPE_CHECKING:
    from tests.simulator.conftest import Azure

WINDOW = f"{land.CLUSTER}/maintenanceConfigurations/default"
MONDAYS = {"timeInWeek": [{"day": "Monday", "hourSlots": [1]}]}


async def test_windows_are_kept_also_while_the_cluster_is_written(ready: Azure) -> None:
    """Written with 200 at once, whatever the cluster does; listed; removed with 200, then 204."""
    await ready.put(land.CLUSTER, land.cluster_body())
    written = await ready.put(WINDOW, {"properties": MONDAYS})
    assert (written.status, written.properties) == (200, MONDAYS)
    assert [item["name"] for item in (await ready.get(WINDOW.rsplit("/", 1)[0])).body["value"]] == ["default"]
    assert [(await ready.delete(WINDOW)).status for _ in range(2)] == [200, 204]
    missing = await ready.get(WINDOW)
    assert (missing.status, missing.body["code"]) == (404, "NotFound")
