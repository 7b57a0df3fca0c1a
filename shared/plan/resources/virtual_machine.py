"""Virtual machines: the jump server, from which names and ports are checked. Trusted launch, key only, no password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.plan.desired import Desired, link

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from azure.mgmt.compute.types import VirtualMachineProperties

    from shared.model.resource_id import ResourceId

TYPE = "Microsoft.Compute/virtualMachines"

IMAGE: Any = {
    "publisher": "Canonical",
    "offer": "ubuntu-24_04-lts",
    "sku": "server",
    "version": "latest",
}
"""An ImageReference: Ubuntu 24.04 LTS, of the generation that trusted launch needs; it has nslookup and nc."""


DISK: Any = {"storageAccountType": "StandardSSD_LRS"}
"""ManagedDiskParameters."""


def desired(  # noqa: PLR0913 - the members of one REST body
    machine: ResourceId,
    location: str,
    size: str,
    zones: Sequence[str],
    tags: Mapping[str, str],
    *,
    interface: ResourceId,
    admin: str,
    ssh_public_key: str,
    tells: tuple[str, ...] = (),
) -> Desired:
    """Return the machine; its disk and network interface go when it goes."""
    properties: VirtualMachineProperties = {
        "hardwareProfile": {"vmSize": size},
        "storageProfile": {
            "imageReference": IMAGE,
            "osDisk": {
                "createOption": "FromImage",
                "deleteOption": "Delete",
                "managedDisk": DISK,
            },
        },
        "osProfile": {
            "computerName": machine.name[:63],
            "adminUsername": admin,
            "linuxConfiguration": {
                "disablePasswordAuthentication": True,
                "ssh": {"publicKeys": [{"path": f"/home/{admin}/.ssh/authorized_keys", "keyData": ssh_public_key}]},
            },
        },
        "securityProfile": {
            "securityType": "TrustedLaunch",
            "uefiSettings": {"secureBootEnabled": True, "vTpmEnabled": True},
        },
        "networkProfile": {"networkInterfaces": [link(interface) | {"properties": {"primary": True}}]},
        "diagnosticsProfile": {"bootDiagnostics": {"enabled": True}},
    }
    body = {"location": location, "tags": dict(tags), "properties": properties}
    if zones:
        body["zones"] = list(zones)
    # "latest" is answered with the version that it meant on the day of the PUT.
    return Desired(machine, body, tells=tells, unread=("properties.storageProfile.imageReference.version",))
