"""Spoke: a network of an application team, peered with its hub, whose way out is the hub's firewall."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shared.model.envelope import Document
from shared.model.part import Part
from shared.model.values import (
    Cidr,
    Cidrs,
    GroupName,
    Location,
    Name,
    Port,
    ResourceName,
    SubscriptionId,
    Tags,
    matching,
)

NetworkId = Annotated[
    str,
    matching(
        r"(?i:/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Network/virtualNetworks/[^/]+)",
        "the id of a virtual network; write it like "
        "/subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.Network/virtualNetworks/<name>",
    ),
]


class Subnet(Part):
    """A subnet of the spoke; one of an adopted network needs only its name."""

    name: ResourceName
    role: Literal["nodes", "extra"] = "extra"
    """`nodes`: for clusters; its way out is the firewall. `extra`: for anything else, routed alike."""
    address_prefix: Cidr | None = None
    prefix_length: Annotated[int, Field(ge=8, le=29)] | None = None
    """Instead of a prefix: the next free block of this size. Neither: half of the address space."""


NODES = Subnet(name="nodes", role="nodes")


class SecurityRule(Part):
    """A rule of the spoke's network security group."""

    name: ResourceName
    priority: Annotated[int, Field(ge=100, le=4096)]
    direction: Literal["Inbound", "Outbound"] = "Inbound"
    access: Literal["Allow", "Deny"]
    protocol: Literal["Tcp", "Udp", "Icmp", "*"] = "*"
    sources: Annotated[tuple[str, ...], Field(min_length=1)] = ("*",)
    destinations: Annotated[tuple[str, ...], Field(min_length=1)] = ("*",)
    ports: Annotated[tuple[Port, ...], Field(min_length=1)] = ("*",)


class NetworkSecurityGroup(Part):
    """The group on every subnet of the spoke; without rules it has Azure's defaults."""

    rules: tuple[SecurityRule, ...] = ()


class SpokeSpec(Part):
    """What a spoke should be."""

    hub: Name
    subscription_id: SubscriptionId | None = None
    """Null: the hub's; of an adopted network: its own."""
    location: Location | None = None
    """Null: the hub's."""
    resource_group: GroupName | None = None
    """Null: rg-<name>; of an adopted network: its own."""
    address_space: Cidrs = ()
    """Empty: the next free block of the hub's pool, stable from then on."""
    virtual_network_id: NetworkId | None = None
    """A network to adopt: never created or deleted, and nothing of it changed but what we add."""
    subnets: Annotated[tuple[Subnet, ...], Field(min_length=1)] = (NODES,)
    network_security_group: NetworkSecurityGroup = NetworkSecurityGroup()
    drift: Literal["repair", "report", "ignore"] = "repair"
    """What to do when Azure was changed behind the document's back."""
    tags: Tags = Field(default_factory=dict)


class Spoke(Document[SpokeSpec]):
    """A network of an application team, peered with its hub."""

    kind: Literal["Spoke"] = "Spoke"
    spec: SpokeSpec
