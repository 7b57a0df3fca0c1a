"""The kinds that the simulator serves: an explicit list, so that reading it says what is modelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.simulator.kinds import (
    authorization,
    identity,
    private_dns_link,
    private_dns_record,
    private_dns_zone,
    resource_group,
)

if TYPE_CHECKING:
    from local.simulator.kind import Kind

KINDS: tuple[type[Kind], ...] = (
    resource_group.ResourceGroups,
    private_dns_zone.PrivateDnsZones,
    private_dns_link.PrivateDnsLinks,
    *private_dns_record.RECORD_KINDS,
    identity.UserAssignedIdentities,
    authorization.RoleAssignments,
    authorization.RoleDefinitions,
)
