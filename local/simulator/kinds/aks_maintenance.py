"""When AKS may maintain a cluster: kept and shown; the simulator maintains nothing by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from local.simulator.kind import ArmError, Json, Kind, Resource
from local.simulator.kinds.aks import CLUSTER_TYPE, refuse, shown_id

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.world import World


class MaintenanceConfigurations(Kind):
    """`.../managedClusters/{cluster}/maintenanceConfigurations/{name}`; written at once."""

    type = f"{CLUSTER_TYPE}/maintenanceConfigurations"
    asynchronous = False
    has_state = False
    created: ClassVar[int] = 200

    def lock(self, resource_id: object) -> str:
        """It is no part of the cluster's own state: it may change while the cluster does."""
        return str(resource_id).lower()

    def render(self, world: World, resource: Resource) -> Json:
        """Show the id the way this provider writes it."""
        document = super().render(world, resource)
        document["id"] = shown_id(resource.id)
        return document

    def missing(self, request: Request) -> ArmError:
        """Answer for one that is not there, in the provider's shape."""
        return refuse(404, "NotFound", f"The maintenance configuration {request.id.name} was not found.")
