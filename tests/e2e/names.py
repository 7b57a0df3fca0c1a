"""What the end-to-end tests of DNS share: hubs with servers, and servers of somebody else."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from tests.e2e.site import hub_network
from tests.e2e.stage import Json, condition, example

if TYPE_CHECKING:
    from local.demo.client import Client
    from local.somebody import Somebody

ZONES: dict[str, Json] = {
    "shared": {"mode": "shared"},
    "subzone": {"mode": "subzone", "subzone": "team-b"},
    "system": {"mode": "system"},
    "none": {"mode": "none", "publicFqdn": True},
}
"""Every mode of a cluster's private zone."""

THEIRS = ("10.9.0.4", "10.9.0.5")
"""Where somebody's DNS servers stand, in a network of their own beside the hub."""


def hub(dns: Json) -> Json:
    """Return the example's hub, with a DNS of its own."""
    document = example()[0]
    document["spec"]["dns"] = dns
    return document


def spoke(name: str, **spec: Any) -> Json:
    """Return a spoke without an address space."""
    metadata = {"name": name}
    return {"apiVersion": "spokewright/v1", "kind": "Spoke", "metadata": metadata, "spec": {"hub": "weu", **spec}}


def cluster(name: str, private_dns: Json) -> Json:
    """Return a cluster in the spoke of its name."""
    document = copy.deepcopy(example()[2])
    document["metadata"]["name"] = name
    document["spec"] |= {"spoke": name, "privateDns": private_dns}
    return document


async def servers(somebody: Somebody, tag: str = "yes") -> str:
    """Make somebody's network with two DNS servers in it, which forward to Azure; return the network's id."""
    group = await somebody.group("rg-dns")
    network = await somebody.network(group, "vnet-dns", ["10.9.0.0/24"], {"servers": {"addressPrefix": "10.9.0.0/26"}})
    for number, address in enumerate(THEIRS, 1):
        await somebody.machine(f"{network}/subnets/servers", f"dns-{number}", address, {"dns-forwarder": tag})
    return network


async def reach(somebody: Somebody, network: str) -> None:
    """Peer somebody's network with the hub's, both ways; it takes what spokes send through the firewall."""
    await somebody.peer(hub_network(), "theirs", network)
    await somebody.peer(network, "theirs", hub_network(), forwarded=True)


async def rows(client: Client, name: str) -> dict[str, Json]:
    """Return a cluster's rows of the resolution matrix, by consumer."""
    outputs = (await client.api(f"clusters/{name}"))["status"]["outputs"]
    return {row["consumer"]: row for row in outputs["verification"]["consumers"]}


def said(document: Json, type_: str) -> tuple[str, str]:
    """Return a condition's status and reason."""
    found = condition(document, type_)
    return found["status"], found["reason"]
