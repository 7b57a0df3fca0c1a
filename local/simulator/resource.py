"""Resource ids and the resources themselves. Ids compare case-insensitively and keep the case they came with."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

GROUP_TYPE = "Microsoft.Resources/resourceGroups"
_GROUP_SCOPE = re.compile(r"^/subscriptions/([^/]+)/resourcegroups/([^/]+)", re.IGNORECASE)
_SUBSCRIPTION_SCOPE = re.compile(r"^/subscriptions/([^/]+)", re.IGNORECASE)
_GROUP = re.compile(r"^(/subscriptions/[^/]+)/resourcegroups/([^/]+)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ResourceId:
    """`{scope}/providers/{namespace}/{type}/{name}...`; a resource group is of type Microsoft.Resources/resourceGroups.

    The scope is what stands before the last `/providers/`: a subscription, a resource group, or another
    resource (role assignments). `ResourceId.parse(text)` returns None where the text is no resource id.
    """

    scope: str
    namespace: str
    types: tuple[str, ...]
    names: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> ResourceId | None:
        """Read an id of a resource or of a resource group."""
        path = "/" + text.strip("/")
        if group := _GROUP.match(path):
            return cls(group[1], "Microsoft.Resources", ("resourceGroups",), (group[2],))
        head, marker, tail = _split_providers(path)
        segments = tail.split("/")
        if not marker or len(segments) < 3 or len(segments) % 2 == 0 or not all(segments):  # noqa: PLR2004 - namespace/type/name
            return None
        return cls(head, segments[0], tuple(segments[1::2]), tuple(segments[2::2]))

    @classmethod
    def of(cls, text: str) -> ResourceId:
        """Read an id that is known to be one."""
        parsed = cls.parse(text)
        if parsed is None:
            raise ValueError(f"not a resource id: {text}")
        return parsed

    def __str__(self) -> str:
        """Write the id as it came in."""
        pairs = "/".join(f"{kind}/{name}" for kind, name in zip(self.types, self.names, strict=True))
        if self.type == GROUP_TYPE:
            return f"{self.scope}/{pairs}"
        return f"{self.scope}/providers/{self.namespace}/{pairs}"

    @property
    def key(self) -> str:
        """What identifies the resource: the id in lower case."""
        return str(self).lower()

    @property
    def type(self) -> str:
        """`Microsoft.Network/virtualNetworks/subnets`."""
        return "/".join((self.namespace, *self.types))

    @property
    def name(self) -> str:
        """The last name."""
        return self.names[-1]

    @property
    def parent(self) -> ResourceId | None:
        """The resource that this one is nested in, None for a top level one."""
        if len(self.names) == 1:
            return None
        return ResourceId(self.scope, self.namespace, self.types[:-1], self.names[:-1])

    @property
    def root(self) -> ResourceId:
        """The top level resource that this one belongs to (itself, if it is one)."""
        return ResourceId(self.scope, self.namespace, self.types[:1], self.names[:1])

    @property
    def subscription(self) -> str:
        """The subscription's id, empty for a tenant-level resource."""
        match = _SUBSCRIPTION_SCOPE.match(str(self))
        return match[1] if match else ""

    @property
    def group(self) -> str:
        """The resource group's name, empty outside one."""
        match = _GROUP_SCOPE.match(str(self))
        return match[2] if match else ""

    @property
    def group_id(self) -> ResourceId | None:
        """The resource group's id, None outside one."""
        if not self.group:
            return None
        return group_id(self.subscription, self.group)

    def child(self, kind: str, name: str) -> ResourceId:
        """Name a nested resource: `vnet.child("subnets", "nodes")`."""
        return ResourceId(self.scope, self.namespace, (*self.types, kind), (*self.names, name))


def group_id(subscription: str, name: str) -> ResourceId:
    """Name a resource group."""
    return ResourceId(f"/subscriptions/{subscription}", "Microsoft.Resources", ("resourceGroups",), (name,))


def resource_id(subscription: str, group: str, kind: str, *names: str) -> ResourceId:
    """Name a resource in a group: `resource_id(sub, "rg", "Microsoft.Network/virtualNetworks/subnets", "v", "s")`."""
    namespace, *types = kind.split("/")
    scope = f"/subscriptions/{subscription}/resourceGroups/{group}"
    return ResourceId(scope, namespace, tuple(types), names)


def _split_providers(path: str) -> tuple[str, str, str]:
    at = path.lower().rfind("/providers/")
    if at < 0:
        return path, "", ""
    return path[:at], "/providers/", path[at + len("/providers/") :]


@dataclass(slots=True)
class Resource:
    """One stored resource. `World.find` hands out copies: change one, then `World.save` it.

    `body` holds what is stored of the ARM document beside id, name, type and etag: location, tags, sku,
    identity, zones, properties. `state` is the simulator's own memory and never shown.
    `created` and `changed` are simulated POSIX seconds.
    """

    id: ResourceId
    body: Json
    state: Json = field(default_factory=dict)
    etag: str = ""
    created: float = 0.0
    changed: float = 0.0

    @property
    def key(self) -> str:
        """The id in lower case."""
        return self.id.key

    @property
    def name(self) -> str:
        """The last name of the id."""
        return self.id.name

    @property
    def location(self) -> str:
        """The region, empty for nested resources that have none."""
        return str(self.body.get("location", ""))

    @property
    def properties(self) -> Json:
        """`body["properties"]`, made if missing."""
        if not isinstance(self.body.get("properties"), dict):
            self.body["properties"] = {}
        properties: Json = self.body["properties"]
        return properties

    @property
    def provisioning_state(self) -> str:
        """`properties.provisioningState`, empty where the kind has none."""
        return str(self.properties.get("provisioningState", ""))
