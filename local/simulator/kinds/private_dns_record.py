"""Record sets of private zones: written at once, without operations; etags are judged at once too."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from local.simulator.kind import Answer, ArmError, Json, Kind, Resource
from local.simulator.kinds.private_dns import LINK_TYPE, ZONE_TYPE

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.world import World

_MEMBERS = {
    "A": "aRecords",
    "AAAA": "aaaaRecords",
    "CNAME": "cnameRecord",
    "MX": "mxRecords",
    "PTR": "ptrRecords",
    "SOA": "soaRecord",
    "SRV": "srvRecords",
    "TXT": "txtRecords",
}


class _Records(Kind):
    """`Microsoft.Network/privateDnsZones/{zone}/{recordType}/{name}`."""

    asynchronous = False
    has_state = False
    etag_format = "{}"

    @property
    def record_type(self) -> str:
        """A, CNAME, ..."""
        return self.type.rsplit("/", 1)[-1]

    def check_preconditions(self, request: Request, existing: Resource | None) -> None:
        """Judge etags in the provider's words."""
        wanted, unwanted = request.headers.get("if-match"), request.headers.get("if-none-match")
        name = request.id.name
        if unwanted and existing is not None and unwanted in {"*", existing.etag} and request.method != "GET":
            message = f"The Record set {name} exists already and hence cannot be created again."
            raise ArmError(412, "PreconditionFailed", message)
        if wanted and (existing is None or wanted not in {"*", existing.etag}):
            raise ArmError(412, "PreconditionFailed", f"The Record set {name} has been modified (etag mismatch).")

    def validate(self, world: World, request: Request, existing: Resource | None) -> None:
        """An alias stands alone."""
        del existing
        _check_addresses(request.body.get("properties") or {})
        zone = request.id.parent
        same_name = [r for r in (world.children(zone) if zone else ()) if r.name.lower() == request.id.name.lower()]
        others = {r.id.types[-1] for r in same_name if r.id.types[-1] in _MEMBERS} - {self.record_type}
        if others and (self.record_type == "CNAME" or "CNAME" in others):
            raise ArmError(
                409,
                "Conflict",
                f"The record could not be created because a CNAME record with the same name already exists in this "
                f"zone: {request.id.name}.",
            )

    def compose(self, world: World, request: Request, existing: Resource | None) -> Resource:
        """Keep ttl, metadata and the records."""
        resource = super().compose(world, request, existing)
        resource.body.pop("location", None)
        given = {"ttl": 3600, **resource.properties, **_lowered_ttl(resource.properties)}
        resource.body["properties"] = {k: v for k, v in given.items() if k != "TTL"}
        if _MEMBERS[self.record_type].endswith("s"):
            resource.properties.setdefault(_MEMBERS[self.record_type], [])
        return resource

    def missing(self, request: Request) -> ArmError:
        """Answer for a record set that is not there, in the provider's words."""
        return ArmError(
            404,
            "NotFound",
            f"The resource record '{request.id.name}' does not exist in resource group '{request.id.group}' of "
            f"subscription '{request.id.subscription}'.",
            wrapped=False,
        )

    def patch(self, world: World, request: Request, existing: Resource) -> Answer:
        """Change what is given."""
        self.check_preconditions(request, existing)
        existing.properties.update(request.body.get("properties") or {})
        world.save(existing)
        return Answer(200, existing)

    def check_removable(self, world: World, resource: Resource, leaving: frozenset[str]) -> None:
        """A zone keeps its SOA."""
        del world
        zone = resource.id.parent
        if self.record_type == "SOA" and zone is not None and zone.key not in leaving:
            raise ArmError(400, "BadRequest", "The SOA record set cannot be deleted.")

    def render(self, world: World, resource: Resource) -> Json:
        """Show the set with its full name."""
        document = super().render(world, resource)
        zone = resource.id.names[0]
        fqdn = f"{zone}." if resource.name == "@" else f"{resource.name}.{zone}."
        document["properties"] = {**resource.properties, "fqdn": fqdn, "isAutoRegistered": False}
        return document


class _AllRecords(_Records):
    """`.../{zone}/ALL`: every record set, whatever its type."""

    type = f"{ZONE_TYPE}/ALL"

    def list(self, world: World, request: Request) -> list[Resource]:
        """List the record sets of all types."""
        zone = request.id.parent
        children = world.children(zone) if zone else []
        return [child for child in children if child.id.type != LINK_TYPE]


def _lowered_ttl(properties: Json) -> Json:
    """Some clients write TTL; 0 is a value."""
    given = properties.get("TTL", properties.get("ttl"))
    return {} if given is None else {"ttl": given}


def _check_addresses(properties: Json) -> None:
    """Refuse A and AAAA records that hold no address of their version."""
    for members, member, version in (
        ("aRecords", "ipv4Address", IPv4Address),
        ("aaaaRecords", "ipv6Address", IPv6Address),
    ):
        for record in properties.get(members) or ():
            try:
                version(str(record.get(member)))
            except ValueError as wrong:
                message = f"The value '{record.get(member)}' of '{member}' is not a valid address."
                raise ArmError(400, "BadRequest", message) from wrong


def _records(record_type: str) -> type[Kind]:
    return type(f"Private{record_type}Records", (_Records,), {"type": f"{ZONE_TYPE}/{record_type}"})


RECORD_KINDS: tuple[type[Kind], ...] = (*(_records(record_type) for record_type in _MEMBERS), _AllRecords)
