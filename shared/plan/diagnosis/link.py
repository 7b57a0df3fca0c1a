"""The links of the chain from a machine to an API server, and what is said of the one that is broken. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class BrokenLink(StrEnum):
    """Which link is broken, in the order of the chain. The values become reasons and are part of the API."""

    NETWORK_MISSING = "NetworkMissing"
    WRONG_SERVERS = "WrongDnsServers"
    SERVER_SILENT = "DnsServerSilent"
    DNS_PROXY_OFF = "FirewallDnsProxyOff"
    SERVER_REFUSES = "DnsServerRefuses"
    SERVER_FAILS = "DnsServerFails"
    SERVER_DOES_NOT_FORWARD = "DnsServerDoesNotForward"
    PRIVATE_ADDRESS_DROPPED = "PrivateAddressDropped"
    ZONE_MISSING = "ZoneMissing"
    OTHER_ZONE_LINKED = "OtherZoneLinked"
    SERVER_NETWORK_NOT_LINKED = "DnsServerNetworkNotLinked"
    NETWORK_NOT_LINKED = "NetworkNotLinked"
    RECORD_MISSING = "RecordMissing"
    RECORD_STALE = "RecordStale"
    PUBLIC_NAME_DISABLED = "PublicNameDisabled"
    ANSWER_CACHED = "AnswerCached"
    SECURITY_GROUP = "SecurityGroupDenies"
    ROUTE = "RouteLeadsElsewhere"
    PEERING_MISSING = "PeeringMissing"
    PEERING_NOT_CONNECTED = "PeeringNotConnected"
    PEERING_CLOSED = "PeeringClosed"
    PEERING_NOT_IN_SYNC = "PeeringNotInSync"
    PEERING_REFUSES_FORWARDED = "PeeringRefusesForwarded"
    FIREWALL_NOT_RUNNING = "FirewallNotRunning"
    FIREWALL_RULE = "FirewallDenies"
    CLUSTER_MISSING = "ClusterMissing"
    API_SERVER_STOPPED = "ApiServerStopped"
    API_SERVER_REFUSES = "ApiServerRefuses"
    UNKNOWN = "CauseUnknown"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The broken link, what is broken in plain words with the resource's name, and how to mend it."""

    link: BrokenLink
    message: str
    mend: str


def unknown(message: str, mend: str) -> Diagnosis:
    """Return that the cause was not found, with where to look."""
    return Diagnosis(BrokenLink.UNKNOWN, message, mend)
