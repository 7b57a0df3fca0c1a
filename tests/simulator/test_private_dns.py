"""Private DNS: what is accepted and fails in its operation, what is refused at once, what is counted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator import landscape as land
from tests.simulator.conftest import Answer, Azure, group, network, space, vnet


@pytest.fixture
async def zone(azure: Azure) -> Azure:
    """A zone and the networks hub and spoke."""
    await azure.made(vnet("hub"), space("10.0.0.0/22"))
    await azure.made(vnet("spoke"), space("10.64.0.0/22"))
    await land.build_zone(azure)
    return azure


async def record(azure: Azure, name: str, *addresses: str, **options: Any) -> Answer:
    """Write an A record."""
    properties = {"ttl": 10, "aRecords": [{"ipv4Address": a} for a in addresses]}
    return await azure.put(f"{land.ZONE}/A/{name}", {"properties": properties}, **options)


async def test_a_zone_is_accepted_first(azure: Azure) -> None:
    """PUT answers 202 with both headers and an empty body; a pending poll is 202 too; the end is plain."""
    answer = await azure.put(land.ZONE, {"location": "global"})
    assert (answer.status, answer.body) == (202, {})
    assert {"azure-asyncoperation", "location"} <= set(answer.headers)
    assert (await azure.get(answer.headers["azure-asyncoperation"])).body == {"status": "InProgress"}
    assert (await azure.get(answer.headers["azure-asyncoperation"])).status == 202
    await azure.pass_time()
    assert (await azure.get(answer.headers["azure-asyncoperation"])).body == {"status": "Succeeded"}


async def test_a_zone_counts_its_children(zone: Azure) -> None:
    """SOA and records count, and links with and without registration."""
    await record(zone, "api", "10.64.0.5")
    await land.put_link(zone, "hub")
    properties = {"virtualNetwork": {"id": vnet("spoke")}, "registrationEnabled": True}
    await land.accepted(zone, land.link("spoke"), {"location": "global", "properties": properties})
    shown = (await zone.get(land.ZONE)).properties
    assert (shown["numberOfRecordSets"], shown["maxNumberOfVirtualNetworkLinks"]) == (2, 1000)
    assert shown["numberOfVirtualNetworkLinks"] == 2
    assert shown["numberOfVirtualNetworkLinksWithRegistration"] == 1


async def test_a_zone_with_links_stays(zone: Azure) -> None:
    """A zone is deleted only after its links."""
    await land.put_link(zone, "hub")
    answer = await zone.delete(land.ZONE)
    assert (answer.status, answer.code) == (409, "CannotDeleteResource")
    await zone.removed(land.link("hub"))
    await zone.removed(land.ZONE)
    assert (await zone.get(land.ZONE)).status == 404


async def test_a_link_is_complete_when_its_operation_ends(zone: Azure) -> None:
    """The link's state follows the operation, and its etag is quoted."""
    body = {"location": "global", "properties": {"virtualNetwork": {"id": vnet("hub")}}}
    await zone.put(land.link("hub"), body)
    assert (await zone.get(land.link("hub"))).properties["virtualNetworkLinkState"] == "InProgress"
    await zone.pass_time()
    shown = await zone.get(land.link("hub"))
    assert (shown.properties["virtualNetworkLinkState"], shown.properties["registrationEnabled"]) == (
        "Completed",
        False,
    )
    assert shown.body["etag"].startswith('"')
    assert shown.headers["etag"] == shown.body["etag"]


async def linked(azure: Azure, path: str, of: str, **headers: str) -> Answer:
    """PUT a link with headers and give the end of its operation."""
    body = {"location": "global", "properties": {"virtualNetwork": {"id": vnet(of)}}}
    return await land.accepted(azure, path, body, headers=headers)


async def test_preconditions_of_links_fail_in_the_operation(zone: Azure) -> None:
    """If-None-Match on what exists and a wrong If-Match are accepted, fail later, and change nothing."""
    await linked(zone, land.link("hub"), "hub")
    before = (await zone.get(land.link("hub"))).body
    again = await linked(zone, land.link("hub"), "hub", **{"If-None-Match": "*"})
    assert again.body == {
        "status": "Failed",
        "error": {
            "code": "PreconditionFailed",
            "message": f"The Virtual Network link hub for the Private DNS zone {land.ZONE_NAME} exists already and "
            "hence cannot be created again.",
        },
    }
    stale = await linked(zone, land.link("hub"), "hub", **{"If-Match": '"old"'})
    assert "etag mismatch" in stale.body["error"]["message"]
    assert (await zone.get(land.link("hub"))).body == before
    assert (await linked(zone, land.link("hub"), "hub")).body["status"] == "Succeeded"


async def test_one_link_per_zone_and_network(zone: Azure) -> None:
    """A second link of the same pair conflicts."""
    await linked(zone, land.link("hub"), "hub")
    second = await linked(zone, land.link("another"), "hub")
    assert second.code == "Conflict"
    assert (await zone.get(land.link("another"))).status == 404


async def test_one_zone_of_a_name_per_network(zone: Azure) -> None:
    """A VNet takes only one zone of a given name."""
    await zone.put(group("other"), {"location": "westeurope"})
    twin = network("privateDnsZones", land.ZONE_NAME, within="other")
    await land.accepted(zone, twin, {"location": "global"})
    await linked(zone, land.link("hub"), "hub")
    end = await linked(zone, f"{twin}/virtualNetworkLinks/hub", "hub")
    assert end.code == "BadRequest"
    assert "overlapping namespaces" in end.body["error"]["message"]


@pytest.mark.parametrize(
    ("properties", "status"),
    [
        pytest.param({}, 400, id="no network"),
        pytest.param({"virtualNetwork": {"id": vnet("nowhere")}}, 400, id="unknown network"),
    ],
)
async def test_malformed_links_are_refused_at_once(zone: Azure, properties: dict[str, Any], status: int) -> None:
    """A link needs a network that is there."""
    answer = await zone.put(land.link("hub"), {"location": "global", "properties": properties})
    assert (answer.status, answer.code) == (status, "BadRequest")


async def test_tags_of_zones_and_links_are_patched(zone: Azure) -> None:
    """PATCH is accepted like PUT and keeps everything else."""
    await land.put_link(zone, "hub")
    for path in (land.ZONE, land.link("hub")):
        answer = await zone.send("PATCH", path, {"tags": {"team": "net"}})
        assert answer.status == 202
        await zone.pass_time()
        shown = await zone.get(path)
        assert (shown.body["tags"], shown.properties["provisioningState"]) == ({"team": "net"}, "Succeeded")
    assert (await zone.get(land.link("hub"))).properties["virtualNetwork"]["id"] == vnet("hub")


async def test_records_are_written_at_once(zone: Azure) -> None:
    """A record set needs no operation: 201, 200, 412 on a stale etag, 200 and 204 when it goes."""
    made = await record(zone, "api", "10.64.0.5")
    assert (made.status, made.properties["fqdn"]) == (201, f"api.{land.ZONE_NAME}.")
    assert (await record(zone, "api", "10.64.0.6")).status == 200
    stale = await record(zone, "api", "10.64.0.7", headers={"If-Match": made.body["etag"]})
    assert (stale.status, stale.code) == (412, "PreconditionFailed")
    listed = (await zone.get(f"{land.ZONE}/ALL")).body["value"]
    assert sorted(item["type"].rsplit("/", 1)[1] for item in listed) == ["A", "SOA"]
    assert (await zone.delete(f"{land.ZONE}/A/api")).status == 200
    assert (await zone.delete(f"{land.ZONE}/A/api")).status == 204


async def test_an_alias_stands_alone(zone: Azure) -> None:
    """A CNAME cannot share its name with another record set."""
    await record(zone, "api", "10.64.0.5")
    answer = await zone.put(f"{land.ZONE}/CNAME/api", {"properties": {"cnameRecord": {"cname": "example.com"}}})
    assert (answer.status, answer.code) == (409, "Conflict")


async def test_a_group_takes_zone_and_links_along(zone: Azure) -> None:
    """Deleting the resource group removes a zone with its links."""
    await land.put_link(zone, "hub")
    await zone.removed(group("rg"))
    await zone.put(group("rg"), {"location": "westeurope"})
    assert (await zone.get(land.ZONE)).status == 404
