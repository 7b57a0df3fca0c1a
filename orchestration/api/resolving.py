"""Who resolves what, and a hub's DNS, as models: for the description only, as `orchestration/api/answers.py`."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from orchestration.api.answers import Answer
from shared.model.conditions import ConditionStatus
from shared.model.dns import Mode
from shared.plan.dns.kit import Format


class ConsumerRow(Answer):
    """What one consumer saw of a cluster."""

    consumer: str
    """`hub`, `dns/<address>`, `spoke/<name>` or `on-premises`."""
    network: str | None
    """The virtual network in which it is; null where that is not in Azure, or not known."""
    machine: str | None
    """The machine that was asked; null where none can be."""
    servers: list[str]
    """The DNS servers that are asked there; empty: Azure's own resolver."""
    resolves: ConditionStatus
    answers: ConditionStatus
    """Unknown where the servers were only asked from elsewhere: that proves the name, and not the way."""
    reason: str
    """As in conditions; else the broken link of the chain."""
    message: str
    """What was seen, what is broken, and what to do."""
    addresses: list[str]
    checked: datetime
    output: str
    """What the machine printed, the beginning of it."""


class ResolutionRow(Answer):
    """What was seen of a cluster: by the hub's jump server, and in `consumers` by everybody."""

    cluster: str
    hub: str | None
    from_: str = Field(alias="from")
    name: str | None
    endpoint_address: str | None
    """Where the private endpoint is, and so what the name has to resolve to."""
    resolves: ConditionStatus
    answers: ConditionStatus
    message: str
    checked: datetime | None
    consumers: list[ConsumerRow]
    """Empty where nobody was asked yet."""
    evidence: Any


class Resolution(Answer):
    """One item per cluster."""

    items: list[ResolutionRow]


class DnsCondition(Answer):
    """The hub's condition DnsServersAnswer."""

    status: ConditionStatus
    reason: str
    message: str


class DnsServer(Answer):
    """One server, and whether it answers."""

    address: str
    role: Literal["firewall", "forwarder", "resolver", "external", "earlier"]
    """`earlier`: networks had it, and the document names it no more."""
    network: str | None
    """The virtual network in which it stands; null where that is not known."""
    answers: bool | None
    """Null where it was not asked."""
    message: str
    """What it does instead, and what to do; or why it was not asked."""
    checked: datetime | None


class DecidedServers(Answer):
    """The DNS servers of the hub's network, and of the spokes'; empty: Azure's own resolver."""

    hub: list[str]
    spokes: list[str]


class DnsNetworks(Answer):
    """Whose network has which servers."""

    target: list[str] | None
    """What spokes' networks get in the end; null while the firewall, which they are to ask, has no address."""
    hub_target: list[str] | None
    decided: DecidedServers
    """What they should have now: the target once it is proven, until then what they had."""
    present: dict[str, list[str] | None]
    """What they had when they were last seen, by the spoke's name, and `Hub`; null where nobody saw it yet."""
    changing: bool
    """Whether they are being pointed at other servers, one after the other."""
    back: bool
    """Whether they go back to what they had, because a server fell silent."""
    moved: list[str]
    turn: list[str]
    """Who is next."""
    adopted: list[str]
    """Spokes whose networks keep the servers that their owners gave them."""
    progress: str
    """How far the networks have got, in a sentence."""


class DnsConfiguration(Answer):
    """What one kind of server on-premises is told."""

    format: Format
    title: str
    file: str
    """Where it belongs."""
    text: str


class HubDns(Answer):
    """A hub's DNS as of its last look."""

    hub: str
    mode: Mode
    condition: DnsCondition | None
    servers: list[DnsServer]
    networks: DnsNetworks
    inbound: list[str]
    """Where servers on-premises forward to."""
    zones: list[str]
    """What they forward."""
    forward: str | None
    """What servers that exist already have to forward where."""
    configurations: list[DnsConfiguration]
    note: str | None
    """What has to be known before, or done first where there is no configuration."""
