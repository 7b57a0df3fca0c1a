"""Spoke: a network of an application team, peered with its hub, whose way out is the hub's firewall."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network
from typing import Annotated, Any, Literal

from pydantic import Field

from shared.model import addressing, judging
from shared.model.addressing import Want
from shared.model.envelope import Envelope
from shared.model.part import Fault, Part
from shared.model.values import (
    Cidr,
    Cidrs,
    Drift,
    GroupName,
    Location,
    MachineId,
    Name,
    NetworkId,
    Port,
    ResourceName,
    SubscriptionId,
    Tags,
    matching,
)

RESERVED_SUBNETS = frozenset(
    {
        "azurefirewallsubnet",
        "azurefirewallmanagementsubnet",
        "azurebastionsubnet",
        "gatewaysubnet",
        "routeserversubnet",
    }
)
"""Names that the platform keeps for itself, in lower case: a spoke's route table never goes there."""


class Subnet(Part):
    """A subnet of the spoke; one of an adopted network needs only its name."""

    name: ResourceName
    role: Literal["nodes", "extra"] = "extra"
    """`nodes`: for clusters; its way out is the firewall. `extra`: for anything else, routed alike."""
    address_prefix: Cidr | None = None
    prefix_length: Annotated[int, Field(ge=8, le=29)] | None = None
    """Instead of a prefix: the next free block of this size. Neither: half of the address space."""

    def faults(self) -> Iterator[Fault]:
        """Judge the name, which the platform may keep for itself, and the size."""
        if self.name.lower() in RESERVED_SUBNETS:
            yield ("name",), f"'{self.name}' is kept for Azure's own services; the firewall's route must not go there"
        if self.address_prefix is not None and self.prefix_length is not None:
            yield ("prefixLength",), "give either addressPrefix or prefixLength"
        if self.address_prefix is not None and self.address_prefix.prefixlen > judging.SMALLEST:
            yield ("addressPrefix",), f"{self.address_prefix} is too small; Azure needs a /{judging.SMALLEST} or larger"


NODES = Subnet(name="nodes", role="nodes")


Peer = Annotated[
    str,
    matching(
        r"\*|[A-Za-z][\w.]*|(\d{1,3}\.){3}\d{1,3}(/\d{1,2})?",
        "an address, a range like 10.1.0.0/16, a service tag like VirtualNetwork, or *",
    ),
]
"""Where a rule's traffic comes from or goes to."""


class SecurityRule(Part):
    """A rule of the spoke's network security group."""

    name: ResourceName
    priority: Annotated[int, Field(ge=100, le=4096)]
    """The lower goes first; one of a direction only once."""
    direction: Literal["Inbound", "Outbound"] = "Inbound"
    """Of the traffic, as the subnets see it."""
    access: Literal["Allow", "Deny"]
    """What happens to what fits."""
    protocol: Literal["Tcp", "Udp", "Icmp", "*"] = "*"
    """`*` is any."""
    sources: Annotated[tuple[Peer, ...], Field(min_length=1)] = ("*",)
    """Addresses, ranges or service tags; `*` is any."""
    destinations: Annotated[tuple[Peer, ...], Field(min_length=1)] = ("*",)
    """Addresses, ranges or service tags; `*` is any."""
    ports: Annotated[tuple[Port, ...], Field(min_length=1)] = ("*",)
    """At the destination: 443, a range like 8000-8100, or `*`."""


class NetworkSecurityGroup(Part):
    """The group on every subnet of the spoke; without rules it has Azure's defaults."""

    rules: tuple[SecurityRule, ...] = ()

    def faults(self) -> Iterator[Fault]:
        """Judge that names, and priorities of one direction, are distinct."""
        yield from judging.distinct("rules", (rule.name for rule in self.rules))
        seen: set[tuple[str, int]] = set()
        for index, rule in enumerate(self.rules):
            if (rule.direction, rule.priority) in seen:
                message = f"another {rule.direction} rule has priority {rule.priority}; choose another"
                yield ("rules", index, "priority"), message
            seen.add((rule.direction, rule.priority))


class SpokeDns(Part):
    """What machines in the spoke resolve."""

    resolves_clusters: bool = False
    """Whether they are to resolve and reach the API servers of all clusters of the hub, as build agents do."""
    machine_id: MachineId | None = None
    """A Linux machine in the spoke on which that is checked by run command. Null: asked as near as we can."""

    def faults(self) -> Iterator[Fault]:
        """Judge that a machine is named only where something is checked on it."""
        if self.machine_id is not None and not self.resolves_clusters:
            yield ("machineId",), "is only used with resolvesClusters: true; set that, or remove this"


def _subnets_by_default(fields: dict[str, Any]) -> tuple[Subnet, ...]:
    return () if fields.get("virtual_network_id") else (NODES,)


class SpokeSpec(Part):
    """What a spoke should be."""

    hub: Name
    """The hub that it joins."""
    subscription_id: SubscriptionId | None = None
    """Null: the hub's; of an adopted network: its own."""
    location: Location | None = None
    """Null: the hub's; of an adopted network: its own."""
    resource_group: GroupName | None = None
    """Null: rg-<name>; of an adopted network: its own."""
    address_space: Cidrs = ()
    """Empty: the next free block of the hub's pool, stable from then on."""
    virtual_network_id: NetworkId | None = None
    """A network to adopt: never created or deleted, and nothing of it changed but what we add."""
    subnets: tuple[Subnet, ...] = Field(default_factory=_subnets_by_default)
    """Of an adopted network: those that get the route to the firewall; empty: every one that may have it."""
    excluded_subnets: tuple[ResourceName, ...] = ()
    """Subnets of an adopted network that are left alone."""
    network_security_group: NetworkSecurityGroup = NetworkSecurityGroup()
    dns: SpokeDns = SpokeDns()
    drift: Drift = "repair"
    """What to do when Azure was changed behind the document's back."""
    tags: Tags = Field(default_factory=dict)
    """Azure tags of everything that is made for it, beside our own `managed-by`."""

    @property
    def adopted(self) -> bool:
        """Say whether the network is somebody else's."""
        return self.virtual_network_id is not None

    def faults(self) -> Iterator[Fault]:
        """Judge the address space and the subnets in it; an adopted network has its own."""
        yield from judging.distinct("subnets", (subnet.name for subnet in self.subnets))
        if self.adopted:
            yield from self._adoption_faults()
            return
        if not self.subnets:
            yield ("subnets",), "needs at least 1 of them; add one"
            return
        if self.excluded_subnets:
            yield ("excludedSubnets",), "only an adopted network has subnets to leave alone; remove this"
        yield from judging.address_space(self.address_space)
        if self.address_space:
            yield from self.subnet_faults(self.address_space)

    def layout(self, space: Sequence[IPv4Network]) -> addressing.Layout:
        """Return where the subnets lie in this address space."""
        half = min(space[0].prefixlen + 1, 32)
        return addressing.lay_out(
            space,
            [Want(subnet.name, subnet.address_prefix, subnet.prefix_length or half) for subnet in self.subnets],
        )

    def subnet_faults(self, space: Sequence[IPv4Network]) -> Iterator[Fault]:
        """Judge that the subnets fit in this address space, which may be allocated rather than given."""
        faults = self.layout(space).faults
        for index, subnet in enumerate(self.subnets):
            if subnet.name in faults:
                member = "prefixLength" if subnet.address_prefix is None else "addressPrefix"
                yield ("subnets", index, member), faults[subnet.name]

    def _adoption_faults(self) -> Iterator[Fault]:
        if self.address_space:
            yield ("addressSpace",), "an adopted network has its own address space; remove this or virtualNetworkId"
        for index, subnet in enumerate(self.subnets):
            if subnet.address_prefix is not None or subnet.prefix_length is not None:
                yield ("subnets", index), "a subnet of an adopted network is its owner's; give its name and role only"


class Spoke(Envelope[SpokeSpec]):
    """A network of an application team, peered with its hub."""

    kind: Literal["Spoke"]
    spec: SpokeSpec

    @property
    def has_network(self) -> bool:
        """Say whether its network stands, and is to stay."""
        return self.metadata.deletion_requested is None and "virtualNetworkId" in self.status.outputs
