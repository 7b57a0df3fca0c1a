"""Bastion hosts: in AzureBastionSubnet of /26 or larger, with a public address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from local.simulator.kind import ArmError, Json, Resource
from local.simulator.kinds.network import NetworkKind
from local.simulator.kinds.subnet import is_large_enough
from local.simulator.resource import ResourceId

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.world import World

_PART = "bastionHostIpConfigurations"
_DEVELOPER = "developer"


class Bastions(NetworkKind):
    """`Microsoft.Network/bastionHosts`."""

    type = "Microsoft.Network/bastionHosts"
    retry_after: ClassVar[dict[str, int]] = {"*": 10}
    defaults: ClassVar[Json] = {"scaleUnits": 2}
    read_only = frozenset({"dnsName"})

    def validate(self, world: World, request: Request, existing: Resource | None) -> None:
        """Check the subnet."""
        del existing
        configurations = (request.body.get("properties") or {}).get("ipConfigurations") or []
        sku = str((request.body.get("sku") or {}).get("name", "Basic")).lower()
        if not configurations and sku != _DEVELOPER:
            raise _refused(
                "BastionHostIpConfigurationRequired", f"Bastion host {request.id} needs an IP configuration."
            )
        if sku == _DEVELOPER and not (request.body.get("properties") or {}).get("virtualNetwork"):
            # The words are made up.
            raise _refused("BastionHostVirtualNetworkRequired", f"Bastion host {request.id} needs a virtual network.")
        for configuration in configurations:
            _check_subnet(world, request, configuration)

    def compose(self, world: World, request: Request, existing: Resource | None) -> Resource:
        """Complete SKU and IP configurations."""
        resource = super().compose(world, request, existing)
        resource.body.setdefault("sku", {"name": "Basic"})
        guid = world.guid("bastion", resource.key)
        resource.state.setdefault("dnsName", f"bst-{guid}.bastion.azure.com")
        resource.properties["dnsName"] = resource.state["dnsName"]
        for configuration in resource.properties.get("ipConfigurations", []):
            configuration["id"] = f"{resource.id}/{_PART}/{configuration.get('name', '')}"
            configuration["type"] = f"{self.type}/{_PART}"
            configuration["properties"]["provisioningState"] = "Succeeded"
            configuration["properties"].setdefault("privateIPAllocationMethod", "Dynamic")
        return resource

    def render(self, world: World, resource: Resource) -> Json:
        """Show each IP configuration with the host's etag."""
        document = super().render(world, resource)
        for configuration in document["properties"].get("ipConfigurations", []):
            configuration["etag"] = document["etag"]
        return document


def _check_subnet(world: World, request: Request, configuration: dict[str, Any]) -> None:
    subnet = ResourceId.parse(str(((configuration.get("properties") or {}).get("subnet") or {}).get("id", "")))
    found = world.find(subnet) if subnet else None
    if subnet is None or subnet.name.lower() != "azurebastionsubnet":
        raise _refused("BastionHostInvalidSubnet", f"Bastion host {request.id} must be in a subnet AzureBastionSubnet.")
    if found is not None and not is_large_enough(found):
        raise _refused("BastionHostSubnetTooSmall", f"Subnet {subnet} must be /26 or larger.")


def _refused(code: str, message: str) -> ArmError:
    return ArmError(400, code, message, details=[])
