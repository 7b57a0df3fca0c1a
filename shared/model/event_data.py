"""What a lifecycle event carries: the shape of `data`, one for each kind of document. Its JSON Schemas are made here.

Subscribers read it: members are only ever added. Nothing is parsed with it at run time.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shared.model.part import Part

LONGEST_MESSAGE = 1000
"""Characters; Event Grid charges events in steps of 64 KiB, and a document keeps up to fifty of them."""


class HubOutputs(Part):
    """What others may want to know of a hub, as far as it is there."""

    virtual_network_id: str | None = None
    firewall_private_ip: str | None = None
    """Where the spokes' default route leads."""
    private_dns_zone_id: str | None = None
    jump_server_id: str | None = None


class SpokeOutputs(Part):
    """What others may want to know of a spoke, as far as it is there."""

    virtual_network_id: str | None = None
    route_table_id: str | None = None
    default_route: str | None = None
    """The firewall's address, where the default route leads there."""
    peered: bool | None = None
    """True once both sides of the peering are connected."""


class ClusterOutputs(Part):
    """What others may want to know of a cluster, as far as it is there."""

    cluster_id: str | None = None
    private_fqdn: str | None = None
    """The API server's private name."""
    fqdn: str | None = None
    node_resource_group_id: str | None = None


class EventData(Part):
    """What every lifecycle event says; members without a value are left out."""

    document: str
    """Which document: its kind and name, such as Spoke/payments."""
    generation: int
    """Which version of the document: it counts changes of the spec and the request for deletion."""
    reason: str
    """Why, as one word: the reason of the condition that changed (see the page of conditions)."""
    message: Annotated[str, Field(max_length=LONGEST_MESSAGE)]
    """Why, for people."""
    origin: Literal["request", "event"]
    """Whether a person or program asked for the document, or an event in Azure did (onboarding)."""
    plan_hash: str | None = None
    """The hash of the plan that is to be approved, or was; of other events, of the last plan."""
    requested_by: str | None = None
    """The object id of who made or tagged what was onboarded, where Azure's event said it."""
    decided_by: str | None = None
    """Who approved or rejected."""


class HubEventData(EventData):
    """The data of Spokewright.Hub.* events."""

    outputs: HubOutputs


class SpokeEventData(EventData):
    """The data of Spokewright.Spoke.* events."""

    outputs: SpokeOutputs


class ClusterEventData(EventData):
    """The data of Spokewright.Cluster.* events."""

    outputs: ClusterOutputs


DATA: dict[str, type[HubEventData | SpokeEventData | ClusterEventData]] = {
    "Hub": HubEventData,
    "Spoke": SpokeEventData,
    "Cluster": ClusterEventData,
}
_OUTPUTS: dict[str, type[Part]] = {"Hub": HubOutputs, "Spoke": SpokeOutputs, "Cluster": ClusterOutputs}


def told_outputs(kind: str) -> tuple[str, ...]:
    """Return the names of a kind's outputs that its events carry."""
    return tuple(str(field.alias) for field in _OUTPUTS[kind].model_fields.values())
