"""Who has to resolve a cluster's API server, and from where that is asked: the rows of the resolution matrix.

What can be measured is measured on a machine that stands there. Where none does, the DNS servers that are asked there
are asked from the jump server, which proves the names and not the way; and where that cannot be, nothing is claimed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.model import naming
from shared.model.resource_id import ResourceId
from shared.plan import probe
from shared.plan.dns import rollout, servers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shared.model.hub import Hub
    from shared.model.spoke import Spoke
    from shared.plan.steps import Json

HUB, ON_PREMISES = "hub", "on-premises"
OWN = "own"
"""The section of what a machine sees with its own network's servers."""


@dataclass(frozen=True, slots=True)
class Consumer:
    """One row: who asks, and how that is found out."""

    name: str
    """`hub`, `dns/<address>`, `spoke/<name>`, `on-premises`."""
    network: ResourceId | None
    """Where it is; None where that is not in Azure, or not known."""
    machine: ResourceId | None
    """On which machine it is asked; None: on none."""
    servers: tuple[str, ...] = ()
    """The servers that are asked there; empty: Azure's own resolver."""
    directly: bool = False
    """Whether the machine stands elsewhere, and asks those servers by their addresses."""
    subnet: ResourceId | None = None

    @property
    def sections(self) -> tuple[str, ...]:
        """The parts of the machine's output that this row is judged by."""
        return tuple(f"at {address}" for address in self.servers) if self.directly else (OWN,)


def of_cluster(hub: Hub, spokes: Iterable[Spoke]) -> tuple[Consumer, ...]:
    """Return the rows of a cluster of the hub; `spokes`: those that ask to resolve all clusters."""
    return (*_of_hub(hub), *_of_servers(hub), *(_of_spoke(hub, spoke) for spoke in spokes), *_on_premises(hub))


def _jump_server(hub: Hub) -> ResourceId | None:
    return None if hub.spec.jump_server is None else naming.jump_server(hub)


def _of_hub(hub: Hub) -> Iterator[Consumer]:
    subnet = naming.hub_subnet(hub, naming.JUMP_SERVER_SUBNET)
    own = rollout.State.of(hub).now.hub
    yield Consumer(HUB, naming.hub_network(hub), _jump_server(hub), own, subnet=subnet)


def _of_servers(hub: Hub) -> Iterator[Consumer]:
    for address in servers.direct(hub):
        network = servers.network_of(hub, address)
        yield Consumer(f"dns/{address}", network, _jump_server(hub), (address,), directly=True)


def _of_spoke(hub: Hub, spoke: Spoke) -> Consumer:
    name, network = f"spoke/{spoke.name}", naming.spoke_network(spoke, hub)
    given, known = spoke.spec.dns.machine_id, rollout.has(spoke) or ()
    if given is not None:
        return Consumer(name, network, ResourceId.parse(given), known)
    return Consumer(name, network, _jump_server(hub) if known else None, known, directly=bool(known))


def _on_premises(hub: Hub) -> Iterator[Consumer]:
    addresses = servers.inbound_addresses(hub)
    if addresses:
        yield Consumer(ON_PREMISES, None, _jump_server(hub), addresses, directly=True)


def differ(rows: Iterable[Consumer], seen: Iterable[Json]) -> bool:
    """Say whether others have to resolve the cluster, or by other servers, than when it was last proved (`seen`)."""
    now = {row.name: (None if row.machine is None else row.machine.name, list(row.servers)) for row in rows}
    return now != {str(row["consumer"]): (row["machine"], row["servers"]) for row in seen}


def machines(rows: Iterable[Consumer]) -> tuple[ResourceId, ...]:
    """Return the machines on which something is asked, each once, the jump server first."""
    return tuple({row.machine.key: row.machine for row in rows if row.machine is not None}.values())


QUESTIONS_EACH = 8
"""Lookups that one run command makes: what is printed of one is up to 400 bytes."""


def scripts(rows: Iterable[Consumer], machine: ResourceId, name: str) -> tuple[tuple[str, ...], ...]:
    """Return the lines that one machine is asked to run, for all rows that are asked there, each question once."""
    asked: dict[str, tuple[str, ...]] = {}
    for row in rows:
        if row.machine is None or row.machine.key != machine.key:
            continue
        if not row.directly:
            asked[OWN] = (probe.lookup(name), probe.connection(name))
            continue
        for section, address in zip(row.sections, row.servers, strict=True):
            asked[section] = (probe.lookup(name, address),)
    return probe.parted([(probe.section(title), *lines) for title, lines in asked.items()], QUESTIONS_EACH)
