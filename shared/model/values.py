"""The values that fields hold: prefixes, names, zones, ports, tags. Each says in plain words what it accepts.

It must not know any document; rules between fields are the parts' own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

VALUE = "value"
"""The error type of a value we judged ourselves: its message is already in plain words."""

MISSING = "missing"
"""The error type, pydantic's own, of a field that is required and was left out."""

CIDR_PATTERN = r"^(\d{1,3}\.){3}\d{1,3}/\d{1,2}$"
ADDRESS_PATTERN = r"^(\d{1,3}\.){3}\d{1,3}$"


def wrong(message: str) -> PydanticCustomError:
    """Return the error for one value, with a message for people."""
    return PydanticCustomError(VALUE, "{message}", {"message": message})


def _cidr(value: Any) -> IPv4Network:
    if isinstance(value, IPv4Network):
        return value
    if not isinstance(value, str) or "/" not in value:
        raise wrong(f"{_shown(value)} is not an address range; write it like 10.0.0.0/22")
    try:
        network = ip_network(value, strict=False)
    except ValueError:
        raise wrong(f"{_shown(value)} is not an address range; write it like 10.0.0.0/22") from None
    if isinstance(network, IPv6Network):
        raise wrong(f"{_shown(value)} is IPv6; only IPv4 ranges are supported")
    address, _, length = value.partition("/")
    if not length.isdigit():
        raise wrong(f"{_shown(value)} uses a mask; write the prefix length, like {network}")
    if IPv4Address(address) != network.network_address:
        raise wrong(f"{_shown(value)} has host bits set; the network that contains it is {network}")
    return network


def _address(value: Any) -> IPv4Address:
    if isinstance(value, IPv4Address):
        return value
    try:
        return IPv4Address(str(value))
    except AddressValueError:
        raise wrong(f"{_shown(value)} is not an IPv4 address; write it like 10.0.0.4") from None


Drift = Literal["repair", "report", "ignore"]
"""What to do when Azure was changed behind a document's back: mend it, say it, or neither."""

Cidr = Annotated[
    IPv4Network,
    PlainValidator(_cidr),
    PlainSerializer(str, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": CIDR_PATTERN,
            "patternErrorMessage": "is not an address range; write it like 10.0.0.0/22",
            "examples": ["10.0.0.0/22"],
        }
    ),
]
"""An IPv4 prefix without host bits."""

Address = Annotated[
    IPv4Address,
    PlainValidator(_address),
    PlainSerializer(str, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": ADDRESS_PATTERN,
            "patternErrorMessage": "is not an IPv4 address; write it like 10.0.0.4",
            "examples": ["10.0.0.4"],
        }
    ),
]
"""An IPv4 address."""


def matching(pattern: str, words: str, *, longest: int | None = None) -> Any:
    """Return the constraint of a string: a whole-string pattern, and what to say where it does not match.

    The schema says it too, in a keyword that editors know.
    """
    expression = re.compile(pattern, re.ASCII)

    def judge(value: str) -> str:
        if longest is not None and len(value) > longest:
            raise wrong(f"{_shown(value)} has {len(value)} characters; at most {longest} are allowed")
        if not expression.fullmatch(value):
            raise wrong(f"{_shown(value)} is not {words}")
        return value

    schema: dict[str, Any] = {
        "type": "string",
        "pattern": f"^(?:{pattern})$",
        "patternErrorMessage": f"is not {words}",
    }
    return _Constraint(judge, schema | ({} if longest is None else {"maxLength": longest}))


class _Constraint:
    """Annotation that judges a string and describes itself in the JSON Schema."""

    def __init__(self, judge: Callable[[str], str], schema: dict[str, Any]) -> None:
        self._judge, self._schema = judge, schema

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return AfterValidator(self._judge).__get_pydantic_core_schema__(source, handler)

    def __get_pydantic_json_schema__(self, core_schema: Any, handler: Any) -> Any:
        return dict(self._schema)  # pydantic writes into it, such as the default of one field


@dataclass(frozen=True, slots=True)
class OrNumber:
    """Annotation that says in the JSON Schema of a text that a number between two will do as well."""

    least: int
    most: int

    def __get_pydantic_json_schema__(self, core_schema: Any, handler: Any) -> Any:
        numbers = {"type": ["string", "integer"], "minimum": self.least, "maximum": self.most}
        return dict(handler(core_schema)) | numbers


def _digits(value: Any) -> Any:
    """YAML reads an unquoted zone or port as a number: both spellings mean the same."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


LABEL = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
HOST = r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
NAME_LIMIT = 40
Name = Annotated[
    str,
    matching(LABEL, "a name: use lower-case letters, digits and hyphens between them", longest=NAME_LIMIT),
]
"""A document's name: a DNS label, short enough for every Azure name made from it."""

GUID = r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
SEGMENT = r"(?!\.+(?:/|$))[^/?#%\s\\<>&:*|\"'\x00-\x1f\x7f]+"
"""A name within a resource's id that somebody else chose: anything that stays one segment of a URL. Dots alone do not:
clients take `..` for the segment before it, and what is asked for would be another resource."""
GROUP_ID = rf"/subscriptions/{GUID}/resource[gG]roups/{SEGMENT}"


def id_of(kind: str, what: str) -> Any:
    """Return the constraint of a resource's id of one type, whose capitals some clients write small."""
    pattern = re.sub(r"[A-Z]", lambda capital: f"[{capital[0].lower()}{capital[0]}]", kind.replace(".", r"\."))
    words = f"the id of {what}; write it like /subscriptions/<id>/resourceGroups/<group>/providers/{kind}/<name>"
    return matching(f"{GROUP_ID}/providers/{pattern}/{SEGMENT}", words)


NetworkId = Annotated[str, id_of("Microsoft.Network/virtualNetworks", "a virtual network")]
ZoneId = Annotated[str, id_of("Microsoft.Network/privateDnsZones", "a private DNS zone")]
MachineId = Annotated[str, id_of("Microsoft.Compute/virtualMachines", "a virtual machine")]
SubscriptionId = Annotated[str, matching(GUID, "a subscription id; write it like 00000000-0000-0000-0000-000000000000")]
Location = Annotated[str, matching(r"[a-z][a-z0-9]+", "a region; write its short name, like westeurope", longest=60)]
GroupName = Annotated[
    str,
    matching(
        r"[\w().-]*[\w()-]",
        "a resource group name: use letters, digits and _ - . ( ), and no full stop at the end",
        longest=90,
    ),
]
ResourceName = Annotated[
    str,
    matching(
        r"[A-Za-z0-9]([\w.-]*\w)?",
        "an Azure resource name: use letters, digits and _ - . inside; begin with a letter or a digit",
        longest=80,
    ),
]
Size = Annotated[
    str, matching(r"[A-Za-z][A-Za-z0-9_-]*", "a virtual machine size, such as Standard_D4s_v5", longest=60)
]
Domain = Annotated[
    str,
    matching(rf"{HOST}(\.{HOST})+", "a domain name, such as corp.example.com", longest=253),
]
Zone = Annotated[
    str,
    BeforeValidator(_digits),
    matching(r"[123]", "an availability zone; there are 1, 2 and 3"),
    OrNumber(1, 3),
]


def _unique(what: str) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    def judge(values: tuple[Any, ...]) -> tuple[Any, ...]:
        twice = repeated(values)
        if twice:
            raise wrong(f"{what} {', '.join(map(str, twice))} is listed twice; list it once")
        return values

    return judge


def repeated(values: Iterable[Hashable]) -> list[Hashable]:
    """Return what occurs more than once, in order."""
    seen: set[Hashable] = set()
    again: dict[Hashable, None] = {}
    for value in values:
        if value in seen:
            again[value] = None
        seen.add(value)
    return list(again)


Zones = Annotated[tuple[Zone, ...], AfterValidator(_unique("zone"))]
Cidrs = Annotated[tuple[Cidr, ...], AfterValidator(_unique("range"))]
OwnCidrs = Annotated[tuple[Cidr, ...], Field(min_length=1), AfterValidator(_unique("range"))]
"""At least one: said before the function, or the JSON Schema would say it as of a text."""
Addresses = Annotated[tuple[Address, ...], AfterValidator(_unique("address"))]


def _port(value: str) -> str:
    first, _, last = value.partition("-")
    bounds = [first, last or first]
    if value == "*":
        return value
    if not re.fullmatch(r"\d{1,5}(-\d{1,5})?", value) or not 1 <= int(bounds[0]) <= int(bounds[1]) <= 65535:  # noqa: PLR2004 - the highest port
        raise wrong(f"{_shown(value)} is not a port; write 443, a range like 8000-8100, or *")
    return value


Port = Annotated[str, BeforeValidator(_digits), AfterValidator(_port), OrNumber(1, 65535)]

TagName = Annotated[
    str,
    matching(
        r"[^<>%&\\?/\x00-\x1f\x7f]+",
        "a tag name: the characters < > % & \\ ? / and control characters are not allowed",
        longest=512,
    ),
]
TagValue = Annotated[
    str, matching(r"[^\x00-\x1f\x7f]*", "the value of a tag: control characters are not allowed", longest=256)
]
TAG_LIMIT = 45
"""Azure allows 50 for each resource; ours need room."""


def _few(tags: dict[str, str]) -> dict[str, str]:
    if len(tags) > TAG_LIMIT:
        raise wrong(f"{len(tags)} tags are too many; at most {TAG_LIMIT} are allowed")
    return tags


Tags = Annotated[dict[TagName, TagValue], AfterValidator(_few)]


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return f"'{text[:100]}'"
