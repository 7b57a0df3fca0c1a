"""Every rule of one document: what breaks it, where that is reported, and which word of the message helps."""

from __future__ import annotations

from typing import Any

import pytest

from tests.model.samples import ABSENT, ATTACHED, KEY, MANAGED_CLUSTER, NETWORK, SUBSCRIPTION, problems, sample

OTHER_ZONE = NETWORK.replace("virtualNetworks/old", "privateDnsZones/privatelink.northeurope.azmk8s.io")

POOL = {"name": "system", "size": "Standard_D4s_v5", "count": 3}
RULE = {"name": "r", "ports": [443], "destinations": ["AzureMonitor"]}
NSG_RULE = {"name": "a", "priority": 100, "access": "Allow"}

# name: (changes of the sample's spec, path below $.spec, part of the message)
Case = tuple[dict[str, Any], str, str]

HUB: dict[str, Case] = {
    "unknown field": ({"adressSpace": []}, "adressSpace", "not a known field"),
    "unknown nested field": ({"firewall__skew": 1}, "firewall.skew", "not a known field"),
    "snake case is unknown": ({"resource_group": "x"}, "resource_group", "not a known field"),
    "missing": ({"location": ABSENT}, "location", "is required"),
    "null": ({"location": None}, "location", "is null"),
    "subscription": ({"subscriptionId": "prod"}, "subscriptionId", "not a subscription id"),
    "location": ({"location": "West Europe"}, "location", "westeurope"),
    "group ends with a full stop": ({"resourceGroup": "rg."}, "resourceGroup", "no full stop"),
    "group of other letters": ({"resourceGroup": "rg-ü"}, "resourceGroup", "letters, digits"),
    "group too long": ({"resourceGroup": "r" * 91}, "resourceGroup", "at most 90"),
    "no address space": ({"addressSpace": []}, "addressSpace", "at least 1"),
    "not a list": ({"addressSpace": "10.0.0.0/22"}, "addressSpace", "must be a list"),
    "not a range": ({"addressSpace": ["10.0.0.0"]}, "addressSpace[0]", "like 10.0.0.0/22"),
    "number for a range": ({"addressSpace": [10]}, "addressSpace[0]", "like 10.0.0.0/22"),
    "prefix too long": ({"addressSpace": ["10.0.0.0/33"]}, "addressSpace[0]", "not an address range"),
    "mask": ({"addressSpace": ["10.0.0.0/255.255.0.0"]}, "addressSpace[0]", "like 10.0.0.0/16"),
    "host bits": ({"addressSpace": ["10.0.0.1/22"]}, "addressSpace[0]", "contains it is 10.0.0.0/22"),
    "IPv6": ({"addressSpace": ["fd00::/48"]}, "addressSpace[0]", "only IPv4"),
    "same range twice": ({"addressSpace": ["10.0.0.0/22"] * 2}, "addressSpace", "listed twice"),
    "ranges overlap": ({"addressSpace": ["10.0.0.0/22", "10.0.2.0/24"]}, "addressSpace[1]", "overlaps 10.0.0.0/22"),
    "range too large": ({"addressSpace": ["32.0.0.0/4"]}, "addressSpace[0]", "wrong size"),
    "range too small": ({"addressSpace": ["10.0.0.0/24", "10.1.0.0/30"]}, "addressSpace[1]", "wrong size"),
    "link-local": ({"addressSpace": ["169.254.8.0/22"]}, "addressSpace[0]", "169.254.0.0/16"),
    "documentation range": ({"addressSpace": ["192.0.2.0/24"]}, "addressSpace[0]", "reserves"),
    "reserved 172.30": ({"addressSpace": ["172.30.4.0/22"]}, "addressSpace[0]", "172.30.0.0/16"),
    "reserved 172.31": ({"addressSpace": ["172.16.0.0/12"]}, "addressSpace[0]", "172.3"),
    "Azure's resolver": ({"addressSpace": ["168.63.0.0/16"]}, "addressSpace[0]", "168.63.129.16/32"),
    "loopback": ({"addressSpace": ["127.0.0.0/22"]}, "addressSpace[0]", "127.0.0.0/8"),
    "subnets do not fit": ({"addressSpace": ["10.0.0.0/26"]}, "addressSpace", "no room for subnet jumpServer"),
    "subnet outside": ({"subnets__firewall": "10.9.0.0/26"}, "subnets.firewall", "does not lie"),
    "subnets overlap": (
        {"subnets": {"firewall": "10.0.0.0/26", "jumpServer": "10.0.0.32/27"}},
        "subnets.jumpServer",
        "overlaps 10.0.0.0/26",
    ),
    "firewall subnet too small": ({"subnets__firewall": "10.0.0.0/27"}, "subnets.firewall", "/26 or larger"),
    "bastion subnet too small": ({"subnets__bastion": "10.0.0.0/27"}, "subnets.bastion", "/26 or larger"),
    "pool overlaps": ({"spokePool": "10.0.0.0/8"}, "spokePool", "overlaps 10.0.0.0/22"),
    "pool reserved": ({"spokePool": "172.30.0.0/16"}, "spokePool", "reserves"),
    "blocks larger than the pool": ({"spokePool": "10.64.0.0/24"}, "spokePrefixLength", "does not fit"),
    "block size": ({"spokePrefixLength": 30}, "spokePrefixLength", "at most 28"),
    "SKU": ({"firewall__sku": "Cheap"}, "firewall.sku", "'Basic', 'Standard' or 'Premium'"),
    "zone": ({"firewall__zones": [4]}, "firewall.zones[0]", "1, 2 and 3"),
    "zone twice": ({"firewall__zones": [1, "1"]}, "firewall.zones", "listed twice"),
    "rule pack": ({"firewall__rulePack": "none"}, "firewall.rulePack", "aks-private-strict"),
    "boolean as text": ({"firewall__dnsProxy": "yes"}, "firewall.dnsProxy", "true or false"),
    "Basic has no DNS proxy": ({"firewall": {"sku": "Basic", "dnsProxy": True}}, "firewall.dnsProxy", "Standard"),
    "rule goes nowhere": (
        {"firewall__networkRules": [{"name": "r", "ports": [443]}]},
        "firewall.networkRules[0]",
        "goes nowhere",
    ),
    "rule by both": (
        {"firewall": {"dnsProxy": True, "networkRules": [RULE | {"fqdns": ["a.example.com"]}]}},
        "firewall.networkRules[0].fqdns",
        "either",
    ),
    "names need the DNS proxy": (
        {"firewall__networkRules": [{"name": "r", "ports": [443], "fqdns": ["a.example.com"]}]},
        "firewall.networkRules[0].fqdns",
        "dnsProxy: true",
    ),
    "rule twice": ({"firewall__networkRules": [RULE, RULE]}, "firewall.networkRules[1].name", "networkRules[0]"),
    "port": ({"firewall__networkRules": [RULE | {"ports": [0]}]}, "firewall.networkRules[0].ports[0]", "not a port"),
    "port range backwards": (
        {"firewall__networkRules": [RULE | {"ports": ["90-80"]}]},
        "firewall.networkRules[0].ports[0]",
        "not a port",
    ),
    "no ports": ({"firewall__networkRules": [RULE | {"ports": []}]}, "firewall.networkRules[0].ports", "at least 1"),
    "destination": (
        {"firewall__networkRules": [RULE | {"destinations": ["a b"]}]},
        "firewall.networkRules[0].destinations[0]",
        "service tag",
    ),
    "application rule goes nowhere": (
        {"firewall__applicationRules": [{"name": "r"}]},
        "firewall.applicationRules[0]",
        "fqdns or fqdnTags",
    ),
    "application rule by both": (
        {"firewall__applicationRules": [{"name": "r", "fqdns": ["a.example.com"], "fqdnTags": ["WindowsUpdate"]}]},
        "firewall.applicationRules[0].fqdnTags",
        "make two rules",
    ),
    "name with a path": (
        {"firewall__applicationRules": [{"name": "r", "fqdns": ["https://a.example.com/x"]}]},
        "firewall.applicationRules[0].fqdns[0]",
        "mcr.microsoft.com",
    ),
    "no SSH key": ({"jumpServer": {}}, "jumpServer.sshPublicKey", "is required"),
    "private key": (
        {"jumpServer__sshPublicKey": "-----BEGIN OPENSSH PRIVATE KEY-----"},
        "jumpServer.sshPublicKey",
        ".pub",
    ),
    "two keys": ({"jumpServer__sshPublicKey": f"{KEY}\n{KEY}"}, "jumpServer.sshPublicKey", "one line"),
    "user root": ({"jumpServer__adminUsername": "root"}, "jumpServer.adminUsername", "azureuser"),
    "user name": ({"jumpServer__adminUsername": "Me"}, "jumpServer.adminUsername", "lower-case"),
    "machine in two zones": ({"jumpServer__zones": [1, 2]}, "jumpServer.zones", "keep one"),
    "Bastion SKU": ({"bastion__sku": "Premium"}, "bastion.sku", "Standard"),
    "mode external without servers": ({"dns__mode": "external"}, "dns.customServers", "name the servers"),
    "servers of a resolver": (
        {"dns": {"mode": "resolver", "customServers": ["10.9.0.4"]}},
        "dns.customServers",
        "mode external only",
    ),
    "networks of no servers": ({"dns__serverNetworks": [NETWORK]}, "dns.serverNetworks", "mode external only"),
    "no forwarder": ({"dns": {"mode": "forwarder", "forwarder": None}}, "dns.forwarder", "needs its machines"),
    "one zone, two forwarders": (
        {"dns": {"mode": "forwarder", "forwarder": {"zones": ["1"]}}},
        "dns.forwarder.zones",
        "2 machines need 2 zones",
    ),
    "three forwarders": ({"dns": {"mode": "forwarder", "forwarder": {"count": 3}}}, "dns.forwarder.count", "2"),
    "domains without servers": (
        {"dns": {"mode": "resolver", "onPremisesDomains": ["corp.example.com"]}},
        "dns.onPremisesServers",
        "is required",
    ),
    "a server on-premises in the hub": (
        {
            "dns": {
                "mode": "forwarder",
                "onPremisesDomains": ["corp.example.com"],
                "onPremisesServers": ["10.0.0.100"],
            }
        },
        "dns.onPremisesServers",
        "in the hub itself",
    ),
    "nobody to ask the servers": ({"jumpServer": None, "dns__mode": "resolver"}, "dns.mode", "add jumpServer"),
    "a proxy of the Basic firewall": (
        {"firewall__sku": "Basic", "dns__viaFirewall": True},
        "dns.viaFirewall",
        "no DNS proxy",
    ),
    "a zone of another region": ({"dns__zoneId": OTHER_ZONE}, "dns.zoneId", "privatelink.westeurope.azmk8s.io"),
    "an endpoint where Azure has none": (
        {"dns__mode": "resolver", "subnets__dnsInbound": "10.0.1.0/28"},
        "subnets.dnsInbound",
        "10.0.1.0/24",
    ),
    "SSH from everybody": ({"jumpServer__sshFrom": ["0.0.0.0/0"]}, "jumpServer.sshFrom", "use Bastion"),
    "a size without encryption": (
        {"jumpServer__size": "Standard_A2_v2", "jumpServer__encryptionAtHost": True},
        "jumpServer.encryptionAtHost",
        "another size",
    ),
    "a patch of Kubernetes": (
        {"jumpServer__kubernetesVersions": ["1.33.1"]},
        "jumpServer.kubernetesVersions[0]",
        "minor version",
    ),
    "DNS server": ({"dns__customServers": ["dns.example.com"]}, "dns.customServers[0]", "like 10.0.0.4"),
    "too many DNS servers": (
        {"dns__customServers": [f"10.9.0.{host}" for host in range(21)]},
        "dns.customServers",
        "at most 20",
    ),
    "domain": ({"dns__onPremisesDomains": ["corp"]}, "dns.onPremisesDomains[0]", "corp.example.com"),
    "onboarding action": ({"onboarding__rules": [{}]}, "onboarding.rules[0].action", "is required"),
    "onboarding range": (
        {"onboarding__rules": [{"addressWithin": "x", "action": "deny"}]},
        "onboarding.rules[0].addressWithin",
        "not an address range",
    ),
    "tag name": ({"tags": {"a/b": "c"}}, "tags['a/b']", "not allowed"),
    "tag value": ({"tags": {"cost centre": 7}}, "tags['cost centre']", "in quotes"),
    "long tag value": ({"tags": {"a": "v" * 257}}, "tags.a", "at most 256"),
    "too many tags": ({"tags": {f"t{number}": "" for number in range(46)}}, "tags", "too many"),
}

SPOKE: dict[str, Case] = {
    "no hub": ({"hub": ABSENT}, "hub", "is required"),
    "hub name": ({"hub": "Hub/weu"}, "hub", "not a name"),
    "ranges overlap": ({"addressSpace": ["10.64.0.0/22", "10.64.0.0/23"]}, "addressSpace[1]", "overlaps"),
    "reserved": ({"addressSpace": ["192.0.2.0/24"]}, "addressSpace[0]", "reserves"),
    "adopted with a space": ({"virtualNetworkId": NETWORK}, "addressSpace", "virtualNetworkId"),
    "not a network": (
        {"addressSpace": [], "virtualNetworkId": NETWORK.replace("virtualNetworks", "subnets")},
        "virtualNetworkId",
        "write it like /subscriptions/",
    ),
    "no subscription": ({"virtualNetworkId": NETWORK.replace(SUBSCRIPTION, "0")}, "virtualNetworkId", "write it like"),
    "more than a segment": ({"virtualNetworkId": f"{NETWORK}?api-version=1"}, "virtualNetworkId", "write it like"),
    "adopted subnet with a size": (
        {"addressSpace": [], "virtualNetworkId": NETWORK, "subnets": [{"name": "nodes", "prefixLength": 24}]},
        "subnets[0]",
        "its owner's",
    ),
    "no subnets": ({"subnets": []}, "subnets", "at least 1"),
    "subnet twice": ({"subnets": [{"name": "a", "prefixLength": 28}] * 2}, "subnets[1].name", "subnets[0]"),
    "subnet twice but for case": (
        {"subnets": [{"name": "a", "prefixLength": 28}, {"name": "A", "prefixLength": 28}]},
        "subnets[1].name",
        "already",
    ),
    "reserved subnet": ({"subnets": [{"name": "GatewaySubnet"}]}, "subnets[0].name", "Azure's own"),
    "role": ({"subnets": [{"name": "a", "role": "pods"}]}, "subnets[0].role", "'nodes' or 'extra'"),
    "prefix and length": (
        {"subnets": [{"name": "a", "prefixLength": 24, "addressPrefix": "10.64.0.0/24"}]},
        "subnets[0].prefixLength",
        "either",
    ),
    "subnet too small": (
        {"subnets": [{"name": "a", "addressPrefix": "10.64.0.0/30"}]},
        "subnets[0].addressPrefix",
        "too small",
    ),
    "subnet outside": (
        {"subnets": [{"name": "a", "addressPrefix": "10.65.0.0/24"}]},
        "subnets[0].addressPrefix",
        "does not lie",
    ),
    "subnets overlap": (
        {"subnets": [{"name": "a", "addressPrefix": "10.64.0.0/23"}, {"name": "b", "addressPrefix": "10.64.1.0/24"}]},
        "subnets[1].addressPrefix",
        "of subnet a",
    ),
    "subnet too large": ({"subnets": [{"name": "a", "prefixLength": 21}]}, "subnets[0].prefixLength", "no room"),
    "three halves": (
        {"subnets": [{"name": "a"}, {"name": "b"}, {"name": "c"}]},
        "subnets[2].prefixLength",
        "no room for subnet c",
    ),
    "security rule twice": (
        {"networkSecurityGroup__rules": [NSG_RULE, NSG_RULE | {"priority": 101}]},
        "networkSecurityGroup.rules[1].name",
        "rules[0]",
    ),
    "priority twice": (
        {"networkSecurityGroup__rules": [NSG_RULE, NSG_RULE | {"name": "b"}]},
        "networkSecurityGroup.rules[1].priority",
        "choose another",
    ),
    "priority": (
        {"networkSecurityGroup__rules": [NSG_RULE | {"priority": 99}]},
        "networkSecurityGroup.rules[0].priority",
        "at least 100",
    ),
    "drift": ({"drift": "revert"}, "drift", "'repair', 'report' or 'ignore'"),
}

CLUSTER: dict[str, Case] = {
    "no spoke": ({"spoke": ABSENT}, "spoke", "is required"),
    "version as a number": ({"kubernetesVersion": 1.33}, "kubernetesVersion", "in quotes"),
    "version": ({"kubernetesVersion": "v1.33"}, "kubernetesVersion", '"1.33"'),
    "no pools": ({"nodePools": []}, "nodePools", "at least 1"),
    "only user pools": ({"nodePools__0__mode": "User"}, "nodePools", "mode System"),
    "pool twice": ({"nodePools": [POOL, POOL]}, "nodePools[1].name", "nodePools[0]"),
    "pool name": ({"nodePools__0__name": "my-pool"}, "nodePools[0].name", "letters and digits"),
    "pool name too long": ({"nodePools__0__name": "a" * 13}, "nodePools[0].name", "at most 12"),
    "no count": ({"nodePools__0__count": ABSENT}, "nodePools[0].count", "is required"),
    "count as text": ({"nodePools__0__count": "3"}, "nodePools[0].count", "whole number"),
    "count as boolean": ({"nodePools__0__count": True}, "nodePools[0].count", "whole number"),
    "half a node": ({"nodePools__0__count": 1.5}, "nodePools[0].count", "whole number"),
    "negative": ({"nodePools__0__count": -1}, "nodePools[0].count", "at least 0"),
    "no System node": ({"nodePools__0__count": 0}, "nodePools[0].count", "at least 1 node"),
    "no System node left": (
        {"nodePools": [POOL | {"autoscale": {"min": 0, "max": 5}}]},
        "nodePools[0].autoscale",
        "at least 1 node",
    ),
    "below min": ({"nodePools__0__autoscale": {"min": 4, "max": 5}}, "nodePools[0].count", "4 to 5"),
    "above max": ({"nodePools__0__autoscale": {"min": 1, "max": 2}}, "nodePools[0].count", "1 to 2"),
    "bounds swapped": ({"nodePools__0__autoscale": {"min": 5, "max": 2}}, "nodePools[0].autoscale.min", "swap"),
    "taint": ({"nodePools__0__taints": ["batch"]}, "nodePools[0].taints[0]", "NoSchedule"),
    "pods": ({"nodePools__0__maxPods": 251}, "nodePools[0].maxPods", "at most 250"),
    "kubenet": ({"network__plugin": "kubenet"}, "network.plugin", "retired in 2028"),
    "another plugin": ({"network__plugin": "none"}, "network.plugin", "use 'azure'"),
    "no overlay": ({"network__pluginMode": ""}, "network.pluginMode", "overlay"),
    "pods reserved": ({"network__podCidr": "169.254.0.0/16"}, "network.podCidr", "reserves"),
    "services reserved": ({"network__serviceCidr": "172.31.0.0/16"}, "network.serviceCidr", "reserves"),
    "services in pods": ({"network__serviceCidr": "192.168.4.0/22"}, "network.serviceCidr", "overlaps podCidr"),
    "too many services": ({"network__serviceCidr": "11.0.0.0/8"}, "network.serviceCidr", "/12 to /28"),
    "too few services": ({"network__serviceCidr": "11.0.0.0/29"}, "network.serviceCidr", "/12 to /28"),
    "DNS address elsewhere": ({"network__dnsServiceIp": "10.9.9.9"}, "network.dnsServiceIp", "is not in"),
    "DNS address first": ({"network__dnsServiceIp": "172.16.0.1"}, "network.dnsServiceIp", "API server's own"),
    "too few pods for the nodes": ({"network__podCidr": "192.168.0.0/23"}, "network.podCidr", "room for 2 nodes"),
    "no node's worth of pods": ({"network__podCidr": "192.168.0.0/25"}, "network.podCidr", "room for 0 nodes"),
    "load balancer outbound": ({"outboundType": "loadBalancer"}, "outboundType", "userDefinedRouting"),
    "no zone and no name": ({"privateDns__mode": "none"}, "privateDns.publicFqdn", "publicFqdn: true"),
    "no subzone": ({"privateDns__mode": "subzone"}, "privateDns.subzone", "is required"),
    "subzone unused": ({"privateDns__subzone": "a"}, "privateDns.subzone", "mode subzone only"),
    "subzone too long": (
        {"privateDns": {"mode": "subzone", "subzone": "a" * 33}},
        "privateDns.subzone",
        "at most 32",
    ),
    "private DNS mode": ({"privateDns__mode": "zone"}, "privateDns.mode", "'shared'"),
    "node group": ({"nodeResourceGroup__name": "a" * 81}, "nodeResourceGroup.name", "at most 80"),
    "restriction": ({"nodeResourceGroup__restrictionLevel": "None"}, "nodeResourceGroup.restrictionLevel", "ReadOnly"),
    "tier": ({"tier": "Premium"}, "tier", "'Free' or 'Standard'"),
    "no version": ({"kubernetesVersion": ABSENT}, "kubernetesVersion", "is required; add it"),
    "pools left out": ({"nodePools": ABSENT}, "nodePools", "is required; add it"),
    "drift": ({"drift": "mend"}, "drift", "'repair', 'report' or 'ignore'"),
    "a cluster to attach and make": ({"managedClusterId": MANAGED_CLUSTER}, "managedClusterId", "policy Attach only"),
    "attached, not a cluster": (
        ATTACHED | {"managedClusterId": NETWORK},
        "managedClusterId",
        "id of a managed cluster",
    ),
    "attached, with a version": (ATTACHED | {"kubernetesVersion": "1.33"}, "kubernetesVersion", "remove it"),
    "attached, with pools": (ATTACHED | {"nodePools": [POOL]}, "nodePools", "remove it"),
    "attached, with a network": (ATTACHED | {"network__podCidr": "10.200.0.0/16"}, "network", "remove it"),
    "attached, with a zone": (ATTACHED | {"privateDns__mode": "system"}, "privateDns", "remove it"),
    "attached, with a group": (ATTACHED | {"resourceGroup": "rg"}, "resourceGroup", "remove it"),
    "attached, with a subnet": (ATTACHED | {"subnet": "theirs"}, "subnet", "remove it"),
    "policy": ({"policy": "Adopt"}, "policy", "'Manage' or 'Attach'"),
    "egress rule twice": (
        {"egress__applicationRules": [{"name": "a", "fqdns": ["a.example.com"]}] * 2},
        "egress.applicationRules[1].name",
        "applicationRules[0]",
    ),
}

CASES = {f"{kind} {name}": (kind, case) for kind, cases in
         (("Hub", HUB), ("Spoke", SPOKE), ("Cluster", CLUSTER)) for name, case in cases.items()}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_broken_rule_is_one_problem_at_its_path(name: str) -> None:
    """What breaks a rule is reported at its JSON path, with what to do, and nothing else is."""
    kind, (changes, path, words) = CASES[name]
    found = problems(sample(kind, **changes))
    assert list(found) == [f"$.spec.{path}"]
    assert words in found[f"$.spec.{path}"]


ACCEPTED: dict[str, tuple[str, dict[str, Any]]] = {
    "a hub without a jump server": ("Hub", {"jumpServer": None}),
    "a hub without a pool": ("Hub", {"spokePool": None}),
    "a pool around a reserved range": ("Hub", {"spokePool": "172.16.0.0/12"}),
    "a hub just large enough": ("Hub", {"addressSpace": ["10.0.0.0/25"]}),
    "a hub with everything in a /24": (
        "Hub",
        {"addressSpace": ["10.0.0.0/24"], "bastion__enabled": True, "firewall__sku": "Basic"},
    ),
    "zones as numbers": ("Hub", {"firewall__zones": [1, 2, 3]}),
    "ports in all spellings": ("Hub", {"firewall__networkRules": [RULE | {"ports": [443, "8000-8100", "*"]}]}),
    "destinations in all spellings": (
        "Hub",
        {"firewall__networkRules": [RULE | {"destinations": ["10.1.0.4", "10.1.0.0/16", "Storage.WestEurope", "*"]}]},
    ),
    "names with the DNS proxy": (
        "Hub",
        {"firewall": {"dnsProxy": True, "networkRules": [{"name": "r", "ports": [123], "fqdns": ["ntp.ubuntu.com"]}]}},
    ),
    "a key without a comment": ("Hub", {"jumpServer__sshPublicKey": KEY.removesuffix(" me@there")}),
    "a spoke without a space": ("Spoke", {"addressSpace": ABSENT}),
    "an adopted network": ("Spoke", {"addressSpace": ABSENT, "virtualNetworkId": NETWORK}),
    "two halves": ("Spoke", {"subnets": [{"name": "nodes", "role": "nodes"}, {"name": "rest"}]}),
    "one priority in both directions": (
        "Spoke",
        {"networkSecurityGroup__rules": [NSG_RULE, NSG_RULE | {"name": "b", "direction": "Outbound"}]},
    ),
    "a patch version": ("Cluster", {"kubernetesVersion": "1.33.2"}),
    "an autoscaled pool": ("Cluster", {"nodePools__0__autoscale": {"min": 3, "max": 5}}),
    "an empty user pool": ("Cluster", {"nodePools": [POOL, POOL | {"name": "batch", "mode": "User", "count": 0}]}),
    "no zone but a public name": ("Cluster", {"privateDns": {"mode": "none", "publicFqdn": True}}),
    "the longest subzone": ("Cluster", {"privateDns": {"mode": "subzone", "subzone": "a" * 32}}),
    "a cluster that stands already": ("Cluster", ATTACHED),
    "one in Azure's spelling": (
        "Cluster",
        ATTACHED | {"managedClusterId": MANAGED_CLUSTER.replace("resourceGroups", "resourcegroups")},
    ),
    "one with what we add": ("Cluster", ATTACHED | {"drift": "report", "tags": {"a": "b"}}),
    "one of the document's own name": ("Cluster", {"policy": "Attach", "kubernetesVersion": None, "nodePools": None}),
    "the smallest service range": ("Cluster", {"network__serviceCidr": "172.16.0.0/28"}),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_keeps_the_rules_is_accepted(name: str) -> None:
    """A document just inside the rules has no problem."""
    kind, changes = ACCEPTED[name]
    assert problems(sample(kind, **changes)) == {}
