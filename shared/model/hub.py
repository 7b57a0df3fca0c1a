"""Hub: the shared network with the firewall, the jump server, the private DNS zone, and the spokes' address pool."""

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic.alias_generators import to_camel

from shared.model import addressing, judging
from shared.model.addressing import Want
from shared.model.dns import Dns
from shared.model.envelope import Envelope
from shared.model.machines import Bastion, JumpServer
from shared.model.part import Fault, Part
from shared.model.rules import ApplicationRule, NetworkRule
from shared.model.values import (
    Cidr,
    Drift,
    GroupName,
    Location,
    OwnCidrs,
    ResourceName,
    SubscriptionId,
    TagName,
    Tags,
    Zones,
)


class PublicIp(Part):
    """The firewall's public address."""

    name: ResourceName | None = None
    """Null: made from the hub's name."""
    zones: Zones | None = None
    """Null: those of the firewall."""


class Firewall(Part):
    """The way out for everything in the spokes."""

    sku: Literal["Basic", "Standard", "Premium"] = "Standard"
    """Azure's SKU. Basic has no DNS proxy, and needs a second subnet and public address."""
    zones: Zones = ()
    """Empty: not pinned to availability zones."""
    rule_pack: Literal["aks-private", "aks-private-strict"] = "aks-private"
    """The rules a private cluster needs; strict leaves out the service tag that opens every container registry."""
    dns_proxy: bool = False
    """Needed for FQDNs in network rules."""
    public_ip: PublicIp = PublicIp()
    network_rules: tuple[NetworkRule, ...] = ()
    """Allowed beside the rule pack."""
    application_rules: tuple[ApplicationRule, ...] = ()
    """Allowed beside the rule pack."""

    def faults(self) -> Iterator[Fault]:
        """Judge the rules' names, and what the SKU and the DNS proxy allow."""
        yield from judging.distinct("networkRules", (rule.name for rule in self.network_rules))
        yield from judging.distinct("applicationRules", (rule.name for rule in self.application_rules))
        if self.sku == "Basic" and self.dns_proxy:
            yield ("dnsProxy",), "the Basic firewall has no DNS proxy; use sku Standard or Premium, or false"
        for index, rule in enumerate(self.network_rules):
            if rule.fqdns and not self.dns_proxy:
                yield ("networkRules", index, "fqdns"), "names in network rules need the DNS proxy; set dnsProxy: true"


class OnboardingRule(Part):
    """What a virtual network that asks to join has to be like (all that is given counts), and what happens then."""

    subscriptions: tuple[SubscriptionId, ...] = ()
    """Subscriptions in which it may be; the sweep lists these."""
    resource_groups: tuple[str, ...] = ()
    """Names of the resource groups in which it may be."""
    tags: Tags = Field(default_factory=dict)
    """Tags that it has to have, with these values."""
    address_within: Cidr | None = None
    """All of its address space has to be in it."""
    locations: tuple[Location, ...] = ()
    """Regions in which it may be."""
    requesters: tuple[str, ...] = ()
    """Object ids of who may have made or tagged the network, as Azure's event names them."""
    action: Literal["auto", "approve", "deny"]
    """`auto`: it joins. `approve`: a person decides about the plan. `deny`: it does not join."""


class Onboarding(Part):
    """How virtual networks that appear in Azure join the hub: without rules not at all, and never against them."""

    tag: TagName = "spokewright-hub"
    """A network asks by this tag, with the hub's name as its value."""
    rules: tuple[OnboardingRule, ...] = ()
    """The first one that fits decides."""
    excluded_subnets: tuple[ResourceName, ...] = ()
    """Names of subnets that never get the route to the firewall, in whichever network."""
    approval_hours: Annotated[int, Field(ge=1, le=720)] = 72
    """How long an approval may be given, and then used."""


class HubSubnets(Part):
    """The hub's subnets; null ones are derived from the address space in the platform's sizes."""

    firewall: Cidr | None = None
    firewall_management: Cidr | None = None
    """Used by the Basic firewall only."""
    bastion: Cidr | None = None
    jump_server: Cidr | None = None
    dns_forwarder: Cidr | None = None
    """Used with `dns.forwarder` only."""
    dns_inbound: Cidr | None = None
    """Used with `dns.mode` `resolver` only."""
    dns_outbound: Cidr | None = None
    """Used with `dns.mode` `resolver` and domains on-premises only."""


SIZES = {
    "firewall": 26,
    "jump_server": 27,
    "bastion": 26,
    "firewall_management": 26,
    "dns_inbound": 28,
    "dns_outbound": 28,
    "dns_forwarder": 28,
}
"""The hub's subnets with the platform's sizes, in the order in which they are laid out; new ones come last, or they
would move what stands."""

ENDPOINTS = ("dns_inbound", "dns_outbound")
"""Subnets of the resolver's endpoints."""

ANY_SIZE = ("jump_server", "dns_forwarder")
"""Subnets of our own, which the platform asks no size of."""


class HubSpec(Part):
    """What a hub should be."""

    subscription_id: SubscriptionId
    location: Location
    resource_group: GroupName
    address_space: OwnCidrs
    subnets: HubSubnets = HubSubnets()
    firewall: Firewall = Firewall()
    jump_server: JumpServer | None = None
    """Null: none, and then nothing is verified from inside the network."""
    bastion: Bastion = Bastion()
    dns: Dns = Dns()
    spoke_pool: Cidr | None = None
    """Spokes without an address space get the next free block of it."""
    spoke_prefix_length: Annotated[int, Field(ge=8, le=28)] = 22
    """The size of those blocks."""
    onboarding: Onboarding = Onboarding()
    drift: Drift = "repair"
    """What to do when Azure was changed behind the document's back."""
    tags: Tags = Field(default_factory=dict)
    """Azure tags of everything that is made for it, beside our own `managed-by`."""

    def faults(self) -> Iterator[Fault]:
        """Judge the address space, the subnets in it, and the pool beside it."""
        yield from judging.address_space(self.address_space)
        yield from self._subnet_faults()
        yield from self._pool_faults()
        yield from self._dns_faults()

    def needs_subnet(self, role: str) -> bool:
        """Say whether a subnet (a field of HubSubnets) is used."""
        used = {
            "bastion": self.bastion.enabled and self.bastion.sku != "Developer",
            "firewall_management": self.firewall.sku == "Basic",
            "jump_server": self.jump_server is not None,
            "dns_forwarder": self.dns.forwarder is not None,
            "dns_inbound": self.dns.mode == "resolver",
            "dns_outbound": self.dns.mode == "resolver" and bool(self.dns.on_premises_domains),
        }
        return used.get(role, True)

    def _layout(self) -> addressing.Layout:
        # Unused ones have their place too where there is room: switching Bastion on later moves nothing.
        return addressing.lay_out(
            self.address_space,
            [self._want(role, size) for role, size in SIZES.items()],
        )

    def _want(self, role: str, size: int) -> Want:
        avoid = addressing.RESOLVER_RESERVED if role in ENDPOINTS else ()
        return Want(role, getattr(self.subnets, role), size, self.needs_subnet(role), avoid, to_camel(role))

    def _subnet_faults(self) -> Iterator[Fault]:
        for role, message in self._layout().faults.items():
            given = getattr(self.subnets, role) is not None
            hint = "; change it, or leave it out and it is derived" if given else ""
            yield ("subnets", to_camel(role)) if given else ("addressSpace",), message + hint
        for role, size in SIZES.items():
            prefix: IPv4Network | None = getattr(self.subnets, role)
            longest = judging.SMALLEST if role in ANY_SIZE else size
            if prefix is not None and prefix.prefixlen > longest:
                yield ("subnets", to_camel(role)), f"{prefix} is too small; Azure needs a /{longest} or larger"

    def _pool_faults(self) -> Iterator[Fault]:
        if self.spoke_pool is None:
            return
        # A pool may be around a reserved range, as 172.16.0.0/12 is: allocation goes around it.
        if addressing.contains(addressing.RESERVED, self.spoke_pool):
            yield from judging.reserved(("spokePool",), self.spoke_pool)
        other = addressing.overlapping(self.spoke_pool, self.address_space)
        if other is not None:
            yield ("spokePool",), f"{self.spoke_pool} overlaps {other} of the hub's own address space; use another"
        if self.spoke_prefix_length < self.spoke_pool.prefixlen:
            message = f"a /{self.spoke_prefix_length} does not fit in the pool {self.spoke_pool}"
            yield ("spokePrefixLength",), f"{message}; use /{self.spoke_pool.prefixlen} or smaller blocks"

    def _dns_faults(self) -> Iterator[Fault]:
        dns, wanted = self.dns, f"privatelink.{self.location}.azmk8s.io"
        if dns.answered_by_servers and self.jump_server is None:
            message = "networks are pointed at DNS servers only after these answered the jump server; add jumpServer"
            yield ("dns", "mode") if dns.mode != "azure" else ("dns", "viaFirewall"), message
        if dns.forwarder is not None and self.jump_server is None:
            yield ("dns", "forwarder"), "the machines take the jump server's key; add jumpServer"
        if dns.via_firewall and self.firewall.sku == "Basic":
            yield ("dns", "viaFirewall"), "the Basic firewall has no DNS proxy; use sku Standard or Premium, or false"
        if dns.zone_id is not None and dns.zone_id.rpartition("/")[2].lower() != wanted:
            yield ("dns", "zoneId"), f"clusters of {self.location} need a zone of the name {wanted}; name that one"
        itself = () if dns.forwarder is None or self.subnets.dns_forwarder is None else (self.subnets.dns_forwarder,)
        upstream = () if dns.forwarder is None else dns.forwarder.upstream
        if any(addressing.holds(itself, address) for address in upstream):
            message = "a forwarder cannot ask itself: names would go round in a circle; name another server"
            yield ("dns", "forwarder", "upstream"), message
        own = [address for address in dns.on_premises_servers if addressing.holds(self.address_space, address)]
        if own:
            message = f"{own[0]} is in the hub itself: names would go round in a circle; name a server on-premises"
            yield ("dns", "onPremisesServers"), message

    @model_validator(mode="after")
    def _show_subnets(self) -> Self:
        """Put the derived prefixes in, so that the stored document shows them."""
        self.__dict__["subnets"] = self.subnets.model_copy(update=self._layout().placed)
        return self


class Hub(Envelope[HubSpec]):
    """The shared network with the firewall, the jump server and the private DNS zone."""

    kind: Literal["Hub"]
    spec: HubSpec
