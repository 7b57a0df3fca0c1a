"""Cluster: a private AKS cluster in a spoke, whose only way out is the hub's firewall."""

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from shared.model import judging
from shared.model.envelope import Envelope
from shared.model.part import Fault, Part
from shared.model.rules import ApplicationRule
from shared.model.values import (
    MISSING,
    Address,
    Cidr,
    GroupName,
    Name,
    ResourceName,
    Size,
    Tags,
    ZoneId,
    Zones,
    id_of,
    matching,
)

Version = Annotated[
    str, matching(r"1\.\d{1,2}(\.\d{1,3})?", 'a Kubernetes version; write it in quotes, like "1.33" or "1.33.2"')
]
PoolName = Annotated[
    str, matching(r"[a-z][a-z0-9]*", "a node pool name: use lower-case letters and digits, a letter first", longest=12)
]
Taint = Annotated[
    str,
    matching(
        r"[\w./-]+(=[\w.-]*)?:(NoSchedule|PreferNoSchedule|NoExecute)",
        "a taint; write it like dedicated=batch:NoSchedule",
    ),
]
LabelName = Annotated[
    str,
    matching(
        r"([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?",
        "the name of a label, such as workload or example.com/workload",
        longest=253,
    ),
]
LabelValue = Annotated[
    str,
    matching(
        r"([A-Za-z0-9]([\w.-]*[A-Za-z0-9])?)?",
        "the value of a label: use letters, digits and _ - . inside",
        longest=63,
    ),
]
Subzone = Annotated[
    str,
    matching(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", "a subzone: use lower-case letters, digits and hyphens", longest=32),
]
ManagedClusterId = Annotated[str, id_of("Microsoft.ContainerService/managedClusters", "a managed cluster")]


class Autoscale(Part):
    """Bounds of the cluster autoscaler."""

    min: Annotated[int, Field(ge=0, le=1000)]
    """The fewest nodes; of a System pool at least 1."""
    max: Annotated[int, Field(ge=1, le=1000)]
    """The most nodes."""

    def faults(self) -> Iterator[Fault]:
        """Judge the order of the bounds."""
        if self.min > self.max:
            yield ("min",), f"{self.min} is more than max, {self.max}; swap them"


class NodePool(Part):
    """A pool of equal nodes."""

    name: PoolName
    mode: Literal["System", "User"] = "System"
    """`System`: Kubernetes' own pods run there too; at least one pool has to be such."""
    size: Size
    count: Annotated[int, Field(ge=0, le=1000)]
    """How many nodes; with `autoscale` how many it begins with."""
    zones: Zones = ()
    """Empty: not spread over availability zones."""
    autoscale: Autoscale | None = None
    """Null: the count is fixed."""
    os_disk_size_gb: Annotated[int, Field(ge=30, le=2048)] | None = None
    """Null: Azure's default for the size."""
    max_pods: Annotated[int, Field(ge=10, le=250)] | None = None
    """Null: Azure's default, 250 with the overlay."""
    taints: tuple[Taint, ...] = ()
    """Of its nodes."""
    labels: dict[LabelName, LabelValue] = Field(default_factory=dict)
    """Of its nodes."""

    @property
    def most_nodes(self) -> int:
        """How many nodes the pool can have."""
        return self.count if self.autoscale is None else self.autoscale.max

    def faults(self) -> Iterator[Fault]:
        """Judge the numbers of nodes."""
        if self.mode == "System" and (self.count if self.autoscale is None else self.autoscale.min) < 1:
            yield ("count" if self.autoscale is None else "autoscale",), "a System pool needs at least 1 node"
        if self.autoscale is not None and not self.autoscale.min <= self.count <= self.autoscale.max:
            bounds = f"{self.autoscale.min} to {self.autoscale.max}"
            yield ("count",), f"{self.count} is outside the autoscaler's bounds, {bounds}; begin within them"


SERVICES_LARGEST, SERVICES_SMALLEST = 12, 28
"""Prefix lengths of a service range; Azure's limit is the first, room for a few services the second."""
NODE_PREFIX = 24
"""The overlay gives each node a block of this size from the pods' range."""


def _tenth_of_services(fields: dict[str, Any]) -> Any:
    services: IPv4Network = fields["service_cidr"]
    return services[min(10, services.num_addresses - 1)]


class ClusterNetwork(Part):
    """Azure CNI Overlay: pods have addresses of their own, which the virtual network does not see."""

    plugin: Literal["azure"] = "azure"
    """The only one."""
    plugin_mode: Literal["overlay"] = "overlay"
    """The only one."""
    pod_cidr: Cidr = IPv4Network("192.168.0.0/16")
    """Each node takes a /24 of it."""
    service_cidr: Cidr = IPv4Network("172.16.0.0/16")
    """Of services inside the cluster; /12 to /28."""
    dns_service_ip: Address = Field(default_factory=_tenth_of_services)
    """Inside `serviceCidr`; by default its tenth address."""

    def faults(self) -> Iterator[Fault]:
        """Judge the ranges by themselves and against each other."""
        yield from judging.reserved(("podCidr",), self.pod_cidr)
        yield from judging.reserved(("serviceCidr",), self.service_cidr)
        if self.pod_cidr.overlaps(self.service_cidr):
            yield ("serviceCidr",), f"{self.service_cidr} overlaps podCidr {self.pod_cidr}; use another range"
        if not SERVICES_LARGEST <= self.service_cidr.prefixlen <= SERVICES_SMALLEST:
            lengths = f"/{SERVICES_LARGEST} to /{SERVICES_SMALLEST}"
            yield ("serviceCidr",), f"{self.service_cidr} has the wrong size; use a prefix length from {lengths}"
        if self.dns_service_ip not in self.service_cidr:
            yield ("dnsServiceIp",), f"{self.dns_service_ip} is not in serviceCidr {self.service_cidr}; use one of it"
        elif int(self.dns_service_ip) - int(self.service_cidr.network_address) <= 1:
            message = f"{self.dns_service_ip} is the API server's own; use a later one of {self.service_cidr}"
            yield ("dnsServiceIp",), message


class PrivateDns(Part):
    """Which private DNS zone holds the API server's name."""

    mode: Literal["shared", "subzone", "system", "none"] = "shared"
    """`shared`: the hub's zone. `subzone`: one below it. `system`: AKS makes one. `none`: the public name only."""
    subzone: Subzone | None = None
    """Required with mode `subzone`: its name below the region's zone."""
    zone_id: ZoneId | None = None
    """With mode `subzone`: a zone that exists already, in any subscription. It is linked and used, never deleted."""
    public_fqdn: bool = False
    """Also publish a public name, which resolves to the private address."""

    def faults(self) -> Iterator[Fault]:
        """Judge that there is a name at all, and that a subzone belongs to its mode."""
        if self.mode == "none" and not self.public_fqdn:
            message = "without a private zone the public name is the only one; set publicFqdn: true, or another mode"
            yield ("publicFqdn",), message
        if self.mode == "subzone" and self.subzone is None:
            yield ("subzone",), "is required with mode subzone; add it"
        if self.mode != "subzone" and self.subzone is not None:
            yield ("subzone",), f"belongs to mode subzone only; remove it, or use that mode instead of {self.mode}"
        if self.zone_id is not None:
            yield from self._zone_faults(self.zone_id.rpartition("/")[2])

    def _zone_faults(self, zone: str) -> Iterator[Fault]:
        if self.mode != "subzone":
            advice = "the shared zone is the hub's (dns.zoneId there)" if self.mode == "shared" else "remove it"
            yield ("zoneId",), f"belongs to mode subzone only; {advice}"
        elif self.subzone is not None and not zone.lower().startswith(f"{self.subzone}.privatelink."):
            yield ("zoneId",), f"'{zone}' is not the zone of subzone '{self.subzone}'; let both name the same"


class NodeResourceGroup(Part):
    """The resource group that AKS makes for the nodes."""

    name: Annotated[GroupName, Field(max_length=80)] | None = None
    """Null: made from the cluster's name."""
    restriction_level: Literal["Unrestricted", "ReadOnly"] = "Unrestricted"
    """`ReadOnly`: nobody but AKS changes what is in it."""


class Identity(Part):
    """The cluster's user-assigned identity."""

    name: ResourceName | None = None
    """Null: made from the cluster's name."""


class Egress(Part):
    """What this cluster may reach beyond the hub's rules."""

    application_rules: tuple[ApplicationRule, ...] = ()
    """On the hub's firewall, from the spoke's addresses."""

    def faults(self) -> Iterator[Fault]:
        """Judge that the rules' names are distinct."""
        yield from judging.distinct("applicationRules", (rule.name for rule in self.application_rules))


Pools = Annotated[tuple[NodePool, ...], Field(min_length=1)]


def _made(value: Any, info: ValidationInfo) -> Any:
    """Refuse that something is left out without which we cannot make a cluster; an attached one stands already."""
    if value is None and info.data.get("policy") == "Manage":
        raise PydanticCustomError(MISSING, "is required")
    return value


class ClusterSpec(Part):
    """What a cluster should be."""

    spoke: Name
    """The spoke in whose network its nodes are."""
    policy: Literal["Manage", "Attach"] = "Manage"
    """`Manage`: Spokewright makes and deletes the cluster. `Attach`: it exists already and is only connected."""
    managed_cluster_id: ManagedClusterId | None = None
    """The cluster to attach, which somebody else made. Null with policy Attach: the one of the document's name."""
    subnet: ResourceName = "nodes"
    """The spoke's subnet for its nodes; one with role `nodes`."""
    resource_group: GroupName | None = None
    """Null: the spoke's."""
    kubernetes_version: Annotated[Version | None, AfterValidator(_made), Field(validate_default=True)] = None
    """Required with policy Manage."""
    node_pools: Annotated[Pools | None, AfterValidator(_made), Field(validate_default=True)] = None
    """Required with policy Manage."""
    network: ClusterNetwork = ClusterNetwork()
    outbound_type: Literal["userDefinedRouting"] = "userDefinedRouting"
    """The way out is the spoke's route to the firewall."""
    private_dns: PrivateDns = PrivateDns()
    node_resource_group: NodeResourceGroup = NodeResourceGroup()
    disable_run_command: bool = False
    """Switches off `az aks command invoke`."""
    identity: Identity = Identity()
    tier: Literal["Free", "Standard"] = "Standard"
    """AKS's tier; Free has no service level."""
    egress: Egress = Egress()
    drift: Literal["repair", "report", "ignore"] = "repair"
    """What to do when Azure was changed behind the document's back."""
    tags: Tags = Field(default_factory=dict)
    """Azure tags of everything that is made for it, beside our own `managed-by`."""

    @property
    def attached(self) -> bool:
        """Say whether the cluster is somebody else's."""
        return self.policy == "Attach"

    @property
    def most_nodes(self) -> int:
        """How many nodes the cluster can have."""
        return sum(pool.most_nodes for pool in self.node_pools or ())

    def faults(self) -> Iterator[Fault]:
        """Judge the node pools together, and against the pods' range; an attached cluster has its own."""
        if self.managed_cluster_id is not None:
            yield from self._attachment_faults()
            return
        pools = self.node_pools or ()
        yield from judging.distinct("nodePools", (pool.name for pool in pools))
        if pools and not any(pool.mode == "System" for pool in pools):
            yield ("nodePools",), "at least one node pool must have mode System"
        pods = self.network.pod_cidr
        room = 1 << NODE_PREFIX - pods.prefixlen if pods.prefixlen <= NODE_PREFIX else 0
        if self.most_nodes > room:
            message = f"{pods} has room for {room} nodes (a /{NODE_PREFIX} each), the pools can have {self.most_nodes}"
            yield ("network", "podCidr"), f"{message}; use a larger range"

    def _attachment_faults(self) -> Iterator[Fault]:
        """Judge that nothing is asked of a cluster that stands already and is never changed."""
        if not self.attached:
            yield ("managedClusterId",), "belongs to policy Attach only; remove it, or use that policy"
            return
        for name in MAKING:
            field = type(self).model_fields[name]
            if getattr(self, name) != field.get_default(call_default_factory=True):
                yield (field.alias or name,), "is for making a cluster, and this one stands already; remove it"


MAKING = (
    "subnet",
    "resource_group",
    "kubernetes_version",
    "node_pools",
    "network",
    "outbound_type",
    "private_dns",
    "node_resource_group",
    "disable_run_command",
    "identity",
    "tier",
)
"""What says how a cluster is made."""


class Cluster(Envelope[ClusterSpec]):
    """A private AKS cluster in a spoke."""

    kind: Literal["Cluster"]
    spec: ClusterSpec
