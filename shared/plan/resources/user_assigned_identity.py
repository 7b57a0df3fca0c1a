"""User-assigned identities: who a cluster is when it changes routes, networks and names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.plan.desired import Desired

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.model.resource_id import ResourceId
    from shared.plan.steps import Wait

TYPE = "Microsoft.ManagedIdentity/userAssignedIdentities"
PRINCIPAL_ID = "properties.principalId"


def desired(identity: ResourceId, location: str, tags: Mapping[str, str], *, blocked: Wait | None = None) -> Desired:
    """Return the identity."""
    return Desired(identity, {"location": location, "tags": dict(tags)}, blocked=blocked)
