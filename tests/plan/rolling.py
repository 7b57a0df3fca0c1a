"""A hub whose networks get other DNS servers, without all of Azure: documents, networks, and servers that fall silent.

What decides is the code itself; here is who looks when, what a network has, and who answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.model import naming
from shared.model.conditions import READY, Condition
from shared.model.related import Related
from shared.plan.dns import rollout, servers
from shared.plan.dns.rollout import HUB, State
from shared.plan.documents import hub as hubs
from shared.plan.observed import Observed
from tests.model import samples

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.model.cluster import Cluster
    from shared.model.hub import Hub
    from shared.model.spoke import Spoke

Json = dict[str, Any]
Have = tuple[str, ...]

FIREWALL = "10.0.0.4"
FOREIGN = "203.0.113.66"
"""What somebody else writes into a network: no server of the hub's."""

WITHOUT_JUMP_SERVER = "azure, and no jump server any more"

TARGETS: dict[str, Json] = {
    "azure": {"mode": "azure"},
    "azure, with forwarders beside": {"mode": "azure", "forwarder": {"count": 2}},
    "forwarders": {"mode": "forwarder"},
    "one forwarder": {"mode": "forwarder", "forwarder": {"count": 1}},
    "theirs": {"mode": "external", "customServers": ["10.9.0.4", "10.9.0.5"]},
    "others of theirs": {"mode": "external", "customServers": ["10.9.0.5", "10.9.1.4"]},
    "a resolver": {"mode": "resolver"},
    "theirs, through the firewall": {"mode": "external", "customServers": ["10.9.0.4"], "viaFirewall": True},
    WITHOUT_JUMP_SERVER: {"mode": "azure"},
}
SERVERS = ("10.0.1.4", "10.0.1.5", "10.9.0.4", "10.9.0.5", "10.9.1.4", "10.0.0.100", FIREWALL)
"""Every server that one of these names."""


class Rolling:
    """The documents as they are stored, and what stands in Azure."""

    def __init__(self, target: str = "azure") -> None:
        self.hub: Hub = _hub(target)
        self.spokes: dict[str, Spoke] = {}
        self.clusters: dict[str, Cluster] = {}
        self.networks: dict[str, Have] = {HUB: ()}
        self.up = set(SERVERS)
        self.jump_server = True
        self.publish()

    @property
    def related(self) -> Related:
        """What the hub looks at."""
        return Related(
            spokes=tuple(self.spokes[name] for name in sorted(self.spokes)), clusters=tuple(self.clusters.values())
        )

    @property
    def state(self) -> State:
        """What the hub decided last."""
        return State.of(self.hub)

    @property
    def proof(self) -> Json:
        """What the last proof that was taken says."""
        found: Json = self.hub.status.outputs.get(rollout.PROOF, {})
        return found

    def answered(self, addresses: Have) -> bool:
        """Say whether all of these answered in the last proof."""
        return all(self.proof.get("servers", {}).get(address, {}).get("answers") for address in addresses)

    def change(self, target: str) -> None:
        """Apply another version of the hub's document."""
        fresh, generation = _hub(target), self.hub.metadata.generation + 1
        metadata = fresh.metadata.model_copy(update={"generation": generation})
        self.hub = fresh.model_copy(update={"metadata": metadata, "status": self.hub.status})

    # The hub

    def observed(self) -> Observed:
        """What of the hub stands."""
        return Observed(
            [
                _body(naming.hub_network(self.hub), {"dhcpOptions": {"dnsServers": list(self.networks[HUB])}}),
                _body(
                    naming.firewall(self.hub), {"ipConfigurations": [{"properties": {"privateIPAddress": FIREWALL}}]}
                ),
            ]
        )

    def publish(self) -> None:
        """Set the hub's outputs to what is decided now."""
        self._store(hubs.outputs(self.hub, self.related, self.observed()))

    def _store(self, outputs: Mapping[str, Any]) -> None:
        status = self.hub.status.model_copy(update={"outputs": dict(outputs)})
        self.hub = self.hub.model_copy(update={"status": status})

    def look(self) -> Have:
        """Let the hub look, decide and change its own network; return the servers that it had."""
        before, after = self.networks[HUB], rollout.for_hub(self.hub, self.related, self.networks[HUB])
        self.publish()
        if after != before:
            self.networks[HUB] = after
            self.publish()
        return before

    def prove(self) -> bool:
        """Ask the servers, where the hub has nothing else to do; say whether they were asked."""
        if rollout.for_hub(self.hub, self.related, self.networks[HUB]) != self.networks[HUB]:
            return False
        asked = rollout.addresses_to_ask(self.hub)
        if not asked or self.hub.spec.jump_server is None:
            return False
        taken: Json = {
            "servers": {one: {"answers": one in self.up, "message": f"{one} is silent"} for one in asked},
            "moved": list(self.state.moved),
            "generation": self.hub.metadata.generation,
        }
        proof = taken if self.jump_server else self.proof | {"failed": "it is stopped"}
        self._store(self.hub.status.outputs | {rollout.PROOF: proof})
        return self.jump_server

    def proof_is_due(self) -> bool:
        """Say whether the hub's look asks for a proof."""
        return rollout.proof_is_due(self.hub, self.related, self.networks[HUB])

    # Spokes

    def appear(self, name: str, *, ready: bool = False) -> None:
        """Add a spoke, whose network is not there yet."""
        number = 4 * len(self.networks)
        self.spokes[name] = samples.spoke(name, addressSpace=[f"10.64.{number}.0/22"])
        if ready:
            self.apply(name)
            self.ready(name)

    def wanted(self, name: str) -> Have:
        """Return what a spoke's look wants its network to have."""
        return rollout.for_spoke(self.hub, self.spokes[name], self.networks.get(name))

    def apply(self, name: str) -> None:
        """Let a spoke look and change its network."""
        self.networks[name] = self.wanted(name)
        self.tell(name)

    def tell(self, name: str) -> None:
        """Publish what a spoke's network has."""
        found = {"virtualNetworkId": f"/{name}", rollout.SPOKE_OUTPUT: list(self.networks[name])}
        self._set(name, outputs=found)

    def ready(self, name: str, *, holds: bool = True) -> None:
        """Let a spoke be ready, or not any more."""
        said = Condition(type=READY, status="True" if holds else "False", reason="DifferencesFound")
        self._set(name, conditions=(said,))

    def populate(self, name: str) -> None:
        """Make a cluster in a spoke."""
        cluster = samples.cluster(f"in-{name}", spoke=name)
        status = cluster.status.model_copy(update={"outputs": {"clusterId": "/c"}})
        self.clusters[name] = cluster.model_copy(update={"status": status})

    def leave(self, name: str) -> None:
        """Let a spoke be gone, with what is in it."""
        del self.spokes[name]
        self.clusters.pop(name, None)
        self.networks.pop(name, None)

    def _set(self, name: str, **status: Any) -> None:
        spoke = self.spokes[name]
        self.spokes[name] = spoke.model_copy(update={"status": spoke.status.model_copy(update=status)})

    def in_use(self, name: str) -> bool:
        """Say whether a spoke is, or was, ready, or a cluster is in it."""
        return bool(self.spokes[name].status.conditions) or name in self.clusters

    def silent(self, name: str) -> bool:
        """Say whether none of the servers that a spoke's network has answered in the last proof."""
        known, have = self.proof.get("servers", {}), self.networks.get(name, ())
        return bool(have) and all(one in known and not known[one]["answers"] for one in have)

    # Everybody

    @property
    def rounds(self) -> int:
        """How many rounds are enough: one for each network, twice, for it may go back before it goes on."""
        return 2 * (len(self.networks) + 2) + 4

    @property
    def at_target(self) -> bool:
        """Say whether every network has what the document asks for."""
        target = servers.wanted(self.hub)
        spokes = all(self.networks.get(name) == getattr(target, "spokes", None) for name in self.spokes)
        return spokes and self.networks[HUB] == getattr(target, "hub", None) and self.state.before is None


def _body(identity: Any, properties: Json) -> Json:
    return {"id": str(identity), "name": identity.name, "properties": {"provisioningState": "Succeeded"} | properties}


def _hub(target: str) -> Hub:
    jump_server = samples.ABSENT if target == WITHOUT_JUMP_SERVER else samples.SPECS["Hub"]["jumpServer"]
    return samples.hub(dns=TARGETS[target], jumpServer=jump_server)
