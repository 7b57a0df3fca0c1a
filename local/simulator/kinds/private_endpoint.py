"""Private endpoints: an interface in a subnet through which a service answers on a private address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.simulator.kind import ArmError, Json, Resource
from local.simulator.kinds.addressing import free_address
from local.simulator.kinds.network import NetworkKind
from local.simulator.resource import ResourceId

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.world import World

ENDPOINT_TYPE = "Microsoft.Network/privateEndpoints"
NIC_TYPE = "Microsoft.Network/networkInterfaces"


class PrivateEndpoints(NetworkKind):
    """`Microsoft.Network/privateEndpoints/{name}`; only API servers of simulated clusters answer behind one."""

    type = ENDPOINT_TYPE
    guid = True
    read_only = frozenset({"networkInterfaces"})

    def validate(self, world: World, request: Request, existing: Resource | None) -> None:
        """It needs a subnet."""
        del existing
        subnet = str(((request.body.get("properties") or {}).get("subnet") or {}).get("id", ""))
        if world.find(subnet) is None:
            raise ArmError(400, "InvalidResourceReference", f"Subnet {subnet} was not found.", details=[])

    def compose(self, world: World, request: Request, existing: Resource | None) -> Resource:
        """Give it an interface."""
        interfaces = existing.properties.get("networkInterfaces") if existing else None
        resource = super().compose(world, request, existing)
        resource.properties.setdefault("manualPrivateLinkServiceConnections", [])
        resource.properties.setdefault("privateLinkServiceConnections", [])
        resource.properties.setdefault("customDnsConfigs", [])
        subnet = ResourceId.of(resource.properties["subnet"]["id"])
        resource.properties["networkInterfaces"] = interfaces or [
            {"id": str(make_interface(world, resource, subnet).id)}
        ]
        return resource

    def removed(self, world: World, resource: Resource) -> None:
        """Its interface goes with it."""
        for interface in resource.properties.get("networkInterfaces") or ():
            found = world.find(str(interface.get("id", "")))
            if found is not None:
                world.remove(found.id)


def make_interface(world: World, endpoint: Resource, subnet: ResourceId) -> Resource:
    """Make the interface of an endpoint, on the first free address of its subnet."""
    guid = world.guid("resource", endpoint.key)
    name = f"{endpoint.name}.nic.{guid}"
    identity = ResourceId(endpoint.id.scope, "Microsoft.Network", ("networkInterfaces",), (name,))
    address: Json = {
        "name": f"privateEndpointIpConfig.{guid}",
        "id": f"{identity}/ipConfigurations/privateEndpointIpConfig.{guid}",
        "type": "Microsoft.Network/networkInterfaces/ipConfigurations",
        "properties": {
            "privateIPAddress": free_address(world, subnet),
            "privateIPAllocationMethod": "Dynamic",
            "subnet": {"id": str(subnet)},
            "primary": True,
            "privateIPAddressVersion": "IPv4",
        },
    }
    properties: Json = {
        "provisioningState": "Succeeded",
        "resourceGuid": guid,
        "ipConfigurations": [address],
        "dnsSettings": {"dnsServers": [], "appliedDnsServers": []},
        "enableIPForwarding": False,
        "privateEndpoint": {"id": str(endpoint.id)},
        "nicType": "Standard",
    }
    nic = Resource(identity, {"location": endpoint.location, "properties": properties}, created=world.now)
    world.save(nic)
    return nic


def address_of(world: World, endpoint: Resource) -> str:
    """Read the address of an endpoint's interface."""
    for interface in endpoint.properties.get("networkInterfaces") or ():
        nic = world.find(str(interface.get("id", "")))
        if nic is not None:
            return str(nic.properties["ipConfigurations"][0]["properties"]["privateIPAddress"])
    return ""
