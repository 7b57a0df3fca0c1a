"""What of a document cannot be changed, because what stands in Azure is placed or named by it.

Changing it would make everything anew beside the old, which nobody would remember. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from shared.model.document import to_json
from shared.model.errors import Problem

if TYPE_CHECKING:
    from shared.model.document import Document

FIXED = {
    # Another tag would send away every network that joined by the old one.
    "Hub": ("subscriptionId", "location", "resourceGroup", "onboarding.tag", "dns.zoneId"),
    "Spoke": ("hub", "subscriptionId", "location", "resourceGroup", "virtualNetworkId"),
    "Cluster": (
        "spoke",
        "managedClusterId",
        "resourceGroup",
        "identity.name",
        "nodeResourceGroup.name",
        "privateDns.mode",
        "privateDns.subzone",
        "privateDns.zoneId",
    ),
}
"""Fields of the spec that stay as they were when the document was first applied."""


def check(document: Document, before: Document) -> Iterator[Problem]:
    """Yield a problem for each fixed field that differs from what is stored; paths begin with `$`."""
    now, then = to_json(document.spec), to_json(before.spec)
    for field in FIXED[document.kind]:
        wanted, stands = _value(now, field), _value(then, field)
        if str(wanted).lower() != str(stands).lower():
            message = f"cannot be changed from '{stands}': what stands in Azure is there; delete {document.key}, "
            yield Problem(f"$.spec.{field}", f"{message}wait until it is gone, then apply it anew")


def _value(spec: dict[str, Any], field: str) -> Any:
    for name in field.split("."):
        spec = spec[name]
    return spec
