"""Conditions: what is true of a document now, as Kubernetes says it. The types and reasons, with what each means.

The documentation's tables are made from this module. Pure: the time is an argument.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from shared.model.part import Part

ConditionStatus = Literal["True", "False", "Unknown"]

SHOWN = 900
"""Characters of a message that a condition keeps of words whose length nobody bounds."""

READY = "Ready"
RECONCILING = "Reconciling"
WAITING = "Waiting"
API_SERVER_RESOLVABLE = "ApiServerResolvable"
API_SERVER_REACHABLE = "ApiServerReachable"
API_SERVER_PRIVATE = "ApiServerPrivate"
EGRESS_ROUTED = "EgressRouted"
DRIFTED = "Drifted"
APPROVED = "Approved"
PACED = "Paced"
DNS_SERVERS_ANSWER = "DnsServersAnswer"

TYPES = {
    READY: "Everything the document asks for exists in Azure as it asks for it.",
    RECONCILING: "Spokewright is changing Azure for this document right now.",
    WAITING: "Something has to happen first; the reason says what, and it goes on by itself.",
    API_SERVER_RESOLVABLE: "The jump server resolves the API server's private name to its private endpoint's address.",
    API_SERVER_REACHABLE: "The jump server reaches the API server on TCP port 443.",
    API_SERVER_PRIVATE: "The API server of an attached cluster has an address inside the network only.",
    EGRESS_ROUTED: "The nodes of an attached cluster have one way out, the hub's firewall.",
    DRIFTED: "Azure was changed behind the document's back.",
    APPROVED: "The network may join the hub: a rule or a person said so; where not, who has to do what.",
    DNS_SERVERS_ANSWER: "The DNS servers of the networks know private and public names; the jump server asked.",
    PACED: "The document is looked at less often than it is woken: something changes it again and again.",
}

PROVISIONED = "Provisioned"
APPLYING = "Applying"
IDLE = "Idle"
DELETING = "Deleting"
STEP_FAILED = "StepFailed"
DENIED = "Denied"
INVALID = "Invalid"
NOT_CONVERGING = "NotConverging"
INTERNAL_ERROR = "InternalError"
HUB_MISSING = "HubMissing"
HUB_NOT_READY = "HubNotReady"
SPOKE_MISSING = "SpokeMissing"
SPOKE_NOT_READY = "SpokeNotReady"
RESOURCE_MISSING = "ResourceMissing"
PEER_NOT_READY = "PeerNotReady"
PEER_LOST = "PeerLost"
SPOKES_ATTACHED = "SpokesAttached"
CLUSTERS_ATTACHED = "ClustersAttached"
ZONE_NAME_TAKEN = "ZoneNameTaken"
PRIVATE_API_SERVER = "PrivateApiServer"
PUBLIC_API_SERVER = "PublicApiServer"
ROUTED = "Routed"
NOT_ROUTED = "NotRouted"
OTHER_WAY_OUT = "OtherWayOut"
ADDRESS_SPACE_TAKEN = "AddressSpaceTaken"
POOL_EXHAUSTED = "PoolExhausted"
APPROVAL_NEEDED = "ApprovalNeeded"
PLAN_APPROVED = "PlanApproved"
APPROVED_BY_RULE = "ApprovedByRule"
REJECTED = "Rejected"
APPROVAL_EXPIRED = "ApprovalExpired"
REFUSED = "Refused"
TOO_MANY_WAKES = "TooManyWakes"
NEXT_HOP_TAKEN = "NextHopTaken"
NAME_TAKEN = "NameTaken"
RESOLVES = "Resolves"
DOES_NOT_RESOLVE = "DoesNotResolve"
WRONG_ADDRESS = "WrongAddress"
ANSWERS = "Answers"
DOES_NOT_ANSWER = "DoesNotAnswer"
NO_JUMP_SERVER = "NoJumpServer"
NOT_VERIFIED = "NotVerified"
ADDRESS_MOVED = "AddressMoved"
CLUSTER_STOPPED = "ClusterStopped"
VERIFICATION_FAILED = "VerificationFailed"
AZURE_RESOLVER = "AzureResolver"
DNS_SERVERS_PROVEN = "DnsServersProven"
DNS_SERVER_FAILS = "DnsServerFails"
DNS_CHANGING = "DnsChanging"
DNS_ROLLED_BACK = "DnsRolledBack"
DNS_NOT_PROVEN = "DnsNotProven"
DIFFERENCES_FOUND = "DifferencesFound"
IN_SYNC = "InSync"
DRIFT_IGNORED = "DriftIgnored"
RESTORED = "Restored"

REASONS = {
    PROVISIONED: "All resources of the document exist and match it.",
    APPLYING: "Steps of a plan are running.",
    IDLE: "Nothing is running for the document.",
    DELETING: "Deletion was requested; its resources are being removed in order.",
    STEP_FAILED: "Azure refused or failed a step; the message names the resource, Azure's error and what to do.",
    DENIED: "Spokewright lacks a permission in Azure; the message names the action and the scope.",
    INVALID: "The document cannot be applied as it is; the message says what to change.",
    INTERNAL_ERROR: "Spokewright itself failed; its log has the details, and it is tried again by itself.",
    NOT_CONVERGING: "Something keeps changing back what Spokewright writes.",
    HUB_MISSING: "The hub that the document names does not exist yet.",
    HUB_NOT_READY: "The hub has not got far enough, for instance its firewall has no private address yet.",
    SPOKE_MISSING: "The spoke that the cluster names does not exist yet.",
    SPOKE_NOT_READY: "The spoke has not got far enough, for instance its subnet has no route to the firewall yet.",
    RESOURCE_MISSING: "A resource that the document adopts does not exist; its owner has to create it.",
    PEER_NOT_READY: "The other side of the peering does not exist yet.",
    PEER_LOST: "One side of the peering was deleted by somebody; the other goes first, then both are made anew.",
    SPOKES_ATTACHED: "A hub cannot be deleted while spokes are attached to it.",
    CLUSTERS_ATTACHED: "A spoke cannot be deleted while clusters are in it.",
    ZONE_NAME_TAKEN: "The hub's network is linked to another private DNS zone of this name; Azure allows one.",
    PRIVATE_API_SERVER: "The API server has an address inside the network only.",
    PUBLIC_API_SERVER: "The API server has a public address: nothing is connected, and nothing changed.",
    ROUTED: "The nodes' subnets send everything to the hub's firewall, and the cluster relies on that.",
    NOT_ROUTED: "A subnet of the nodes does not send everything to the hub's firewall.",
    OTHER_WAY_OUT: "The cluster's outbound type is not userDefinedRouting: it has a way out of its own.",
    ADDRESS_SPACE_TAKEN: "Another spoke of the hub holds the address space.",
    POOL_EXHAUSTED: "The hub's spoke pool has no free block of the wanted size.",
    APPROVAL_NEEDED: "An onboarding rule asks for a person's approval of the plan.",
    PLAN_APPROVED: "A person approved the plan.",
    APPROVED_BY_RULE: "An onboarding rule of the hub approves networks like this one.",
    REJECTED: "A person rejected the plan; `POST .../retry` asks anew.",
    APPROVAL_EXPIRED: "Nobody decided in time, or the approval was not used in time; `POST .../retry` asks anew.",
    REFUSED: "The hub's rules deny the network, or a check says that it cannot join; the message says which and why.",
    TOO_MANY_WAKES: "The limit of looks per minute is reached; it goes on by itself.",
    NAME_TAKEN: "A resource that somebody else made has the name that ours would have; it is left alone.",
    NEXT_HOP_TAKEN: "A route table that is kept has a default route of its own, which leads elsewhere.",
    RESOLVES: "The name resolves to the private endpoint's address.",
    DOES_NOT_RESOLVE: "The name does not resolve on the jump server.",
    WRONG_ADDRESS: "The name resolves, but not to the private endpoint's address.",
    ANSWERS: "TCP port 443 answers.",
    DOES_NOT_ANSWER: "TCP port 443 does not answer.",
    NO_JUMP_SERVER: "The hub has no jump server, so nothing can look from inside the network.",
    ADDRESS_MOVED: "The private endpoint moved a moment ago, and a server still has its old address in its cache.",
    CLUSTER_STOPPED: "Somebody stopped the cluster; its API server answers again when it is started.",
    NOT_VERIFIED: "It was not checked yet.",
    VERIFICATION_FAILED: "The check itself could not be run on the jump server.",
    AZURE_RESOLVER: "The networks ask Azure's own resolver; there is no server to ask.",
    DNS_SERVERS_PROVEN: "Every server resolved a private and a public name.",
    DNS_SERVER_FAILS: "A DNS server does not answer as it should; the message says which, how, and what to do.",
    DNS_CHANGING: "The servers answer, and networks are being pointed at them one after the other.",
    DNS_ROLLED_BACK: "A server fell silent while networks were pointed at it; they get back those they had.",
    DNS_NOT_PROVEN: "The DNS servers of the hub have not all answered yet, or the network does not have them yet.",
    DIFFERENCES_FOUND: "Azure differs from the document.",
    IN_SYNC: "Azure matches the document.",
    DRIFT_IGNORED: "Azure differs from the document, whose policy is to leave that alone.",
    RESTORED: "The document is from a backup and Azure differs from it: nothing is done until it is asked for anew.",
}


class Condition(Part):
    """One thing that is true, false or unknown of a document."""

    type: str
    status: ConditionStatus
    reason: str
    message: str = ""
    last_transition_time: datetime | None = None
    """When `status` last changed."""


def find(conditions: Iterable[Condition], type_: str) -> Condition | None:
    """Return the condition of this type, if there is one."""
    return next((condition for condition in conditions if condition.type == type_), None)


def is_true(conditions: Iterable[Condition], type_: str) -> bool:
    """Say whether the condition is there and True."""
    found = find(conditions, type_)
    return found is not None and found.status == "True"


def set_condition(conditions: Iterable[Condition], new: Condition, now: datetime) -> tuple[Condition, ...]:
    """Return the conditions with `new` in its type's place (or last); the time moves only when the status does."""
    kept = tuple(conditions)
    old = find(kept, new.type)
    if old is None:
        return (*kept, new.model_copy(update={"last_transition_time": now}))
    moved = now if old.status != new.status else old.last_transition_time or now
    stamped = new.model_copy(update={"last_transition_time": moved})
    return tuple(stamped if condition.type == new.type else condition for condition in kept)
