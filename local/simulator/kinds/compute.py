"""What the kinds of Microsoft.Compute share: how their operations look, images, disks."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from local.simulator.kind import ArmError, Json, Kind, Resource
from local.simulator.operation import ASYNC, OperationStyle
from local.simulator.resource import ResourceId, resource_id

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.world import World

VM_TYPE = "Microsoft.Compute/virtualMachines"
DISK_TYPE = "Microsoft.Compute/disks"

_OPERATION = "/subscriptions/{subscription}/providers/Microsoft.Compute/locations/{location}/operations/{operation}"

COMPUTE_STYLE = OperationStyle(
    name="compute",
    status=_OPERATION + "?p=571046f6-b640-41c1-86f7-f9f044b5adf9",
    result=_OPERATION + "?p=571046f6-b640-41c1-86f7-f9f044b5adf9&monitor=true",
    headers_by_verb={"PUT": frozenset({ASYNC}), "PATCH": frozenset({ASYNC})},
    result_status=200,
    named=True,
    output_member="output",
)

DISK_STYLE = OperationStyle(
    name="disk",
    status=_OPERATION.replace("/operations/", "/DiskOperations/") + "?p=571046f6-b640-41c1-86f7-f9f044b5adf9",
    result=_OPERATION.replace("/operations/", "/DiskOperations/")
    + "?p=571046f6-b640-41c1-86f7-f9f044b5adf9&monitor=true",
    result_status=200,
    named=True,
)

# Exact versions that `latest` stands for, as recorded or made up in the publisher's format.
_EXACT_VERSIONS = {
    ("canonical", "ubuntuserver"): "18.04.202305220",
    ("canonical", "0001-com-ubuntu-server-jammy"): "22.04.202501140",
    ("canonical", "ubuntu-24_04-lts"): "24.04.202502210",
    ("debian", "debian-10"): "0.20230222.1299",
    ("debian", "debian-12"): "0.20250210.2019",
}


class Disks(Kind):
    """`Microsoft.Compute/disks/{name}`: made with machines, or alone."""

    type = DISK_TYPE
    style: ClassVar[OperationStyle] = DISK_STYLE
    created = 202
    updated = 202

    def check_removable(self, world: World, resource: Resource, leaving: frozenset[str]) -> None:
        """A disk goes after the machine that uses it."""
        for machine in world.referrers(resource.id, VM_TYPE):
            if machine.key not in leaving:
                raise ArmError(409, "OperationNotAllowed", f"Disk {resource.name} is attached to VM {machine.id}.")

    def compose(self, world: World, request: Request, existing: Resource | None) -> Resource:
        """Keep what is sent."""
        resource = super().compose(world, request, existing)
        resource.properties.setdefault("creationData", {"createOption": "Empty"})
        return resource

    def finish(self, world: World, resource: Resource) -> None:
        """Add what a disk has by itself."""
        resource.properties.setdefault("timeCreated", world.timestamp())
        resource.properties.setdefault("diskState", "Unattached")
        resource.properties.setdefault("uniqueId", world.guid("disk", resource.key))


def exact_version(image: Json) -> str:
    """Say which version `latest` means."""
    version = str(image.get("version") or "latest")
    if version != "latest":
        return version
    key = (str(image.get("publisher", "")).lower(), str(image.get("offer", "")).lower())
    return _EXACT_VERSIONS.get(key, "1.0.202501010")


def make_os_disk(world: World, machine: Resource, os_disk: Json) -> Json:
    """Complete the system disk of a machine and make its resource."""
    name = os_disk.get("name") or f"{machine.name}_OsDisk_1_{world.guid('osdisk', machine.key).replace('-', '')}"
    managed = {k: v for k, v in (os_disk.get("managedDisk") or {}).items() if v is not None}
    disk = resource_id(machine.id.subscription, machine.id.group, DISK_TYPE, name)
    completed: Json = {
        "osType": os_disk.get("osType") or ("Windows" if is_windows(machine) else "Linux"),
        "name": name,
        "createOption": _capital(str(os_disk.get("createOption") or "FromImage")),
        "caching": os_disk.get("caching") or "ReadWrite",
        "managedDisk": {"storageAccountType": "Premium_LRS", **managed, "id": str(disk)},
        "deleteOption": os_disk.get("deleteOption") or "Detach",
        "diskSizeGB": os_disk.get("diskSizeGB") or 30,
    }
    if world.find(disk) is None:
        _save_disk(world, machine, disk, completed)
    return completed


def make_data_disk(world: World, machine: Resource, disk: Json) -> Json:
    """Complete a data disk of a machine and make its resource if it is a new one."""
    given = {k: v for k, v in disk.items() if v is not None}
    managed = {k: v for k, v in (given.get("managedDisk") or {}).items() if v is not None}
    known = ResourceId.parse(str(managed.get("id", "")))
    name = given.get("name") or (known.name if known else "") or _data_disk_name(world, machine, given)
    identity = known or resource_id(machine.id.subscription, machine.id.group, DISK_TYPE, name)
    completed: Json = {
        "caching": "None",
        "deleteOption": "Detach",
        "diskSizeGB": 1023,
        "toBeDetached": False,
        **given,
        "name": name,
        "createOption": _capital(str(given.get("createOption") or "Empty")),
        "managedDisk": {"storageAccountType": "Premium_LRS", **managed, "id": str(identity)},
    }
    if world.find(identity) is None:
        _save_disk(world, machine, identity, completed)
    return completed


def _data_disk_name(world: World, machine: Resource, disk: Json) -> str:
    number = int(disk.get("lun") or 0) + 2
    return f"{machine.name}_disk{number}_{world.guid('datadisk', machine.key).replace('-', '')}"


def is_windows(machine: Resource) -> bool:
    """Say whether a machine runs Windows, by its profile, its disk or its image."""
    profile = machine.properties.get("osProfile") or {}
    storage = machine.properties.get("storageProfile") or {}
    publisher = str((storage.get("imageReference") or {}).get("publisher", ""))
    system = str((storage.get("osDisk") or {}).get("osType", ""))
    return "windowsConfiguration" in profile or system == "Windows" or publisher.startswith("MicrosoftWindows")


def _save_disk(world: World, machine: Resource, disk: ResourceId, os_disk: Json) -> None:
    body: Json = {
        "location": machine.location,
        "sku": {"name": os_disk["managedDisk"]["storageAccountType"], "tier": "Premium"},
        "managedBy": str(machine.id),
        "properties": {
            **({"osType": os_disk["osType"]} if "osType" in os_disk else {}),
            "creationData": {"createOption": os_disk["createOption"]},
            "diskSizeGB": os_disk["diskSizeGB"],
            "timeCreated": world.timestamp(),
            "provisioningState": "Succeeded",
            "diskState": "Attached",
        },
    }
    world.save(Resource(disk, body, created=world.now))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
