"""The overview as models: for the description only, as `orchestration/api/answers.py`."""

from datetime import datetime
from typing import Literal

from orchestration.api.answers import Answer, LifecycleEvent
from shared.model.approval import Approval
from shared.model.conditions import ConditionStatus
from shared.model.envelope import Kind


class Drift(Answer):
    """Whether Azure was changed behind the document's back."""

    status: ConditionStatus
    message: str


class Gauge(Answer):
    """How much is used of what Azure limits, as of the last look."""

    used: int | None
    limit: int


class Shown(Answer):
    """What is said of every document."""

    kind: Kind
    name: str
    ready: ConditionStatus
    reason: str
    message: str
    current: bool
    """Whether all that speaks of the newest version."""
    reconciling: bool
    deleting: bool
    drift: Drift


class ClusterShown(Shown):
    """A cluster."""

    spoke: str
    policy: Literal["Manage", "Attach"]
    private_fqdn: str | None
    resolves: ConditionStatus
    answers: ConditionStatus
    checked: datetime | None


class SpokeCapacity(Answer):
    """Of a spoke's route table."""

    routes: Gauge


class SpokeShown(Shown):
    """A spoke."""

    hub: str
    origin: Literal["request", "event"]
    address_space: list[str]
    peered: bool
    state: Literal["attaching", "attached", "leaving", "asking", "rejected", "expired", "refused"]
    approval: Approval | None = None
    """Of one that asked to join."""
    capacity: SpokeCapacity
    clusters: list[ClusterShown]


class FirewallShown(Answer):
    """The way out."""

    private_ip: str | None
    ready: bool


class JumpServerShown(Answer):
    """Whether there is to be one, and is."""

    wanted: bool
    present: bool


class DnsShown(Answer):
    """Who answers names."""

    mode: str | None
    answers: ConditionStatus
    """The condition DnsServersAnswer; Unknown where there is no server to ask."""
    reason: str
    message: str
    """What is wrong with them, or how far networks are that are being pointed at them."""


class ZoneShown(Answer):
    """The hub's private DNS zone."""

    id: str | None
    name: str | None


class HubCapacity(Answer):
    """Of a hub's network and its zone."""

    peerings: Gauge
    links: Gauge


class HubShown(Shown):
    """A hub."""

    location: str
    address_space: list[str]
    firewall: FirewallShown
    jump_server: JumpServerShown
    dns: DnsShown
    zone: ZoneShown
    capacity: HubCapacity
    spokes: list[SpokeShown]


class Asking(Answer):
    """A network that waits for a person."""

    document: str
    hub: str | None
    address_space: list[str]
    hash: str | None
    message: str
    asked_at: datetime | None
    expires_at: datetime | None
    requested_by: str | None


class Overview(Answer):
    """Everything at a glance."""

    generated_at: datetime
    hubs: list[HubShown]
    orphans: list[SpokeShown | ClusterShown]
    approvals: list[Asking]
    events: list[LifecycleEvent]
