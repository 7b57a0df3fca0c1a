"""Private DNS zones: where the names of private API servers live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.plan.desired import Desired

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.model.resource_id import ResourceId

TYPE = "Microsoft.Network/privateDnsZones"


def desired(zone: ResourceId, tags: Mapping[str, str], *, tells: tuple[str, ...] = ()) -> Desired:
    """Return the zone; private zones are global."""
    return Desired(zone, {"location": "global", "tags": dict(tags)}, tells=tells)


def address_record(record: ResourceId, address: str) -> Desired:
    """Return an A record of one address; it goes with its zone."""
    body = {"properties": {"ttl": 60, "aRecords": [{"ipv4Address": address}]}}
    return Desired(record, body, dies_with_parent=True)
