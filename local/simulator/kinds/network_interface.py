"""Network interfaces: they get the first free address of their subnet at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from local.simulator.kind import ArmError, Json, Resource
from local.simulator.kinds.addressing import check_address, free_address
from local.simulator.kinds.network import NetworkKind
from local.simulator.resource import ResourceId

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.world import World

_VMS = "Microsoft.Compute/virtualMachines"
_RESERVED = {"azurefirewallsubnet", "azurebastionsubnet", "gatewaysubnet"}


class Interfaces(NetworkKind):
    """`Microsoft.Network/networkInterfaces`."""

    type = "Microsoft.Network/networkInterfaces"
    guid = True
    defaults: ClassVar[Json] = {
        "dnsSettings": {"dnsServers": [], "appliedDnsServers": []},
        "enableAcceleratedNetworking": False,
        "vnetEncryptionSupported": False,
        "enableIPForwarding": False,
        "disableTcpStateTracking": False,
        "hostedWorkloads": [],
        "tapConfigurations": [],
        "nicType": "Standard",
        "allowPort25Out": False,
        "auxiliaryMode": "None",
        "auxiliarySku": "None",
    }
    read_only = frozenset({"virtualMachine", "macAddress", "primary", "privateEndpoint", "hostedWorkloads"})

    def validate(self, world: World, request: Request, existing: Resource | None) -> None:
        """There is an IP configuration, and not in a subnet that Azure keeps for services."""
        del world, existing
        configurations = (request.body.get("properties") or {}).get("ipConfigurations") or []
        if not configurations:
            raise ArmError(
                400,
                "NetworkInterfaceMustHaveAtLeastOneIpConfiguration",
                f"Network interface {request.id} must have one or more IP configurations.",
                details=[],
            )
        for configuration in configurations:
            subnet = str(((configuration.get("properties") or {}).get("subnet") or {}).get("id", ""))
            if subnet.rsplit("/", 1)[-1].lower() in _RESERVED:
                raise ArmError(
                    400,
                    "InvalidResourceReference",
                    f"Network interface {request.id} cannot be placed in subnet {subnet}: the subnet is reserved.",
                    details=[],
                )

    def compose(self, world: World, request: Request, existing: Resource | None) -> Resource:
        """Complete the IP configurations and give them addresses."""
        before = _addresses(existing)
        machine = existing.properties.get("virtualMachine") if existing else None
        resource = super().compose(world, request, existing)
        resource.properties["dnsSettings"] = {
            **self.defaults["dnsSettings"],
            "internalDomainNameSuffix": f"{resource.properties['resourceGuid'][:8]}.internal.cloudapp.net",
            **(resource.properties.get("dnsSettings") or {}),
        }
        for index, configuration in enumerate(resource.properties["ipConfigurations"]):
            _complete(resource, configuration, primary=index == 0)
            _allocate(world, resource, configuration, before)
        if machine:
            resource.properties["virtualMachine"] = machine
        return resource

    def render(self, world: World, resource: Resource) -> Json:
        """Show each IP configuration with the interface's etag and state."""
        document = super().render(world, resource)
        for configuration in document["properties"]["ipConfigurations"]:
            configuration["etag"] = document["etag"]
            configuration["properties"]["provisioningState"] = resource.provisioning_state
        document.setdefault("kind", "Regular")
        return document

    def computed(self, world: World, resource: Resource) -> Json:
        """Show the virtual machine that it belongs to."""
        for machine in world.referrers(resource.id, _VMS):
            address = _mac(str(resource.properties.get("resourceGuid", "")))
            return {"virtualMachine": {"id": str(machine.id)}, "primary": True, "macAddress": address}
        return {}

    def check_removable(self, world: World, resource: Resource, leaving: frozenset[str]) -> None:
        """An interface goes only when no machine and no private endpoint has it."""
        for user in world.referrers(resource.id):
            if user.key in leaving or user.id.type.lower().startswith("microsoft.authorization/"):
                continue
            raise ArmError(
                400,
                "NicInUse",
                f"Network Interface {resource.id} is used by existing resource {user.id}. In order to delete the "
                "network "
                "interface, it must be dissociated from the resource. To learn more, see aka.ms/deletenic.",
                details=[],
            )


def _addresses(existing: Resource | None) -> dict[str, tuple[str, str]]:
    """Remember by name which address a configuration had, and in which subnet."""
    found = {}
    for configuration in existing.properties.get("ipConfigurations", []) if existing else []:
        properties = configuration.get("properties", {})
        subnet = (properties.get("subnet") or {}).get("id", "")
        found[configuration["name"]] = (subnet.lower(), properties.get("privateIPAddress", ""))
    return found


def _complete(resource: Resource, configuration: dict[str, Any], *, primary: bool) -> None:
    name = configuration.setdefault("name", "ipconfig1")
    configuration["id"] = f"{resource.id}/ipConfigurations/{name}"
    configuration["type"] = "Microsoft.Network/networkInterfaces/ipConfigurations"
    properties = configuration.setdefault("properties", {})
    properties.setdefault("privateIPAllocationMethod", "Dynamic")
    properties.setdefault("privateIPAddressVersion", "IPv4")
    properties.setdefault("primary", primary)


def _allocate(
    world: World, resource: Resource, configuration: dict[str, Any], before: dict[str, tuple[str, str]]
) -> None:
    properties = configuration["properties"]
    subnet_id = ResourceId.parse(str((properties.get("subnet") or {}).get("id", "")))
    subnet = world.find(subnet_id) if subnet_id else None
    if subnet is None or subnet_id is None:
        return
    if properties["privateIPAllocationMethod"] == "Static" and properties.get("privateIPAddress"):
        check_address(world, subnet, properties["privateIPAddress"], resource.id)
        return
    held_in, held = before.get(configuration["name"], ("", ""))
    properties["privateIPAddress"] = held if held and held_in == subnet_id.key else free_address(world, subnet_id)


def _mac(guid: str) -> str:
    digits = guid.replace("-", "")[:6].upper()
    return "-".join(("00", "0D", "3A", digits[:2], digits[2:4], digits[4:]))
