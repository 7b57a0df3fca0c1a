"""Public DNS as far as machines here ask it: public names, and the public names of API servers."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from local.simulator.topology import public_names
from local.simulator.topology.answers import Resolution
from local.simulator.topology.evidence import Chain, Evidence
from local.simulator.topology.view import CLUSTER

if TYPE_CHECKING:
    from local.simulator.resource import Resource
    from local.simulator.topology.view import View

# Resolvers of the internet that people name as upstreams.
RESOLVERS = frozenset(
    IPv4Address(text)
    for text in (
        "1.1.1.1",
        "1.0.0.1",
        "8.8.8.8",
        "8.8.4.4",
        "9.9.9.9",
        "149.112.112.112",
        "208.67.222.222",
        "208.67.220.220",
    )
)


def ask_public(view: View, name: str, server: IPv4Address, chain: Chain) -> Resolution:
    """Answer from public DNS, which knows the public names of API servers too."""
    for cluster in view.of_type(CLUSTER):
        if str(cluster.properties.get("fqdn", "")).lower() == name.lower():
            address = _public_api_server(cluster, name)
            known = Evidence("public-dns", holds=True, detail=f"public name of {cluster.name}")
            return Resolution("NOERROR", name, server, (address,), (), (*chain, known))
    if public_names.exists(name):
        known = Evidence("public-dns", holds=True, detail=f"{name} is a public name")
        return Resolution("NOERROR", name, server, (public_names.address_of(name),), (), (*chain, known))
    unknown = Evidence("public-dns", holds=False, detail=f"public DNS has no {name}")
    return Resolution("NXDOMAIN", name, server, chain=(*chain, unknown))


def _public_api_server(cluster: Resource, name: str) -> IPv4Address:
    """A private cluster's public name leads to its private address."""
    private = cluster.state.get("privateIp")
    profile = cluster.properties.get("apiServerAccessProfile") or {}
    if profile.get("enablePrivateCluster") and private:
        return IPv4Address(str(private))
    return public_names.address_of(name)
