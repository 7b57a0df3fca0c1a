"""What the compute provider refuses about a machine beside its interfaces: changes, availability, encryption, patches.

The words for customData are a user's; what is marked is made up.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from local.simulator.kind import ArmError
from local.simulator.kinds.availability_set import SET_TYPE

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.resource import Json, Resource
    from local.simulator.world import World

# Sizes of the first generation, whose hosts encrypt nothing; which they are exactly, the list of SKUs tells [?].
_WITHOUT_ENCRYPTION = re.compile(r"^(Basic_|Standard_A\d|Standard_(D|DS|G|GS)\d+$)", re.IGNORECASE)


def check_machine(world: World, request: Request, existing: Resource | None) -> None:
    """Refuse what cannot be, and what cannot change."""
    properties = request.body.get("properties") or {}
    _check_custom_data(properties, existing)
    _check_availability(world, request, properties, existing)
    _check_encryption(properties, existing)
    _check_patching(properties)


def _check_custom_data(properties: Json, existing: Resource | None) -> None:
    """Custom data is read once, when the machine is made."""
    given = (properties.get("osProfile") or {}).get("customData")
    if existing is not None and given is not None and given != existing.state.get("customData"):
        raise _unchangeable("customData")


def _check_availability(world: World, request: Request, properties: Json, existing: Resource | None) -> None:
    """A machine is in a set of its region from the beginning, or in a zone, never in both."""
    wanted = str((properties.get("availabilitySet") or {}).get("id") or "")
    held = str((existing.properties.get("availabilitySet") or {}).get("id") or "") if existing else ""
    if existing is not None and wanted and wanted.lower() != held.lower():
        raise _unchangeable("availabilitySet.id")
    if not wanted or existing is not None:
        return
    found = world.find(wanted)
    if found is None or found.id.type != SET_TYPE or found.location != request.body.get("location"):
        message = f"The availability set '{wanted}' was not found in the region of the machine."  # made up
        raise ArmError(404, "NotFound", message, target="availabilitySet")
    if request.body.get("zones"):
        message = "A virtual machine cannot be in an availability set and in an availability zone."  # made up
        raise ArmError(400, "InvalidParameter", message, target="zones")
    if (found.body.get("sku") or {}).get("name") != "Aligned":
        raise ArmError(
            409,
            "OperationNotAllowed",
            "Addition of a VM with managed disks to non-managed Availability Set or addition of a VM with blob based "
            "disks to managed Availability Set is not supported. Please create an Availability Set with 'managed' "
            "property set in order to add a VM with managed disks to it.",
        )


def _check_encryption(properties: Json, existing: Resource | None) -> None:
    """The host encrypts, where the size has such hosts."""
    before = existing.properties if existing else {}
    wanted = (properties.get("securityProfile") or {}).get("encryptionAtHost")
    profile = properties.get("hardwareProfile") or before.get("hardwareProfile") or {}
    size = str(profile.get("vmSize", ""))
    if wanted and _WITHOUT_ENCRYPTION.match(size):
        raise ArmError(
            400,
            "InvalidParameter",
            f"The property 'securityProfile.encryptionAtHost' is not valid because the VM size '{size}' does not "
            "support encryption at host.",  # made up
            target="securityProfile.encryptionAtHost",
        )


def _check_patching(properties: Json) -> None:
    """The platform patches through the machine's agent."""
    linux = (properties.get("osProfile") or {}).get("linuxConfiguration") or {}
    by_platform = (linux.get("patchSettings") or {}).get("patchMode") == "AutomaticByPlatform"
    if by_platform and linux.get("provisionVMAgent") is not True:
        raise ArmError(
            400,
            "InvalidParameter",
            "'patchMode' AutomaticByPlatform requires 'provisionVMAgent' to be true.",  # made up
            target="linuxConfiguration.patchSettings",
        )


def _unchangeable(name: str) -> ArmError:
    return ArmError(409, "PropertyChangeNotAllowed", f"Changing property '{name}' is not allowed.", target=name)
