"""What AKS makes of a cluster's body: defaults of pools and profiles, and the names it gives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from local.simulator.kinds.aks import DEFAULT_VERSION, full_version, section, shown_id

if TYPE_CHECKING:
    from local.simulator.resource import Json, Resource
    from local.simulator.world import World

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_IMAGE = "AKSUbuntu-2204gen2containerd-202509.23.0"
_MAX_PODS = {"kubenet": 110, "overlay": 250, "azure": 30, "none": 250}

# What an update that leaves it out does not change.
_KEPT = (
    "addonProfiles",
    "apiServerAccessProfile",
    "autoUpgradeProfile",
    "azurePortalFQDN",
    "disableLocalAccounts",
    "dnsPrefix",
    "enableRBAC",
    "fqdn",
    "fqdnSubdomain",
    "identityProfile",
    "kubernetesVersion",
    "linuxProfile",
    "networkProfile",
    "nodeResourceGroup",
    "nodeResourceGroupProfile",
    "oidcIssuerProfile",
    "powerState",
    "privateFQDN",
    "privateLinkResources",
    "resourceUID",
    "securityProfile",
    "servicePrincipalProfile",
    "storageProfile",
    "windowsProfile",
)


def complete_cluster(world: World, cluster: Resource, before: Json, api_version: str) -> None:
    """Fill in what the caller left out, from what was there before or from the defaults."""
    properties = cluster.properties
    for name in _KEPT:
        if properties.get(name) is None and before.get(name) is not None:
            properties[name] = before[name]
    if not before:
        name_cluster(world, cluster)
    _versions(properties)
    properties.setdefault("powerState", {"code": "Running"})
    properties["servicePrincipalProfile"] = {
        "clientId": section(properties, "servicePrincipalProfile").get("clientId") or "msi"
    }
    if not properties.get("addonProfiles"):
        properties.pop("addonProfiles", None)
    windows = properties.get("windowsProfile")
    if isinstance(windows, dict):
        windows.pop("adminPassword", None)
    properties.setdefault("enableRBAC", True)
    properties.setdefault("supportPlan", "KubernetesOfficial")
    properties["networkProfile"] = _network_profile(section(properties, "networkProfile"))
    properties["maxAgentPools"] = 100
    _access_profile(properties)
    _feature_profiles(properties)
    if api_version >= "2023-09":
        _newer_profiles(world, cluster)
    cluster.body["sku"] = {"name": "Base", "tier": "Free", **(cluster.body.get("sku") or {})}


def name_cluster(world: World, cluster: Resource) -> None:
    """Give the names that a new cluster keeps for life."""
    properties, region = cluster.properties, cluster.location
    prefix = str(properties.get("fqdnSubdomain") or properties.get("dnsPrefix"))
    public, private = _suffix(world, cluster, "public"), _suffix(world, cluster, "private")
    access = section(properties, "apiServerAccessProfile")
    group = f"MC_{cluster.id.group}_{cluster.name}_{region}"[:80]
    properties["nodeResourceGroup"] = properties.get("nodeResourceGroup") or group
    cluster.state["publicFQDN"] = f"{prefix}-{public}.hcp.{region}.azmk8s.io"
    properties["fqdn"] = cluster.state["publicFQDN"]
    properties["azurePortalFQDN"] = f"{prefix}-{public}.portal.hcp.{region}.azmk8s.io"
    if not access.get("enablePrivateCluster"):
        return
    portal = world.guid("portal", cluster.key).replace("-", "")
    properties["azurePortalFQDN"] = f"{portal}-priv.portal.hcp.{region}.azmk8s.io"
    zone = private_zone_name(world, cluster)
    if zone:
        label = prefix if properties.get("fqdnSubdomain") else f"{prefix}-{private}"
        properties["privateFQDN"] = f"{label}.{zone}"


def private_zone_name(world: World, cluster: Resource) -> str:
    """Name the private zone: the one given, a new one for `system`, none for `none`."""
    access = section(cluster.properties, "apiServerAccessProfile")
    given = str(access.get("privateDNSZone") or "system")
    if given.lower() == "none":
        return ""
    if given.lower() != "system":
        return given.rsplit("/", 1)[-1]
    kind = "private" if access.get("enableVnetIntegration") else "privatelink"
    return f"{world.guid('zone', cluster.key)}.{kind}.{cluster.location}.azmk8s.io"


def complete_pool(pool: Json, cluster: Json) -> Json:
    """Fill in what a pool has by default; the empty and the default values of spot pools are not shown."""
    shown = {k: v for k, v in pool.items() if v is not None and k not in {"name", "id", "type"}}
    version = full_version(str(shown.get("orchestratorVersion") or cluster.get("kubernetesVersion") or DEFAULT_VERSION))
    if shown.get("scaleSetPriority", "Regular") == "Regular":
        for name in ("scaleSetPriority", "scaleSetEvictionPolicy", "spotMaxPrice"):
            shown.pop(name, None)
    if not shown.get("nodeTaints"):
        shown.pop("nodeTaints", None)
    shown.pop("nodeImageVersion", None)
    return {
        "count": 1,
        "vmSize": "Standard_D4s_v5",
        "osDiskType": "Managed",
        "kubeletDiskType": "OS",
        "maxPods": _max_pods(section(cluster, "networkProfile")),
        "type": "VirtualMachineScaleSets",
        "enableAutoScaling": False,
        "scaleDownMode": "Delete",
        "powerState": {"code": "Running"},
        "enableNodePublicIP": False,
        "mode": "User",
        "enableEncryptionAtHost": False,
        "enableUltraSSD": False,
        "osType": "Linux",
        "osSKU": "Ubuntu",
        "upgradeSettings": {},
        "enableFIPS": False,
        "securityProfile": {"sshAccess": "LocalUser", "enableVTPM": False, "enableSecureBoot": False},
        **shown,
        "osDiskSizeGB": shown.get("osDiskSizeGB") or 128,
        "orchestratorVersion": str(shown.get("orchestratorVersion") or version),
        "currentOrchestratorVersion": version,
        "nodeImageVersion": _IMAGE,
    }


def link_resources(cluster: Resource, *, ready: bool) -> list[Json]:
    """Show the private link resource of the API server; it has an id once it is there."""
    shown: Json = {
        "name": "management",
        "type": "Microsoft.ContainerService/managedClusters/privateLinkResources",
        "groupId": "management",
        "requiredMembers": ["management"],
    }
    if ready:
        shown = {"id": f"{shown_id(cluster.id)}/privateLinkResources/management", **shown}
    return [shown]


def _versions(properties: Json) -> None:
    version = str(properties.get("kubernetesVersion") or DEFAULT_VERSION)
    properties["kubernetesVersion"] = version
    properties["currentKubernetesVersion"] = full_version(version)


def _network_profile(given: Json) -> Json:
    profile = {k: v for k, v in given.items() if v is not None}
    profile.setdefault("networkPlugin", "kubenet")
    profile.setdefault("networkPolicy", "none")
    profile.setdefault("loadBalancerSku", "standard")
    profile.setdefault("outboundType", "loadBalancer")
    profile.setdefault("serviceCidr", "10.0.0.0/16")
    profile.setdefault("dnsServiceIP", re.sub(r"\d+/\d+$", "10", str(profile["serviceCidr"])))
    if profile["networkPlugin"] == "kubenet" or profile.get("networkPluginMode") == "overlay":
        profile.setdefault("podCidr", "10.244.0.0/16")
    if "podCidr" in profile:
        profile["podCidrs"] = [profile["podCidr"]]
    profile["serviceCidrs"] = [profile["serviceCidr"]]
    profile.setdefault("ipFamilies", ["IPv4"])
    if profile["outboundType"] == "loadBalancer":
        balancer = dict(profile.get("loadBalancerProfile") or {})
        balancer.setdefault("managedOutboundIPs", {"count": 1})
        balancer.setdefault("backendPoolType", "nodeIPConfiguration")
        profile["loadBalancerProfile"] = balancer
    return profile


def _access_profile(properties: Json) -> None:
    access = section(properties, "apiServerAccessProfile")
    if not access.get("authorizedIPRanges"):
        access.pop("authorizedIPRanges", None)
    if access.get("enablePrivateCluster"):
        access["privateDNSZone"] = access.get("privateDNSZone") or "system"
        access.setdefault("enablePrivateClusterPublicFQDN", True)
        if not access["enablePrivateClusterPublicFQDN"]:
            properties.pop("fqdn", None)
    if access.get("enableVnetIntegration"):
        access.setdefault("subnetId", "")
    if access:
        properties["apiServerAccessProfile"] = access


def _feature_profiles(properties: Json) -> None:
    properties.setdefault("disableLocalAccounts", False)
    properties.setdefault("securityProfile", {})
    storage = section(properties, "storageProfile")
    storage.setdefault("diskCSIDriver", {"enabled": True, "version": "v1"})
    storage.setdefault("fileCSIDriver", {"enabled": True})
    storage.setdefault("snapshotController", {"enabled": True})
    properties["storageProfile"] = storage
    properties.setdefault("oidcIssuerProfile", {"enabled": False})
    properties.setdefault("workloadAutoScalerProfile", {})
    routing = section(section(properties, "addonProfiles"), "httpApplicationRouting")
    if routing.get("enabled") and not routing.get("config"):
        zone = {"HTTPApplicationRoutingZoneName": "229d163c4aed4e50a5d6.simulated.aksapp.io"}
        properties["addonProfiles"]["httpApplicationRouting"] = {**routing, "config": zone}


def _newer_profiles(world: World, cluster: Resource) -> None:
    properties = cluster.properties
    properties.setdefault("nodeResourceGroupProfile", {"restrictionLevel": "Unrestricted"})
    properties.setdefault("autoUpgradeProfile", {"nodeOSUpgradeChannel": "NodeImage"})
    properties.setdefault("metricsProfile", {"costAnalysis": {"enabled": False}})
    properties.setdefault("nodeProvisioningProfile", {"mode": "Manual"})
    properties.setdefault("bootstrapProfile", {"artifactSource": "Direct"})
    if "resourceUID" not in properties:
        properties["resourceUID"] = world.guid("uid", cluster.key).replace("-", "")[:24]


def _max_pods(network: Json) -> int:
    mode = str(network.get("networkPluginMode") or network.get("networkPlugin") or "kubenet")
    return _MAX_PODS.get(mode, 110)


def _suffix(world: World, cluster: Resource, use: str) -> str:
    chance = world.random("fqdn", use, cluster.key)
    return "".join(chance.choice(_LETTERS) for _ in range(8))
