"""Managed clusters: accepted after AKS's own checks, built in stages, one operation at a time.

A create first makes the node resource group (endpoint, zone, record, link) and only then lets nodes join. Nodes that
cannot join keep trying: whoever links the zone or opens the way meanwhile still gets a cluster.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from local.simulator.grants import allows
from local.simulator.kind import Answer, ArmError, Begin, Failed, Json, Later, Progress, Resource, Succeeded
from local.simulator.kinds import aks_credentials
from local.simulator.kinds.agent_pool import mark_pools, show_pools, write_pools
from local.simulator.kinds.aks import CLUSTER_TYPE, AksKind, refuse, section
from local.simulator.kinds.aks_body import complete_cluster, link_resources
from local.simulator.kinds.aks_bootstrap import find_obstacle
from local.simulator.kinds.aks_checks import check_cluster, principal_of
from local.simulator.kinds.aks_node_group import build_node_group, move_endpoint, node_subnet, remove_node_group
from local.simulator.kinds.aks_routes import prepare_table, remove_routes, write_routes
from local.simulator.kinds.identity import show_identity

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.operation import Operation
    from local.simulator.resource import ResourceId
    from local.simulator.world import World

LOG = logging.getLogger("local.simulator")

_NETWORK_SHARE = 0.2  # of the time of a create, until the node resource group is there
_RETRY_SECONDS = 60.0
_PATIENCE_SECONDS = 900.0  # how long nodes keep trying after the time that a create takes
_JOIN = "Microsoft.Network/virtualNetworks/subnets/join/action"
_MAINTENANCE = {
    "abort": 30.0,
    "resetaadprofile": 60.0,
    "resetserviceprincipalprofile": 60.0,
    "rotateclustercertificates": 600.0,
    "rotateserviceaccountsigningkeys": 300.0,
}
_POWER = {"start": ("Starting", "Running"), "stop": ("Stopping", "Stopped")}


class ManagedClusters(AksKind):
    """`Microsoft.ContainerService/managedClusters/{name}`."""

    type = CLUSTER_TYPE

    # --- writes ----------------------------------------------------------------------------------------

    def validate(self, world: World, request: Request, existing: Resource | None) -> None:
        """Refuse what AKS refuses at once."""
        check_cluster(world, request, existing)

    def put(self, world: World, request: Request, existing: Resource | None) -> Answer:
        """Accept a create or an update."""
        self.check_preconditions(request, existing)
        self.validate(world, request, existing)
        creating = existing is None or not existing.state.get("built")
        before = dict(existing.properties) if existing else {}
        cluster = self.compose(world, request, existing)
        pools = list(cluster.properties.pop("agentPoolProfiles", None) or ())
        complete_cluster(world, cluster, before, request.api_version)
        cluster.state["tenant"] = request.caller.tenant_id
        show_identity(world, cluster, request.caller.tenant_id)
        if section(cluster.properties, "apiServerAccessProfile").get("enableVnetIntegration"):
            cluster.properties.pop("privateLinkResources", None)
        elif section(cluster.properties, "apiServerAccessProfile").get("enablePrivateCluster"):
            cluster.properties["privateLinkResources"] = link_resources(cluster, ready=False)
        state = "Creating" if existing is None else "Updating"
        cluster.properties["provisioningState"] = state
        world.save(cluster)
        write_pools(world, cluster, pools, state)
        return Answer(201 if existing is None else 200, cluster, begin=_begin(world, cluster, creating=creating))

    def compose(self, world: World, request: Request, existing: Resource | None) -> Resource:
        """Keep what the caller may send and Azure does not take from him."""
        identity = dict(existing.body["identity"]) if existing and existing.body.get("identity") else None
        resource = super().compose(world, request, existing)
        if identity and not resource.body.get("identity"):
            resource.body["identity"] = identity
        for name in ("provisioningState", "currentKubernetesVersion", "maxAgentPools"):
            resource.properties.pop(name, None)
        return resource

    def patch(self, world: World, request: Request, existing: Resource) -> Answer:
        """Change tags; runs as an operation."""
        existing.body["tags"] = request.body.get("tags") or {}
        existing.properties["provisioningState"] = "Updating"
        world.save(existing)
        return Answer(200, existing, begin=Begin("PATCH", seconds=10.0))

    def delete(self, world: World, request: Request, existing: Resource) -> Answer:
        """Begin the removal, preempting what runs."""
        self.check_preconditions(request, existing)
        existing.properties["provisioningState"] = "Deleting"
        world.save(existing)
        mark_pools(world, existing, "Deleting")
        return Answer(202, begin=Begin("DELETE"))

    def post(self, world: World, request: Request, existing: Resource) -> Answer:
        """Start, stop, hand out credentials, run a command inside."""
        action = request.action.lower()
        if action in _POWER:
            state = _POWER[action][0]
            existing.properties["provisioningState"] = state
            world.save(existing)
            mark_pools(world, existing, state)
            return Answer(202, begin=Begin(action, seconds=world.duration("mc/stop", "POST", existing.key)))
        if action in _MAINTENANCE:
            existing.properties["provisioningState"] = "Updating"
            world.save(existing)
            return Answer(202, begin=Begin(action, seconds=_MAINTENANCE[action]))
        if action == "runcommand":
            return aks_credentials.run_command(world, request, existing)
        if action.startswith("listcluster"):
            return aks_credentials.list_credentials(request, existing)
        return super().post(world, request, existing)

    # --- operations ------------------------------------------------------------------------------------

    def advance(self, world: World, operation: Operation) -> Progress:
        """Go one stage further."""
        cluster = world.find(operation.resource_id)
        if operation.verb == "DELETE":
            if cluster is not None:
                remove_routes(world, cluster)
                remove_node_group(world, cluster)
                world.remove(cluster.id)
            return Succeeded()
        if cluster is None or cluster.provisioning_state == "Deleting":
            return Failed(_preempted())
        if operation.verb in _POWER:
            return self._power(world, cluster, operation.verb)
        if operation.data.get("stage") == "network":
            return self._network_stage(world, cluster, operation)
        if operation.data.get("stage") == "nodes":
            return self._node_stage(world, cluster, operation)
        return self._ready(world, cluster)

    def failed(self, world: World, operation: Operation) -> None:
        """A cluster that failed stays, with what was made of it."""
        cluster = world.find(operation.resource_id)
        if cluster is None or cluster.provisioning_state == "Deleting":
            return
        cluster.properties["provisioningState"] = "Failed"
        world.save(cluster)
        mark_pools(world, cluster, "Failed")

    def _network_stage(self, world: World, cluster: Resource, operation: Operation) -> Progress:
        refusal = _missing_permission(world, cluster)
        if refusal is not None:
            return Failed(refusal)
        try:
            build_node_group(world, cluster)
            prepare_table(world, cluster)
        except ArmError as error:
            return Failed(refuse(error.status, error.code, error.message))
        world.save(cluster)
        operation.data["stage"] = "nodes"
        operation.data["until"] = world.now + float(operation.data["rest"]) + _PATIENCE_SECONDS
        return Later(float(operation.data["rest"]))

    def _node_stage(self, world: World, cluster: Resource, operation: Operation) -> Progress:
        obstacle = find_obstacle(world, cluster)
        if obstacle is None:
            cluster.state["built"] = True
            return self._ready(world, cluster)
        LOG.info("cluster.nodes_cannot_join cluster=%s evidence=%s", cluster.name, obstacle.evidence)
        if world.now < float(operation.data["until"]):
            return Later(_RETRY_SECONDS)
        return Failed(obstacle.error)

    def _power(self, world: World, cluster: Resource, verb: str) -> Progress:
        code = _POWER[verb][1]
        cluster.properties["powerState"] = {"code": code}
        if verb == "start":
            move_endpoint(world, cluster)
        cluster.properties["provisioningState"] = "Succeeded"
        world.save(cluster)
        mark_pools(world, cluster, "Succeeded", code)
        return Succeeded()

    def _ready(self, world: World, cluster: Resource) -> Progress:
        if cluster.properties.get("privateLinkResources"):
            cluster.properties["privateLinkResources"] = link_resources(cluster, ready=True)
        if cluster.properties.get("oidcIssuerProfile", {}).get("enabled"):
            issuer = world.guid("issuer", cluster.key)
            cluster.properties["oidcIssuerProfile"].setdefault(
                "issuerURL", f"https://{cluster.location}.oic.prod-aks.azure.com/{issuer}/"
            )
        cluster.properties["provisioningState"] = "Succeeded"
        write_routes(world, cluster)
        world.save(cluster)
        mark_pools(world, cluster, "Succeeded")
        return Succeeded()

    # --- shows -----------------------------------------------------------------------------------------

    def render(self, world: World, resource: Resource) -> Json:
        """Show the cluster with its pools."""
        document = super().render(world, resource)
        document["type"] = "Microsoft.ContainerService/ManagedClusters"
        document["properties"] = {**resource.properties, "agentPoolProfiles": show_pools(world, resource)}
        return document

    def removed(self, world: World, resource: Resource) -> None:
        """A cluster that goes with its group takes its node resource group along."""
        remove_routes(world, resource)
        remove_node_group(world, resource)

    def lock(self, resource_id: ResourceId) -> str:
        """One operation per cluster, its pools included."""
        return resource_id.root.key


def _begin(world: World, cluster: Resource, *, creating: bool) -> Begin:
    total = world.duration("managedClusters", "PUT", cluster.key)
    if not creating:
        return Begin("PUT", seconds=total)
    rest = total * (1 - _NETWORK_SHARE)
    return Begin("PUT", seconds=total * _NETWORK_SHARE, data={"stage": "network", "rest": rest})


def _missing_permission(world: World, cluster: Resource) -> ArmError | None:
    """The identity of a private cluster must be allowed to join the VNet; the subnet alone is not enough."""
    principal, subnet = principal_of(world, cluster.body), node_subnet(world, cluster)
    private = section(cluster.properties, "apiServerAccessProfile").get("enablePrivateCluster")
    if not private or not principal or subnet is None or subnet.parent is None:
        return None
    if allows(world, principal, _JOIN, str(subnet.parent)):
        return None
    return refuse(
        403,
        "LinkedAuthorizationFailed",
        f"The client '{principal}' with object id '{principal}' has permission to perform action "
        f"'Microsoft.Network/privateEndpoints/write' on scope '{cluster.properties['nodeResourceGroup']}'; however, it "
        f"does not have permission to perform action '{_JOIN}' on the linked scope(s) '{subnet}' or the linked "
        "scope(s) are invalid.",
    )


def _preempted() -> ArmError:
    return refuse(
        409, "AKSOperationPreempted", "The operation was preempted by another operation: Deleting the managed cluster."
    )
