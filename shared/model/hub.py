"""Hub: the shared network with the firewall, the jump server, the private DNS zone, and the spokes' address pool."""

from typing import Annotated, Literal

from pydantic import Field

from shared.model.envelope import Document
from shared.model.part import Part
from shared.model.rules import ApplicationRule, NetworkRule
from shared.model.values import (
    Addresses,
    Cidr,
    Cidrs,
    Domain,
    GroupName,
    Location,
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


class PublicIp(Part):
    """The firewall's public address."""

    name: ResourceName | None = None
    """Null: made from the hub's name."""
    zones: Zones | None = None
    """Null: those of the firewall."""


class Firewall(Part):
    """The way out for everything in the spokes."""

    sku: Literal["Basic", "Standard", "Premium"] = "Standard"
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


class JumpServer(Part):
    """The machine inside the network from which names and ports are checked. It has no public address."""

    size: Size = "Standard_B2s"
    admin_username: Username = "azureuser"
    ssh_public_key: SshPublicKey
    zones: Zones = ()
    """At most one: a machine is in one zone."""


class Bastion(Part):
    """Azure Bastion: the way for people to the jump server."""

    enabled: bool = False
    sku: Literal["Developer", "Basic", "Standard"] = "Basic"


class Dns(Part):
    """Who answers names."""

    mode: Literal["azure"] = "azure"
    """`azure`: Azure's own resolver, by links to the private DNS zone."""
    custom_servers: Addresses = ()
    """DNS servers of the hub's and the spokes' networks; they have to forward azmk8s.io to 168.63.129.16."""
    on_premises_domains: tuple[Domain, ...] = ()


class OnboardingRule(Part):
    """What a virtual network that asks to join has to be like (all that is given counts), and what happens then."""

    subscriptions: tuple[SubscriptionId, ...] = ()
    resource_groups: tuple[str, ...] = ()
    tags: Tags = Field(default_factory=dict)
    address_within: Cidr | None = None
    locations: tuple[Location, ...] = ()
    requesters: tuple[str, ...] = ()
    action: Literal["auto", "approve", "deny"]


class Onboarding(Part):
    """How virtual networks that appear in Azure join the hub; the first rule that fits decides."""

    tag: TagName = "spokewright-hub"
    rules: tuple[OnboardingRule, ...] = ()


class HubSubnets(Part):
    """The hub's subnets; null ones are derived from the address space in the platform's sizes."""

    firewall: Cidr | None = None
    firewall_management: Cidr | None = None
    """Used by the Basic firewall only."""
    bastion: Cidr | None = None
    jump_server: Cidr | None = None


class HubSpec(Part):
    """What a hub should be."""

    subscription_id: SubscriptionId
    location: Location
    resource_group: GroupName
    address_space: Annotated[Cidrs, Field(min_length=1)]
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
    tags: Tags = Field(default_factory=dict)


class Hub(Document[HubSpec]):
    """The shared network with the firewall, the jump server and the private DNS zone."""

    kind: Literal["Hub"] = "Hub"
    spec: HubSpec
