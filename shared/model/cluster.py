"""Cluster: a private AKS cluster in a spoke, whose only way out is the hub's firewall."""

from ipaddress import IPv4Network
from typing import Annotated, Any, Literal

from pydantic import Field

from shared.model.envelope import Document
from shared.model.part import Part
from shared.model.rules import ApplicationRule
from shared.model.values import Address, Cidr, GroupName, Name, ResourceName, Size, Tags, Zones, matching

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
Subzone = Annotated[
    str,
    matching(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", "a subzone: use lower-case letters, digits and hyphens", longest=32),
]


class Autoscale(Part):
    """Bounds of the cluster autoscaler."""

    min: Annotated[int, Field(ge=0, le=1000)]
    max: Annotated[int, Field(ge=1, le=1000)]


class NodePool(Part):
    """A pool of equal nodes."""

    name: PoolName
    mode: Literal["System", "User"] = "System"
    size: Size
    count: Annotated[int, Field(ge=0, le=1000)]
    zones: Zones = ()
    """Empty: not spread over availability zones."""
    autoscale: Autoscale | None = None
    """Null: the count is fixed."""
    os_disk_size_gb: Annotated[int, Field(ge=30, le=2048)] | None = None
    """Null: Azure's default for the size."""
    max_pods: Annotated[int, Field(ge=10, le=250)] | None = None
    """Null: Azure's default, 250 with the overlay."""
    taints: tuple[Taint, ...] = ()
    labels: dict[str, str] = Field(default_factory=dict)


def _tenth_of_services(fields: dict[str, Any]) -> Any:
    services: IPv4Network = fields["service_cidr"]
    return services[min(10, services.num_addresses - 2)]


class ClusterNetwork(Part):
    """Azure CNI Overlay: pods have addresses of their own, which the virtual network does not see."""

    plugin: Literal["azure"] = "azure"
    plugin_mode: Literal["overlay"] = "overlay"
    pod_cidr: Cidr = IPv4Network("192.168.0.0/16")
    service_cidr: Cidr = IPv4Network("172.16.0.0/16")
    dns_service_ip: Address = Field(default_factory=_tenth_of_services)
    """Inside `serviceCidr`; by default its tenth address."""


class PrivateDns(Part):
    """Which private DNS zone holds the API server's name."""

    mode: Literal["shared", "subzone", "system", "none"] = "shared"
    """`shared`: the hub's zone. `subzone`: one below it. `system`: AKS makes one. `none`: the public name only."""
    subzone: Subzone | None = None
    public_fqdn: bool = False
    """Also publish a public name, which resolves to the private address."""


class NodeResourceGroup(Part):
    """The resource group that AKS makes for the nodes."""

    name: Annotated[GroupName, Field(max_length=80)] | None = None
    """Null: made from the cluster's name."""
    restriction_level: Literal["Unrestricted", "ReadOnly"] = "Unrestricted"


class Identity(Part):
    """The cluster's user-assigned identity."""

    name: ResourceName | None = None
    """Null: made from the cluster's name."""


class Egress(Part):
    """What this cluster may reach beyond the hub's rules."""

    application_rules: tuple[ApplicationRule, ...] = ()


class ClusterSpec(Part):
    """What a cluster should be."""

    spoke: Name
    subnet: ResourceName = "nodes"
    resource_group: GroupName | None = None
    """Null: the spoke's."""
    kubernetes_version: Version
    node_pools: Annotated[tuple[NodePool, ...], Field(min_length=1)]
    network: ClusterNetwork = Field(default_factory=lambda: ClusterNetwork())  # noqa: PLW0108 - typed for mypy
    outbound_type: Literal["userDefinedRouting"] = "userDefinedRouting"
    private_dns: PrivateDns = PrivateDns()
    node_resource_group: NodeResourceGroup = NodeResourceGroup()
    disable_run_command: bool = False
    identity: Identity = Identity()
    tier: Literal["Free", "Standard"] = "Standard"
    egress: Egress = Egress()
    policy: Literal["Manage", "Attach"] = "Manage"
    """`Manage`: Spokewright makes and deletes the cluster. `Attach`: it exists already and is only connected."""
    tags: Tags = Field(default_factory=dict)


class Cluster(Document[ClusterSpec]):
    """A private AKS cluster in a spoke."""

    kind: Literal["Cluster"] = "Cluster"
    spec: ClusterSpec
