"""Azure resource ids: parse, build, compare. Azure varies their case, so equality goes through `key`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from shared.model.errors import Invalid, Problem


def key(resource_id: str) -> str:
    """Return the form in which two spellings of one id are equal."""
    return resource_id.rstrip("/").lower()


def same(left: str, right: str) -> bool:
    """Say whether two ids name one resource."""
    return key(left) == key(right)


@dataclass(frozen=True, slots=True)
class ResourceId:
    """One resource or resource group.

    `segments` are (type, name) pairs below the provider; none for a resource group.
    An extension resource (a role assignment) carries the id of what it is about in `scope`.
    """

    subscription: str
    group: str
    provider: str = ""
    segments: tuple[tuple[str, str], ...] = ()
    scope: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse an id as Azure writes it, in any case; raise Invalid otherwise."""
        scope, _, tail = text.strip("/").rpartition("/providers/")
        if not scope:
            scope, tail = text.strip("/"), ""
        root, *extended = scope.split("/providers/")
        match root.split("/"):
            case [subscriptions, subscription] if subscriptions.lower() == "subscriptions":
                group = ""
            case [subscriptions, subscription, groups, group] if (
                subscriptions.lower() == "subscriptions" and groups.lower() == "resourcegroups"
            ):
                pass
            case _:
                raise _malformed(text)
        provider, *rest = tail.split("/")
        if len(rest) % 2 or (tail and not rest) or not all(rest):
            raise _malformed(text)
        segments = tuple(zip(rest[::2], rest[1::2], strict=True))
        return cls(subscription, group, provider, segments, f"/{scope}" if extended else "")

    @classmethod
    def of_group(cls, subscription: str, group: str) -> Self:
        """Return the id of a resource group."""
        return cls(subscription, group)

    def resource(self, type_: str, name: str) -> ResourceId:
        """Return the id of a resource in this group: `type_` as in `Microsoft.Network/virtualNetworks`."""
        provider, _, kind = type_.partition("/")
        return ResourceId(self.subscription, self.group, provider, ((kind, name),))

    def child(self, kind: str, name: str) -> ResourceId:
        """Return the id of a child resource, such as `subnets` of a virtual network."""
        return ResourceId(self.subscription, self.group, self.provider, (*self.segments, (kind, name)))

    def extension(self, type_: str, name: str) -> ResourceId:
        """Return the id of an extension resource (a role assignment) on this resource."""
        provider, _, kind = type_.partition("/")
        return ResourceId(self.subscription, self.group, provider, ((kind, name),), str(self))

    @property
    def type(self) -> str:
        """The full type, such as `Microsoft.Network/virtualNetworks/subnets`."""
        if not self.segments:
            return "Microsoft.Resources/resourceGroups"
        return "/".join((self.provider, *(kind for kind, _ in self.segments)))

    @property
    def name(self) -> str:
        """The last name: of the resource itself."""
        return self.segments[-1][1] if self.segments else self.group

    @property
    def parent(self) -> ResourceId:
        """The resource this one is a child of; the resource group for a top-level one."""
        if len(self.segments) <= 1:
            return ResourceId.of_group(self.subscription, self.group)
        return ResourceId(self.subscription, self.group, self.provider, self.segments[:-1])

    @property
    def root(self) -> ResourceId:
        """The top-level resource that this one is, or lies in: the virtual network of a subnet."""
        return ResourceId(self.subscription, self.group, self.provider, self.segments[:1], self.scope)

    @property
    def resource_group(self) -> ResourceId:
        """The id of the resource group it lives in."""
        return ResourceId.of_group(self.subscription, self.group)

    @property
    def key(self) -> str:
        """The form in which two spellings are equal."""
        return key(str(self))

    def __str__(self) -> str:
        root = f"/subscriptions/{self.subscription}"
        if self.group:
            root += f"/resourceGroups/{self.group}"
        root = self.scope or root
        if not self.segments:
            return root
        tail = "/".join(f"{kind}/{name}" for kind, name in self.segments)
        return f"{root}/providers/{self.provider}/{tail}"


def _malformed(text: str) -> Invalid:
    example = "/subscriptions/<id>/resourceGroups/<group>/providers/<namespace>/<type>/<name>"
    return Invalid([Problem("$", f"'{text[:200]}' is not an Azure resource id such as {example}")])
