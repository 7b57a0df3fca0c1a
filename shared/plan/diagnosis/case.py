"""What a diagnosis is about: one name, one machine that could not use it, and what was seen from there. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.model.resource_id import ResourceId
    from shared.plan import probe


@dataclass(frozen=True, slots=True)
class Asked:
    """A DNS server that was asked directly, or one of those that the consumer's network names."""

    address: str
    network: ResourceId | None
    """The virtual network in which it stands; None where nobody knows, or on-premises."""
    resolution: probe.Resolution
    """How it answered when it was asked by itself; NOT_RUN where it was not."""
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """A consumer (a machine in a network) for whom an API server's name does not lead to the API server."""

    name: str
    """The API server's name."""
    endpoint: str | None
    """The private endpoint's present address."""
    consumer: ResourceId
    """The virtual network in which the machine stands."""
    subnet: ResourceId | None
    address: str
    """The machine's address; empty where it is not known."""
    home: ResourceId
    """The cluster's virtual network, in which the private endpoint is."""
    hub: ResourceId
    """The hub's virtual network."""
    zone: ResourceId | None
    """Where the name's private zone is or should be; None: the public name is the only one, or nobody knows."""
    servers: tuple[Asked, ...]
    """Empty: the consumer asks Azure's own resolver."""
    firewall_policy: ResourceId | None
    firewall: ResourceId | None
    probe: probe.Probe
    """What the consumer's machine saw."""
    cluster: ResourceId | None = None
    """The managed cluster; where it is not given it is looked for by its name."""
