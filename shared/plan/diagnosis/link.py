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
    SERVER_FAILS = "DnsForwardingFails"
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


MEANINGS = {
    BrokenLink.NETWORK_MISSING: "A virtual network is not there any more.",
    BrokenLink.WRONG_SERVERS: "The machine asks other DNS servers than it should; the message says which.",
    BrokenLink.SERVER_SILENT: "A DNS server does not answer, and nothing on the way to it stops the question.",
    BrokenLink.DNS_PROXY_OFF: "The firewall is asked for names, and its DNS proxy is off.",
    BrokenLink.SERVER_REFUSES: "A DNS server refuses to answer the machine: its access control leaves it out.",
    BrokenLink.SERVER_FAILS: "A DNS server fails: whom it forwards to is silent, loops, or is not believed (DNSSEC).",
    BrokenLink.SERVER_DOES_NOT_FORWARD: "A DNS server does not forward the private zone to Azure's own resolver.",
    BrokenLink.PRIVATE_ADDRESS_DROPPED: "A DNS server drops private addresses from the answers of public DNS.",
    BrokenLink.ZONE_MISSING: "The private DNS zone of the name is not there.",
    BrokenLink.OTHER_ZONE_LINKED: "The network is linked to another private DNS zone, which wins.",
    BrokenLink.SERVER_NETWORK_NOT_LINKED: "The private DNS zone is not linked to the network of the DNS server.",
    BrokenLink.NETWORK_NOT_LINKED: "The private DNS zone is not linked to the network of the machine.",
    BrokenLink.RECORD_MISSING: "The private DNS zone has no A record for the name.",
    BrokenLink.RECORD_STALE: "The A record has another address than the private endpoint.",
    BrokenLink.PUBLIC_NAME_DISABLED: "The cluster has no private zone, and its public name is switched off.",
    BrokenLink.ANSWER_CACHED: "All of Azure is right; somebody who was asked keeps an older answer.",
    BrokenLink.SECURITY_GROUP: "A rule of a network security group denies the connection.",
    BrokenLink.ROUTE: "A route leads the connection elsewhere or nowhere, or there is none.",
    BrokenLink.PEERING_MISSING: "Two networks are not peered.",
    BrokenLink.PEERING_NOT_CONNECTED: "A peering is Initiated or Disconnected: its other side is not there.",
    BrokenLink.PEERING_CLOSED: "A peering has access to the other network switched off.",
    BrokenLink.PEERING_NOT_IN_SYNC: "A peering does not know the present address space of the other network.",
    BrokenLink.PEERING_REFUSES_FORWARDED: "A network takes nothing that the firewall passes on.",
    BrokenLink.FIREWALL_NOT_RUNNING: "The way leads through the firewall, which is stopped or failed.",
    BrokenLink.FIREWALL_RULE: "The way leads through the firewall, whose rules deny the connection.",
    BrokenLink.CLUSTER_MISSING: "The managed cluster is not there any more.",
    BrokenLink.API_SERVER_STOPPED: "The cluster is stopped.",
    BrokenLink.API_SERVER_REFUSES: "The private endpoint's address is reached, and nobody listens there.",
    BrokenLink.UNKNOWN: "Nothing that could be read explains it; the message says where to look.",
}
"""What each means, for the documentation's tables."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The broken link, what is broken in plain words with the resource's name, and how to mend it."""

    link: BrokenLink
    message: str
    mend: str


def unknown(message: str, mend: str) -> Diagnosis:
    """Return that the cause was not found, with where to look."""
    return Diagnosis(BrokenLink.UNKNOWN, message, mend)
