"""A hub's DNS: who answers names in its networks and on-premises, and what has to be forwarded where."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo

from shared.model.machines import Forwarder
from shared.model.part import Fault, Part
from shared.model.values import Addresses, Cidrs, Domain, NetworkId, ZoneId

DNS_SERVER_LIMIT = 20
"""DNS servers that a virtual network takes."""

CLUSTERS_ZONE = "azmk8s.io"
"""What servers inside Azure forward: every private zone of a cluster, whatever its mode, lies below it."""

Mode = Literal["azure", "forwarder", "resolver", "external"]


def _as_meant(mode: Mode, info: ValidationInfo) -> Mode:
    """Read a document from before there were modes: `azure` with servers of one's own always meant `external`."""
    return "external" if mode == "azure" and info.data.get("custom_servers") else mode


def _machines(fields: dict[str, Any]) -> Forwarder | None:
    return Forwarder() if fields.get("mode") == "forwarder" else None


class Dns(Part):
    """Who answers names."""

    custom_servers: Addresses = ()
    """With mode `external`: the servers. They have to forward azmk8s.io to 168.63.129.16."""
    mode: Annotated[Mode, AfterValidator(_as_meant), Field(validate_default=True)] = "azure"
    """`azure`: Azure's own resolver, by links to the private DNS zones. `forwarder`: machines of ours in the hub.
    `resolver`: Azure DNS Private Resolver. `external`: servers that exist already."""
    server_networks: tuple[NetworkId, ...] = ()
    """With mode `external`: virtual networks in which the servers stand, each linked to every zone."""
    via_firewall: bool = False
    """Spokes ask the firewall's DNS proxy, which asks the mode's servers."""
    zone_id: ZoneId | None = None
    """A private DNS zone of the region that exists already, in any subscription. Null: one in the hub's group."""
    forwarded_zones: tuple[Domain, ...] = ()
    """Further private zones that go to Azure's resolver, such as privatelink.vaultcore.azure.net."""
    forwarder: Forwarder | None = Field(default_factory=_machines)
    """The machines of mode `forwarder`. Given with another mode, they stay beside it, until this is removed."""
    on_premises_domains: tuple[Domain, ...] = ()
    """Domains that servers on-premises answer: what modes `forwarder` and `resolver` send there."""
    on_premises_servers: Addresses = ()
    """Those servers."""
    on_premises_ranges: Cidrs = ()
    """Address ranges on-premises from which the hub's forwarders may be asked."""

    @property
    def answered_by_servers(self) -> bool:
        """Say whether networks are pointed at servers, which have to answer before."""
        return self.mode != "azure" or self.via_firewall

    @property
    def has_servers(self) -> bool:
        """Say whether there are servers to ask: those of networks, or forwarders that only on-premises asks."""
        return self.answered_by_servers or self.forwarder is not None

    def faults(self) -> Iterator[Fault]:
        """Judge what belongs to which mode, and that what is on-premises is named as a whole."""
        yield from self._external_faults()
        if self.mode == "forwarder" and self.forwarder is None:
            yield ("forwarder",), "mode forwarder needs its machines; leave this out, or say what they are like"
        acted_on = self.mode in ("forwarder", "resolver")
        if acted_on and bool(self.on_premises_domains) != bool(self.on_premises_servers):
            lacking = "onPremisesServers" if self.on_premises_domains else "onPremisesDomains"
            yield (lacking,), "is required where the other of onPremisesDomains and onPremisesServers is given; add it"
        twice = [name for name in self.on_premises_domains if name in (*self.forwarded_zones, CLUSTERS_ZONE)]
        if twice:
            yield ("onPremisesDomains",), f"{twice[0]} goes to Azure's resolver; name it in one place"

    def _external_faults(self) -> Iterator[Fault]:
        if len(self.custom_servers) > DNS_SERVER_LIMIT:
            yield ("customServers",), f"a network takes at most {DNS_SERVER_LIMIT} DNS servers"
        if self.mode == "external" and not self.custom_servers:
            yield ("customServers",), "is required with mode external; name the servers"
        if self.mode != "external":
            for name, given in (("customServers", self.custom_servers), ("serverNetworks", self.server_networks)):
                if given:
                    yield (name,), f"belongs to mode external only; remove it, or use that mode instead of {self.mode}"
