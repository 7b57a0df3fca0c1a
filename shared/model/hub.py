"""Hub: the shared network with the firewall, the jump server, the private DNS zone, and the spokes' address pool."""

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic.alias_generators import to_camel

from shared.model import addressing, judging
from shared.model.addressing import Want
from shared.model.envelope import Envelope
from shared.model.part import Fault, Part
from shared.model.rules import ApplicationRule, NetworkRule
from shared.model.values import (
    Addresses,
    Cidr,
    Domain,
    Drift,
    GroupName,
    Location,
    OwnCidrs,
    ResourceName,
    Size,
    SubscriptionId,
    TagName,
    Tags,
    Zones,
    matching,
)

SshPublicKey = Annotated[
    str,
    matching(
        r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]{16,}={0,3}( [^\n]*)?",
        "an SSH public key; paste the one line of a .pub file, like ssh-ed25519 AAAA...",
        longest=4096,
    ),
]
Username = Annotated[
    str,
    matching(r"[a-z_][a-z0-9_-]*", "a Linux user name: use lower-case letters, digits, _ and -", longest=32),
]


REFUSED_USERNAMES = frozenset({"admin", "administrator", "root", "guest", "test", "user", "owner", "server", "sys"})
DNS_SERVER_LIMIT = 20


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


class JumpServer(Part):
    """The machine inside the network from which names and ports are checked. It has no public address."""

    size: Size = "Standard_B2s"
    admin_username: Username = "azureuser"
    ssh_public_key: SshPublicKey
    zones: Zones = ()
    """At most one: a machine is in one zone."""

    def faults(self) -> Iterator[Fault]:
        """Judge the user name, which Azure restricts, and that a machine is in one zone."""
        if self.admin_username in REFUSED_USERNAMES:
            yield ("adminUsername",), f"Azure refuses '{self.admin_username}'; use another name, such as azureuser"
        if len(self.zones) > 1:
            yield ("zones",), "a machine is in one availability zone; keep one"


class Bastion(Part):
    """Azure Bastion: the way for people to the jump server."""

    enabled: bool = False
    """Whether there is one."""
    sku: Literal["Developer", "Basic", "Standard"] = "Basic"
    """Azure's SKU. Developer needs neither a subnet nor a public address."""


class Dns(Part):
    """Who answers names."""

    mode: Literal["azure"] = "azure"
    """`azure`: Azure's own resolver, by links to the private DNS zone."""
    custom_servers: Addresses = ()
    """DNS servers of the hub's and the spokes' networks; they have to forward azmk8s.io to 168.63.129.16."""
    on_premises_domains: tuple[Domain, ...] = ()
    """Kept, and not acted on yet."""

    def faults(self) -> Iterator[Fault]:
        """Judge how many servers Azure takes."""
        if len(self.custom_servers) > DNS_SERVER_LIMIT:
            yield ("customServers",), f"a network takes at most {DNS_SERVER_LIMIT} DNS servers"


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


SIZES = {"firewall": 26, "jump_server": 27, "bastion": 26, "firewall_management": 26}
"""The hub's subnets with the platform's sizes, in the order in which they are laid out."""


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

    def needs_subnet(self, role: str) -> bool:
        """Say whether a subnet (a field of HubSubnets) is used."""
        match role:
            case "bastion":
                return self.bastion.enabled and self.bastion.sku != "Developer"
            case "firewall_management":
                return self.firewall.sku == "Basic"
            case "jump_server":
                return self.jump_server is not None
            case _:
                return True

    def _layout(self) -> addressing.Layout:
        # Unused ones have their place too where there is room: switching Bastion on later moves nothing.
        return addressing.lay_out(
            self.address_space,
            [Want(role, getattr(self.subnets, role), size, self.needs_subnet(role)) for role, size in SIZES.items()],
        )

    def _subnet_faults(self) -> Iterator[Fault]:
        for role, message in self._layout().faults.items():
            given = getattr(self.subnets, role) is not None
            hint = "; change it, or leave it out and it is derived" if given else ""
            yield ("subnets", to_camel(role)) if given else ("addressSpace",), message + hint
        for role, size in SIZES.items():
            prefix: IPv4Network | None = getattr(self.subnets, role)
            longest = judging.SMALLEST if role == "jump_server" else size
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

    @model_validator(mode="after")
    def _show_subnets(self) -> Self:
        """Put the derived prefixes in, so that the stored document shows them."""
        self.__dict__["subnets"] = self.subnets.model_copy(update=self._layout().placed)
        return self


class Hub(Envelope[HubSpec]):
    """The shared network with the firewall, the jump server and the private DNS zone."""

    kind: Literal["Hub"]
    spec: HubSpec
