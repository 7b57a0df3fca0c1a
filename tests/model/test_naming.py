"""Names of Azure resources: as people expect them, within Azure's rules, and apart for different documents."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.model import naming
from shared.model.resource_id import ResourceId
from shared.model.values import Name
from tests.model.samples import ABSENT, ATTACHED, MANAGED_CLUSTER, NETWORK, cluster, hub, spoke

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups"
NET = "providers/Microsoft.Network"
DOCUMENT_NAME: TypeAdapter[str] = TypeAdapter(Name)
HUB, SPOKE, CLUSTER = hub(), spoke(), cluster()
ADOPTED = spoke(addressSpace=ABSENT, virtualNetworkId=NETWORK)
NAMES = {
    "hub network": (naming.hub_network(HUB), f"{GROUP}/rg-hub-weu/{NET}/virtualNetworks/vnet-hub-weu"),
    "firewall": (naming.firewall(HUB), f"{GROUP}/rg-hub-weu/{NET}/azureFirewalls/afw-weu"),
    "policy": (naming.firewall_policy(HUB), f"{GROUP}/rg-hub-weu/{NET}/firewallPolicies/afwp-weu"),
    "public address": (naming.firewall_public_ip(HUB), f"{GROUP}/rg-hub-weu/{NET}/publicIPAddresses/pip-afw-weu"),
    "public address, named": (
        naming.firewall_public_ip(hub(firewall__publicIp__name="egress")),
        f"{GROUP}/rg-hub-weu/{NET}/publicIPAddresses/egress",
    ),
    "jump server": (
        naming.jump_server(HUB), f"{GROUP}/rg-hub-weu/providers/Microsoft.Compute/virtualMachines/vm-jump-weu"),
    "zone": (
        naming.private_dns_zone(HUB), f"{GROUP}/rg-hub-weu/{NET}/privateDnsZones/privatelink.westeurope.azmk8s.io"),
    "hub's side": (
        naming.hub_peering(HUB, SPOKE),
        f"{GROUP}/rg-hub-weu/{NET}/virtualNetworks/vnet-hub-weu/virtualNetworkPeerings/weu-to-payments",
    ),
    "spoke's side": (
        naming.spoke_peering(SPOKE, HUB),
        f"{GROUP}/rg-payments/{NET}/virtualNetworks/vnet-payments/virtualNetworkPeerings/payments-to-weu",
    ),
    "spoke network": (naming.spoke_network(SPOKE, HUB), f"{GROUP}/rg-payments/{NET}/virtualNetworks/vnet-payments"),
    "adopted network": (naming.spoke_network(ADOPTED, HUB), NETWORK),
    "adopted network's group": (naming.spoke_group(ADOPTED, HUB), f"{GROUP}/rg-old"),
    "route table": (naming.spoke_route_table(SPOKE, HUB), f"{GROUP}/rg-payments/{NET}/routeTables/rt-payments"),
    "cluster": (
        naming.managed_cluster(CLUSTER, SPOKE, HUB),
        f"{GROUP}/rg-payments/providers/Microsoft.ContainerService/managedClusters/aks-payments-prod",
    ),
    "cluster in a group of its own": (
        naming.cluster_group(cluster(resourceGroup="rg-aks"), SPOKE, HUB), f"{GROUP}/rg-aks"),
    "attached cluster": (naming.managed_cluster(cluster(**ATTACHED), SPOKE, HUB), MANAGED_CLUSTER),
    "attached cluster's group": (naming.cluster_group(cluster(**ATTACHED), SPOKE, HUB), f"{GROUP}/rg-theirs"),
    "identity": (
        naming.cluster_identity(CLUSTER, SPOKE, HUB),
        f"{GROUP}/rg-payments/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-payments-prod",
    ),
    "nodes' group": (naming.node_group(CLUSTER, SPOKE, HUB), f"{GROUP}/rg-payments-prod-nodes"),
    "subzone": (
        naming.private_dns_subzone(cluster(privateDns={"mode": "subzone", "subzone": "pay"}), SPOKE, HUB),
        f"{GROUP}/rg-payments/{NET}/privateDnsZones/pay.privatelink.westeurope.azmk8s.io",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_the_id_of_a_resource(name: str) -> None:
    """Each resource has the id that its documents say."""
    made, expected = NAMES[name]
    assert str(made) == expected
    assert ResourceId.parse(expected) == made


document_names = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", fullmatch=True)


@given(one=document_names, two=document_names)
def test_names_keep_azures_limits(one: str, two: str) -> None:
    """The longest document names still make names that Azure takes."""
    home, guest, made = hub(one), spoke(two, hub=one), cluster(one, spoke=two)
    limits = (
        (naming.hub_network(home), 64),
        (naming.firewall(home), 56),
        (naming.jump_server(home), 64),
        (naming.jump_server_security_group(home), 80),
        (naming.firewall_management_public_ip(home), 80),
        (naming.hub_peering(home, guest), 80),
        (naming.spoke_peering(guest, home), 80),
        (naming.managed_cluster(made, guest, home), 63),
        (naming.cluster_identity(made, guest, home), 128),
        (naming.node_group(made, guest, home), 80),
    )
    for resource, longest in limits:
        assert len(resource.name) <= longest
        assert re.fullmatch(r"[a-z][a-z0-9-]*[a-z0-9]|[a-z0-9-]*[a-z0-9]", resource.name)


def test_long_peerings_stay_apart() -> None:
    """Two peerings whose names differ only behind the limit have different names, both recognised as ours."""
    home = hub("h" * 40)
    one, two = (naming.hub_peering(home, spoke("s" * 39 + end, hub=home.name)) for end in "ab")
    assert one != two
    assert naming.is_hub_peering(home, one.name)
    assert not naming.is_hub_peering(home, "somebody-elses")


@given(st.text(st.characters(codec="utf-8", exclude_characters="/"), min_size=1, max_size=90))
def test_what_is_found_gets_a_document_name(name: str) -> None:
    """Whatever a resource is called, its document's name is one that documents may have, in any spelling of the id."""
    found = NETWORK.rpartition("/")[0] + f"/{name}"
    given_name = naming.onboarded_name(found)
    assert DOCUMENT_NAME.validate_python(given_name) == given_name
    assert naming.onboarded_name(f"{found}/") == given_name


def test_found_resources_of_one_name_are_kept_apart() -> None:
    """The resource's name is there to read, the hash tells groups apart, and case does not matter."""
    first, second = (f"{GROUP}/{group}/{NET}/virtualNetworks/Vnet_Main" for group in ("rg-a", "rg-b"))
    assert re.fullmatch("vnet-main-[0-9a-f]{6}", naming.onboarded_name(first))
    assert naming.onboarded_name(first) == naming.onboarded_name(first.upper())
    assert naming.onboarded_name(first) != naming.onboarded_name(second)
    assert len(naming.onboarded_name(f"{first}{'x' * 80}")) == 40
