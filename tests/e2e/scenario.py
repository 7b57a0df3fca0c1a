"""A whole life, in acts: all that Spokewright makes, changes, adopts, attaches and takes down.

Hubs lie in one subscription, in resource groups that were there before; everything else in another one.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

from local.somebody import ELSEWHERE, HOME
from tests.e2e.names import ZONES, cluster, hub, spoke
from tests.e2e.site import TAG, Site, eventually
from tests.e2e.stage import PATIENCE, Json, condition, is_ready, none_left, until

GROUPS = tuple(f"/subscriptions/{HOME}/resourceGroups/{name}" for name in ("rg-hub-weu", "rg-hub-neu"))
"""Where the hubs are made."""
CENTRAL = f"/subscriptions/{HOME}/resourceGroups/rg-central-dns"
ZONE = f"{CENTRAL}/providers/Microsoft.Network/privateDnsZones/team-c.privatelink.westeurope.azmk8s.io"
THEIRS = f"/subscriptions/{ELSEWHERE}/resourceGroups/rg-theirs"
PROVIDER = f"{THEIRS}/providers/Microsoft.Network"
ADOPTED = f"{PROVIDER}/virtualNetworks/vnet-tagged"
KUBENET = "routeTables/aks-agentpool-12345678-routetable"
NAT = "natGateways/nat"
AGENTS = f"/subscriptions/{ELSEWHERE}/resourceGroups/rg-agents/providers"
MACHINE = f"{AGENTS}/Microsoft.Compute/virtualMachines/agent"
RANGE = "172.20.0.0/16"
DOMAINS = ["corp.example.com", "lab.example.com"]


@dataclass
class Scenario:
    """The acts in their order; `run` plays all of them."""

    site: Site
    documents: list[Json] = field(default_factory=list)

    async def run(self) -> None:
        """Play the whole life."""
        await self.prepare()
        await self.provision()
        await self.take_in()
        await self.change()
        await self.take_down()

    async def prepare(self) -> None:
        """Make what others have: the hubs' groups, a central zone, networks, one of them with a cluster."""
        somebody = self.site.somebody
        for group, location in zip((*GROUPS, CENTRAL), ("westeurope", "northeurope", "westeurope"), strict=True):
            await somebody.send("PUT", group, {"location": location})
        await somebody.put(ZONE, {"location": "global"})
        await somebody.group("rg-theirs", ELSEWHERE)
        guard, way, kept = (f"{PROVIDER}/{name}" for name in ("networkSecurityGroups/nsg", NAT, KUBENET))
        for path in (guard, way, kept):
            await somebody.put(path, {"location": "westeurope", "sku": {"name": "Standard"}, "properties": {}})
        members = {
            "nodes": {"addressPrefix": "10.100.0.0/26"},
            "guarded": {"addressPrefix": "10.100.0.64/26", "networkSecurityGroup": {"id": guard}},
            "outward": {"addressPrefix": "10.100.0.128/27", "natGateway": {"id": way}},
            "pods": {"addressPrefix": "10.100.0.160/27", "routeTable": {"id": kept}},
        }
        await somebody.network(THEIRS, "vnet-tagged", ["10.100.0.0/24"], members)

    async def provision(self) -> None:
        """Make two hubs, with everything that hubs may have, spokes, and clusters of every zone mode."""
        self.documents = [forwarding_hub(), resolving_hub(), *spokes_and_clusters()]
        await self._apply("provision", {})

    async def take_in(self) -> None:
        """Take in a network by its tag, a cluster that somebody makes in it, and a machine in a spoke."""
        site, somebody = self.site, self.site.somebody
        await somebody.tag(ADOPTED, "Merge", {TAG: "weu"})
        await site.attached(ADOPTED)
        identity = await somebody.identity(THEIRS, "theirs", THEIRS)
        access = {"enablePrivateCluster": True, "privateDNSZone": "system"}
        made = await somebody.cluster(THEIRS, "theirs", f"{ADOPTED}/subnets/nodes", identity, access)
        await until(lambda: self._attached(made))
        subnet = f"{AGENTS}/Microsoft.Network/virtualNetworks/vnet-agents/subnets/machines"
        await somebody.machine(subnet, "agent", await self._free_address(subnet))

    async def change(self) -> None:
        """Change what can be changed: servers, rules, subnets; take away Bastion and sign-in by Entra ID."""
        for document in self.documents:
            spec = document["spec"]
            match document["kind"], document["metadata"]["name"]:
                case "Hub", "weu":
                    spec["dns"] = {"mode": "azure"}
                    spec["bastion"] = {"enabled": False}
                    spec["jumpServer"]["entraLogin"] = False
                    spec["firewall"] = {"rulePack": "aks-private"}
                case "Hub", "neu":
                    spec["dns"] = spec["dns"] | {"onPremisesDomains": DOMAINS[:1]}
                case "Spoke", "agents":
                    spec["dns"] = {"resolvesClusters": True, "machineId": MACHINE}
        await self._apply("change", {"weu": 2, "neu": 2, "agents": 2})
        self.documents[1]["spec"]["dns"] = {"mode": "resolver"}
        await self._apply("change again", {"neu": 3})

    async def take_down(self) -> None:
        """Let everything go, also what was taken in."""
        await self.site.somebody.delete(MACHINE)
        await self.site.somebody.delete(f"{AGENTS}/Microsoft.Network/networkInterfaces/nic-agent")
        await self.site.somebody.tag(ADOPTED, "Delete", {TAG: "weu"})
        await self.site.gone(ADOPTED)
        await self.site.client.send({"documents": self.documents}, "delete", message_id="take-down")
        await until(lambda: none_left(self.site.client))

    async def _apply(self, act: str, generations: dict[str, int]) -> None:
        """Send the documents, and wait until all are ready; those named in a generation that is not an earlier one."""
        await self.site.client.send({"documents": self.documents}, message_id=act)

        async def unready() -> dict[str, Any]:
            found = {one["metadata"]["name"] + one["kind"]: one for one in await self.site.client.documents()}
            left: dict[str, Any] = {}
            for document in self.documents:
                name = document["metadata"]["name"]
                one = found.get(name + document["kind"])
                if one is None or one["metadata"]["generation"] < generations.get(name, 1) or not is_ready(one):
                    left[name] = one and condition(one, "Ready")
            return left

        await eventually(unready, {}, PATIENCE)

    async def _free_address(self, subnet: str) -> str:
        """Return the first address of a subnet that Azure leaves free."""
        prefix = ip_network((await self.site.somebody.get(subnet))["properties"]["addressPrefix"])
        return str(prefix[4])

    async def _attached(self, made: str) -> bool:
        found = (await self.site.client.api("clusters"))["items"]
        return any(
            is_ready(one) for one in found if (one["spec"].get("managedClusterId") or "").lower() == made.lower()
        )


def forwarding_hub() -> Json:
    """Return a hub with forwarders, Bastion, a jump server with Entra ID sign-in, and rules of its own."""
    document = hub({"mode": "forwarder", "onPremisesRanges": [RANGE]})
    rule = {"name": "docs", "fqdns": ["docs.example.com"]}
    document["spec"] |= {
        "bastion": {"enabled": True},
        "firewall": {"rulePack": "aks-private", "applicationRules": [rule]},
        "onboarding": {"rules": [{"subscriptions": [ELSEWHERE], "action": "auto"}]},
    }
    document["spec"]["jumpServer"]["entraLogin"] = True
    return document


def resolving_hub() -> Json:
    """Return a hub with a resolver that sends a domain on-premises."""
    dns = {"mode": "resolver", "onPremisesDomains": DOMAINS, "onPremisesServers": ["172.20.0.10"]}
    document = hub(dns | {"onPremisesRanges": [RANGE]})
    document["metadata"]["name"] = "neu"
    document["spec"] |= {
        "resourceGroup": "rg-hub-neu",
        "location": "northeurope",
        "addressSpace": ["10.24.0.0/22"],
        "spokePool": "10.128.0.0/10",
    }
    return document


def spokes_and_clusters() -> list[Json]:
    """Return a spoke with a cluster for each zone mode, and spokes without one, all in the other subscription."""
    abroad: dict[str, Any] = {"subscriptionId": ELSEWHERE}
    subnets = [{"name": "nodes", "role": "nodes"}, {"name": "machines", "prefixLength": 27}]
    found = [spoke("agents", subnets=subnets, **abroad), spoke("north", **abroad | {"hub": "neu"})]
    zones = copy.deepcopy(ZONES) | {"central": {"mode": "subzone", "subzone": "team-c", "zoneId": ZONE}}
    for name, private_dns in zones.items():
        found += [spoke(name, **abroad), cluster(name, private_dns)]
    return found
