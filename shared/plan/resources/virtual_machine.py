"""Virtual machines: the jump server and DNS forwarders. Trusted launch, key only, no password, no public address."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from shared.plan.desired import Desired, link
from shared.plan.observed import properties as properties_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from azure.mgmt.compute.types import LinuxConfiguration, SecurityProfile, VirtualMachineProperties

    from shared.model.resource_id import ResourceId
    from shared.plan.steps import Json

TYPE = "Microsoft.Compute/virtualMachines"
EXTENSION_TYPE = "Microsoft.Compute/virtualMachines/extensions"
AVAILABILITY_SET_TYPE = "Microsoft.Compute/availabilitySets"

IMAGE: Any = {
    "publisher": "Canonical",
    "offer": "ubuntu-24_04-lts",
    "sku": "server",
    "version": "latest",
}
"""An ImageReference: Ubuntu 24.04 LTS, of the generation that trusted launch needs; it has nslookup and nc."""

DISK: Any = {"storageAccountType": "StandardSSD_LRS"}
"""ManagedDiskParameters."""

ENTRA_LOGIN = "AADSSHLoginForLinux"
"""The extension that lets people in by their Entra ID account; it needs the machine's own identity."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What one machine is like, beside its name and place."""

    size: str
    interface: ResourceId
    admin: str
    ssh_public_key: str
    zones: Sequence[str] = ()
    availability_set: ResourceId | None = None
    custom_data: str | None = None
    """The cloud-init that a new machine reads."""
    patched_by: Literal["platform", "image"] = "platform"
    """Who installs updates: Azure, or unattended-upgrades inside the machine."""
    encryption_at_host: bool = False
    own_identity: bool = False


def desired(
    machine: ResourceId, location: str, what: Machine, tags: Mapping[str, str], *, tells: tuple[str, ...] = ()
) -> Desired:
    """Return the machine; its disk goes when it goes."""
    properties: VirtualMachineProperties = {
        "hardwareProfile": {"vmSize": what.size},
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
            "adminUsername": what.admin,
            "linuxConfiguration": _linux(what),
        },
        "securityProfile": _security(what),
        "networkProfile": {"networkInterfaces": [link(what.interface) | {"properties": {"primary": True}}]},
        "diagnosticsProfile": {"bootDiagnostics": {"enabled": True}},
    }
    if what.availability_set is not None:
        properties["availabilitySet"] = link(what.availability_set)
    body = {"location": location, "tags": dict(tags), "properties": properties}
    if what.zones:
        body["zones"] = list(what.zones)
    if what.own_identity:
        body["identity"] = {"type": "SystemAssigned"}
    # "latest" is answered with the version that it meant on the day of the PUT.
    unread = ("properties.storageProfile.imageReference.version",)
    return Desired(machine, body, initial=_initial(what), tells=tells, unread=unread)


def _initial(what: Machine) -> Json:
    if what.custom_data is None:
        return None
    encoded = base64.b64encode(what.custom_data.encode()).decode()
    return {"properties": {"osProfile": {"customData": encoded}}}


def _linux(what: Machine) -> LinuxConfiguration:
    keys = [{"path": f"/home/{what.admin}/.ssh/authorized_keys", "keyData": what.ssh_public_key}]
    platform = what.patched_by == "platform"
    return {
        "disablePasswordAuthentication": True,
        "provisionVMAgent": True,
        "patchSettings": {
            "patchMode": "AutomaticByPlatform" if platform else "ImageDefault",
            "assessmentMode": "AutomaticByPlatform" if platform else "ImageDefault",
        },
        "ssh": {"publicKeys": keys},  # type: ignore[typeddict-item]  # the SDK's list is invariant
    }


def _security(what: Machine) -> SecurityProfile:
    profile: SecurityProfile = {
        "securityType": "TrustedLaunch",
        "uefiSettings": {"secureBootEnabled": True, "vTpmEnabled": True},
    }
    if what.encryption_at_host:
        profile["encryptionAtHost"] = True
    return profile


def instance(machine: Json) -> str | None:
    """Return what tells a machine from the next one of its name; None where Azure did not say it."""
    found = properties_of(machine).get("vmId")
    return None if found is None else str(found)


def entra_login(machine: ResourceId, location: str, tags: Mapping[str, str]) -> Desired:
    """Return the extension by which people log in with their Entra ID account."""
    properties = {
        "publisher": "Microsoft.Azure.ActiveDirectory",
        "type": ENTRA_LOGIN,
        "typeHandlerVersion": "1.0",
        "autoUpgradeMinorVersion": True,
    }
    body = {"location": location, "tags": dict(tags), "properties": properties}
    # Azure answers with the version that it installed.
    return Desired(
        machine.child("extensions", ENTRA_LOGIN),
        body,
        unread=("properties.typeHandlerVersion",),
        dies_with_parent=True,
    )


def availability_set(identity: ResourceId, location: str, tags: Mapping[str, str]) -> Desired:
    """Return a set whose machines are never down together for maintenance or a broken rack."""
    properties = {"platformFaultDomainCount": 2, "platformUpdateDomainCount": 5}
    body = {"location": location, "tags": dict(tags), "sku": {"name": "Aligned"}, "properties": properties}
    return Desired(identity, body)
