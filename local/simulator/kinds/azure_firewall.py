"""Azure Firewalls: the private address comes from AzureFirewallSubnet and shows once provisioned.

Durations: most recorded firewalls had no IP configuration and deployed nothing (median 0 s, 90th percentile
11 s). One that has really deploys, so it draws from the top of the row, 300 to 877 s: the one recorded with its
polls took about 400 s. An update of a deployed one draws from the upper part of the row of deletions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from local.simulator.kind import Answer, ArmError, Begin, Json, Progress, Resource, Succeeded
from local.simulator.kinds.addressing import free_address
from local.simulator.kinds.firewall_policy import FIREWALLS
from local.simulator.kinds.network import NetworkKind
from local.simulator.kinds.subnet import is_large_enough
from local.simulator.resource import ResourceId

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.operation import Operation
    from local.simulator.world import World

_REALLY_DEPLOYING = 0.98
_SUBNETS = {"ipConfigurations": "AzureFirewallSubnet", "managementIpConfiguration": "AzureFirewallManagementSubnet"}
_PART = "azureFirewallIpConfigurations"


class Firewalls(NetworkKind):
    """`Microsoft.Network/azureFirewalls`."""

    type = FIREWALLS
    retry_after: ClassVar[dict[str, int]] = {"*": 10}
    defaults: ClassVar[Json] = {
        "sku": {"name": "AZFW_VNet", "tier": "Standard"},
        "threatIntelMode": "Alert",
        "additionalProperties": {},
        "ipConfigurations": [],
        "networkRuleCollections": [],
        "applicationRuleCollections": [],
        "natRuleCollections": [],
    }

    def validate(self, world: World, request: Request, existing: Resource | None) -> None:
        """Check subnets, addresses, and that everything is in one resource group."""
        del existing
        properties = request.body.get("properties") or {}
        for name, subnet_name in _SUBNETS.items():
            for configuration in _listed(properties.get(name)):
                _check_configuration(world, request, configuration, subnet_name)
        first = _listed(properties.get("ipConfigurations"))
        if first and not (first[0].get("properties") or {}).get("subnet"):
            raise _refused("AzureFirewallSubnetRequired", request, "its first IP configuration needs a subnet")

    def compose(self, world: World, request: Request, existing: Resource | None) -> Resource:
        """Complete the IP configurations; addresses stay."""
        before = {c["name"]: c for c in existing.properties.get("ipConfigurations", [])} if existing else {}
        resource = super().compose(world, request, existing)
        properties = resource.properties
        properties["sku"] = {"name": "AZFW_VNet", "tier": "Standard", **properties["sku"]}
        for name in _SUBNETS:
            for configuration in _listed(properties.get(name)):
                _complete(resource, configuration)
        for configuration in properties["ipConfigurations"]:
            held = before.get(configuration["name"], {}).get("properties", {}).get("privateIPAddress")
            if held:
                configuration["properties"]["privateIPAddress"] = held
        return resource

    def put(self, world: World, request: Request, existing: Resource | None) -> Answer:
        """Create or replace; one with IP configurations takes minutes to deploy."""
        deployed = existing is not None and existing.properties.get("ipConfigurations")
        answer = super().put(world, request, existing)
        if answer.begin is None or answer.resource is None or not answer.resource.properties["ipConfigurations"]:
            return answer
        row, at_least = ("DELETE", 0.8) if deployed else ("PUT", _REALLY_DEPLOYING)
        seconds = world.duration("azureFirewalls", row, request.id.key, at_least=at_least)
        return Answer(answer.status, answer.resource, begin=Begin("PUT", seconds=seconds))

    def delete(self, world: World, request: Request, existing: Resource) -> Answer:
        """Begin the removal; one that is deployed takes minutes."""
        answer = super().delete(world, request, existing)
        if not existing.properties["ipConfigurations"]:
            return answer
        seconds = world.duration("azureFirewalls", "DELETE", request.id.key, at_least=0.8)
        return Answer(answer.status, begin=Begin("DELETE", seconds=seconds))

    def post(self, world: World, request: Request, existing: Resource) -> Answer:
        """Take a packet capture."""
        if request.action.lower() != "packetcaptureoperation":
            return super().post(world, request, existing)
        return Answer(202, begin=Begin("packetCaptureOperation", seconds=world.random("capture").uniform(20, 60)))

    def advance(self, world: World, operation: Operation) -> Progress:
        """End a packet capture; else as usual."""
        if operation.verb == "packetCaptureOperation":
            return Succeeded({"statusCode": "AzureFirewallPacketCaptureInProgress", "message": "Simulated."})
        return super().advance(world, operation)

    def finish(self, world: World, resource: Resource) -> None:
        """Give the first free addresses of AzureFirewallSubnet."""
        for configuration in resource.properties["ipConfigurations"]:
            properties = configuration["properties"]
            subnet = ResourceId.parse((properties.get("subnet") or {}).get("id", ""))
            if subnet is not None and not properties.get("privateIPAddress"):
                properties["privateIPAddress"] = free_address(world, subnet)
                world.save(resource)

    def render(self, world: World, resource: Resource) -> Json:
        """Show each IP configuration with the firewall's etag."""
        document = super().render(world, resource)
        for name in _SUBNETS:
            for configuration in _listed(document["properties"].get(name)):
                configuration["etag"] = document["etag"]
        return document


def _listed(value: Any) -> list[dict[str, Any]]:
    return value if isinstance(value, list) else [value] if isinstance(value, dict) else []


def _complete(resource: Resource, configuration: dict[str, Any]) -> None:
    configuration["id"] = f"{resource.id}/{_PART}/{configuration.get('name', '')}"
    configuration["type"] = f"{FIREWALLS}/{_PART}"
    properties = configuration.setdefault("properties", {})
    properties.pop("privateIPAddress", None)
    properties.setdefault("privateIPAllocationMethod", "Dynamic")
    properties["provisioningState"] = "Succeeded"


def _check_configuration(world: World, request: Request, configuration: dict[str, Any], subnet_name: str) -> None:
    properties = configuration.get("properties") or {}
    subnet = ResourceId.parse(str((properties.get("subnet") or {}).get("id", "")))
    if subnet is not None:
        _check_subnet(world, request, subnet, subnet_name)
    address = ResourceId.parse(str((properties.get("publicIPAddress") or {}).get("id", "")))
    if address is not None:
        found = world.find(address)
        if found is not None and found.body.get("sku", {}).get("name") != "Standard":
            raise _refused("AzureFirewallPublicIPMustBeStandard", request, f"{address} must be of the Standard SKU")
        _check_group(request, address)


def _check_subnet(world: World, request: Request, subnet: ResourceId, name: str) -> None:
    found = world.find(subnet)
    if subnet.name.lower() != name.lower():
        raise _refused("AzureFirewallInvalidSubnetName", request, f"{subnet} must be named {name}")
    if found is not None and not is_large_enough(found):
        raise _refused("AzureFirewallSubnetTooSmall", request, f"{subnet} must be /26 or larger")
    _check_group(request, subnet)


def _check_group(request: Request, used: ResourceId) -> None:
    if used.group.lower() != request.id.group.lower():
        raise _refused("AzureFirewallResourceGroupMismatch", request, f"{used} must be in the same resource group")


def _refused(code: str, request: Request, why: str) -> ArmError:
    return ArmError(400, code, f"Firewall {request.id} cannot be written: {why}.", details=[])
