"""Agent pools: nested resources that the cluster shows inline as agentPoolProfiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.simulator.kind import Answer, ArmError, Begin, Json, Progress, Resource, Succeeded
from local.simulator.kinds.aks import POOL_TYPE, AksKind, invalid, refuse
from local.simulator.kinds.aks_body import complete_pool
from local.simulator.kinds.aks_checks import check_pool_name
from local.simulator.kinds.aks_routes import write_routes
from local.simulator.resource import ResourceId

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.operation import Operation
    from local.simulator.world import World

_ACTIONS = {"upgradenodeimageversion": "upgradeNodeImageVersion"}
_PREFERRED = "PreferNoSchedule"
_CRITICAL = "CriticalAddonsOnly"


class AgentPools(AksKind):
    """`Microsoft.ContainerService/managedClusters/{cluster}/agentPools/{name}`."""

    type = POOL_TYPE

    def validate(self, world: World, request: Request, existing: Resource | None) -> None:
        """Names, taints, counts, and what a pool keeps for life."""
        del world
        properties = request.body.get("properties") or {}
        check_pool_name(request.id.name)
        if existing is not None:
            size = properties.get("vmSize")
            if size and size.lower() != str(existing.properties.get("vmSize", "")).lower():
                name = "properties.vmSize"
                raise refuse(400, "PropertyChangeNotAllowed", f"Changing property '{name}' is not allowed.", name)
        check_pool(properties)

    def compose(self, world: World, request: Request, existing: Resource | None) -> Resource:
        """Complete the pool from what it was and the defaults."""
        cluster = world.find(request.id.parent) if request.id.parent else None
        before = dict(existing.properties) if existing else {}
        resource = super().compose(world, request, existing)
        resource.body.pop("location", None)
        resource.body["properties"] = complete_pool(
            {**before, **resource.properties}, cluster.properties if cluster else {}
        )
        return resource

    def put(self, world: World, request: Request, existing: Resource | None) -> Answer:
        """Create or change; the cluster is busy meanwhile."""
        answer = super().put(world, request, existing)
        cluster = world.find(request.id.parent) if request.id.parent else None
        if cluster is not None and (cluster.properties.get("powerState") or {}).get("code") == "Stopped":
            raise refuse(400, "OperationNotAllowed", "The managed cluster is stopped. Start it before changing pools.")
        return answer

    def check_removable(self, world: World, resource: Resource, leaving: frozenset[str]) -> None:
        """A cluster keeps one system pool."""
        parent = resource.id.parent
        if parent is None or parent.key in leaving or resource.properties.get("mode") != "System":
            return
        others = [p for p in world.children(parent, POOL_TYPE) if p.key != resource.key]
        if not any(p.properties.get("mode") == "System" for p in others):
            raise refuse(
                400,
                "SystemPoolIsRequired",
                "There has to be at least one system node pool in the cluster.",
                "agentPoolProfile.mode",
            )

    def post(self, world: World, request: Request, existing: Resource) -> Answer:
        """Upgrade the node image."""
        action = _ACTIONS.get(request.action.lower())
        if action is None:
            return super().post(world, request, existing)
        existing.properties["provisioningState"] = "UpgradingNodeImageVersion"
        world.save(existing)
        return Answer(202, existing, begin=Begin(action, seconds=world.duration("agentPools", "PUT", existing.key)))

    def advance(self, world: World, operation: Operation) -> Progress:
        """End an operation on a pool."""
        pool = world.find(operation.resource_id)
        if pool is not None and operation.verb in _ACTIONS.values():
            pool.properties["provisioningState"] = "Succeeded"
            world.save(pool)
            return Succeeded()
        progress = super().advance(world, operation)
        parent = ResourceId.of(operation.resource_id).parent
        cluster = world.find(parent) if parent else None
        if cluster is not None:
            write_routes(world, cluster)
            world.save(cluster)
        return progress

    def missing(self, request: Request) -> ArmError:
        """Answer for a pool that is not there, in the provider's words."""
        cluster = request.id.names[0]
        return refuse(
            404,
            "NotFound",
            f"Could not find agent pool resource: {request.id.name} of managed cluster: {cluster} in subscription: "
            f"{request.id.subscription}, resourceGroup: {request.id.group}.",
        )


def check_pool(properties: Json) -> None:
    """Refuse counts and taints that AKS refuses."""
    count = properties.get("count")
    if isinstance(count, int) and (count < 0 or (properties.get("mode") == "System" and count < 1)):
        raise invalid("The value of parameter agentPoolProfile.count is invalid.", "agentPoolProfile.count")
    if properties.get("enableAutoScaling"):
        low, high = properties.get("minCount"), properties.get("maxCount")
        if not isinstance(low, int) or not isinstance(high, int) or low > high:
            raise invalid("minCount and maxCount are required and minCount must not exceed maxCount.", "minCount")
    for taint in properties.get("nodeTaints") or ():
        allowed = str(taint).startswith(_CRITICAL) or str(taint).endswith(_PREFERRED)
        if properties.get("mode") == "System" and not allowed:
            raise refuse(
                400,
                "SystemPoolHasRestrictedTaint",
                "Placing custom taints on system pool is not supported(except 'CriticalAddonsOnly' taint or taint "
                "effect is 'PreferNoSchedule'). Please refer to https://aka.ms/aks/system-taints for detail",
                "agentPoolProfile.nodeTaints",
            )


def write_pools(world: World, cluster: Resource, given: list[Json], state: str) -> None:
    """Make the pools what a PUT of the cluster says; pools that it does not mention stay."""
    for item in given:
        name = str(item.get("name", ""))
        identity = cluster.id.child("agentPools", name)
        before = world.find(identity)
        known = dict(before.properties) if before else {}
        check_pool(item)
        pool = before or Resource(identity, {})
        pool.body["properties"] = complete_pool({**known, **item}, cluster.properties)
        pool.properties["provisioningState"] = state
        world.save(pool)
    mark_pools(world, cluster, state)


def mark_pools(world: World, cluster: Resource, state: str, power: str = "") -> None:
    """Set the state, and the power where given, of all pools of a cluster."""
    for pool in world.children(cluster.id, POOL_TYPE):
        pool.properties["provisioningState"] = state
        if power:
            pool.properties["powerState"] = {"code": power}
        world.save(pool)


def show_pools(world: World, cluster: Resource) -> list[Json]:
    """Show the pools as the cluster does."""
    return [{"name": pool.name, **pool.properties} for pool in world.children(cluster.id, POOL_TYPE)]
