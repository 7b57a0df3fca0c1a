"""What AKS offers: Kubernetes versions of a region, and what a cluster can be upgraded to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.simulator.kind import Answer, Json, Kind, Resource
from local.simulator.kinds.aks import CLUSTER_TYPE, POOL_TYPE, VERSIONS, shown_id

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.world import World

_LONG_TERM = ("1.30", "1.33")


class KubernetesVersions(Kind):
    """`Microsoft.ContainerService/locations/{region}/kubernetesVersions`."""

    type = "Microsoft.ContainerService/locations/kubernetesVersions"
    located = False
    has_state = False

    def get_collection(self, world: World, request: Request) -> Answer | None:
        """List the versions with the patches that each can be upgraded to."""
        del world, request
        return Answer(200, body={"values": [_offer(minor) for minor in VERSIONS]})


class UpgradeProfiles(Kind):
    """`.../managedClusters/{cluster}/upgradeProfiles/default`."""

    type = f"{CLUSTER_TYPE}/upgradeProfiles"
    located = False
    has_state = False

    def find(self, world: World, request: Request) -> Resource | None:
        """Compute the profile of a cluster that is there."""
        cluster = world.find(request.id.parent) if request.id.parent else None
        if cluster is None or request.id.name.lower() != "default":
            return None
        version = str(cluster.properties.get("currentKubernetesVersion"))
        upgrades = [{"kubernetesVersion": v, "isPreview": False} for v in _upgrades(version)]
        profile: Json = {"kubernetesVersion": version, "osType": "Linux", "upgrades": upgrades}
        return Resource(request.id, {"properties": {"controlPlaneProfile": profile, "agentPoolProfiles": None}})

    def render(self, world: World, resource: Resource) -> Json:
        """Show the profile with its id in the provider's case."""
        document = super().render(world, resource)
        document["id"] = shown_id(resource.id).replace("/upgradeProfiles/", "/upgradeprofiles/")
        document["type"] = "Microsoft.ContainerService/managedClusters/upgradeprofiles"
        return document


class PoolUpgradeProfiles(Kind):
    """`.../agentPools/{pool}/upgradeProfiles/default`."""

    type = f"{POOL_TYPE}/upgradeProfiles"
    located = False
    has_state = False

    def find(self, world: World, request: Request) -> Resource | None:
        """Compute the profile of a pool that is there."""
        pool = world.find(request.id.parent) if request.id.parent else None
        if pool is None or request.id.name.lower() != "default":
            return None
        version = str(pool.properties.get("currentOrchestratorVersion"))
        profile: Json = {
            "kubernetesVersion": version,
            "osType": pool.properties.get("osType", "Linux"),
            "upgrades": [{"kubernetesVersion": v} for v in _upgrades(version)],
            "latestNodeImageVersion": pool.properties.get("nodeImageVersion"),
        }
        return Resource(request.id, {"properties": profile})


class PoolVersions(Kind):
    """`.../managedClusters/{cluster}/availableAgentPoolVersions`."""

    type = f"{CLUSTER_TYPE}/availableAgentPoolVersions"
    located = False
    has_state = False

    def get_collection(self, world: World, request: Request) -> Answer | None:
        """List the versions that a new pool can have: not newer than the cluster's."""
        cluster = world.find(request.id.parent) if request.id.parent else None
        if cluster is None:
            return None
        limit = _numbers(str(cluster.properties.get("currentKubernetesVersion")))
        known = [patch for patches in VERSIONS.values() for patch in patches if _numbers(patch) <= limit]
        versions = [{"kubernetesVersion": v, "default": _numbers(v) == limit} for v in known]
        document = {
            "id": f"{shown_id(cluster.id)}/availableagentpoolversions",
            "name": "default",
            "type": "Microsoft.ContainerService/managedClusters/availableAgentpoolVersions",
            "properties": {"agentPoolVersions": versions},
        }
        return Answer(200, body=document)


def _offer(minor: str) -> Json:
    plans = ["KubernetesOfficial"]
    if minor in _LONG_TERM:
        plans.append("AKSLongTermSupport")
    return {
        "version": minor,
        "isDefault": minor == "1.33",
        "capabilities": {"supportPlan": plans},
        "patchVersions": {patch: {"upgrades": _upgrades(patch)} for patch in VERSIONS[minor]},
    }


def _upgrades(version: str) -> list[str]:
    """List the later patches of the same minor and those of the next."""
    numbers = _numbers(version)
    known = [patch for patches in VERSIONS.values() for patch in patches]
    return [
        p for p in known if numbers < _numbers(p) and _numbers(p)[0] == numbers[0] and _numbers(p)[1] <= numbers[1] + 1
    ]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
