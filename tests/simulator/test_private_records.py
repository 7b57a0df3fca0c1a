"""Record sets of every type: how they are written, kept and refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.conftest import Azure, network

ZONE = network("privateDnsZones", "corp.example")
RECORDS: dict[str, dict[str, Any]] = {
    "A": {"aRecords": [{"ipv4Address": "10.0.0.4"}]},
    "AAAA": {"aaaaRecords": [{"ipv6Address": "fd00::4"}]},
    "CNAME": {"cnameRecord": {"cname": "other.example"}},
    "MX": {"mxRecords": [{"preference": 10, "exchange": "mail.example"}]},
    "PTR": {"ptrRecords": [{"ptrdname": "host.example"}]},
    "SRV": {"srvRecords": [{"priority": 1, "weight": 2, "port": 443, "target": "host.example"}]},
    "TXT": {"txtRecords": [{"value": ["one", "two"]}]},
}


@pytest.fixture
async def zone(azure: Azure) -> Azure:
    """An empty zone."""
    await azure.put(ZONE, {"location": "global"})
    await azure.pass_time()
    return azure


@pytest.mark.parametrize("record_type", RECORDS)
async def test_every_type_is_written_read_and_removed(zone: Azure, record_type: str) -> None:
    """Created with 201 and changed with 200, echoed, listed by type, removed with 200 and then 204."""
    path = f"{ZONE}/{record_type}/r"
    body = {"properties": {"ttl": 60, **RECORDS[record_type]}}
    assert [(await zone.put(path, body)).status for _ in range(2)] == [201, 200]
    shown = (await zone.get(path)).properties
    assert shown == {**body["properties"], "fqdn": "r.corp.example.", "isAutoRegistered": False}
    listed = (await zone.get(f"{ZONE}/{record_type}")).body["value"]
    assert [item["type"] for item in listed] == [f"Microsoft.Network/privateDnsZones/{record_type}"]
    assert [(await zone.delete(path)).status for _ in range(2)] == [200, 204]


@pytest.mark.parametrize(("given", "kept"), [({"ttl": 0}, 0), ({"TTL": 5}, 5), ({}, 3600)])
async def test_a_record_keeps_its_ttl(zone: Azure, given: dict[str, int], kept: int) -> None:
    """Zero is a time to live; only where none is given, it is an hour."""
    answer = await zone.put(f"{ZONE}/A/r", {"properties": {**given, **RECORDS["A"]}})
    assert answer.properties["ttl"] == kept
    assert "TTL" not in answer.properties


@pytest.mark.parametrize(
    "properties",
    [{"aRecords": [{"ipv4Address": "10.0.0"}]}, {"aRecords": [{}]}, {"aaaaRecords": [{"ipv6Address": "10.0.0.4"}]}],
    ids=["no address", "empty", "other version"],
)
async def test_addresses_are_addresses(zone: Azure, properties: dict[str, Any]) -> None:
    """What is no address of the version is refused."""
    record_type = "A" if "aRecords" in properties else "AAAA"
    answer = await zone.put(f"{ZONE}/{record_type}/r", {"properties": properties})
    assert (answer.status, answer.code) == (400, "BadRequest")
