"""What all documents share: key, metadata, status, and the shape around a spec.

`metadata` beyond the name and all of `status` are written by Spokewright; a request cannot set them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Literal, Self, TypeVar

from pydantic import ConfigDict, Field, NonNegativeInt

from shared.model.approval import Approval
from shared.model.conditions import Condition
from shared.model.part import Part
from shared.model.values import Cidrs, Name

Kind = Literal["Hub", "Spoke", "Cluster"]
KINDS: tuple[Kind, ...] = ("Hub", "Spoke", "Cluster")


@dataclass(frozen=True, slots=True, order=True)
class DocumentKey:
    """Which document: its kind and name, `Hub/weu` as text."""

    kind: Kind
    name: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse `Hub/weu`; raise ValueError otherwise."""
        kind, _, name = text.partition("/")
        for known in KINDS:
            if kind == known and name:
                return cls(known, name)
        raise ValueError(f"'{text[:100]}' is not a document's key such as Hub/weu")

    @property
    def instance_id(self) -> str:
        """The id of the document's one reconcile orchestration: `hub.weu`."""
        return f"{self.kind.lower()}.{self.name}"

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


class Metadata(Part):
    """Who the document is, and where this version of it came from."""

    # Unknown fields of a stored document are kept: a newer version may have written them, and this one may have to go
    # on with it. A request may have none: `parse_request` refuses them, and the schema says so.
    model_config = ConfigDict(extra="allow", json_schema_extra={"additionalProperties": False})

    name: Name
    generation: NonNegativeInt = 0
    """Counts changes of the spec and the request for deletion."""
    deletion_requested: datetime | None = None
    """When deletion was asked for; null while the document is to stay."""
    origin: Literal["request", "event"] = "request"
    """Whether a person or program asked for it, or an event in Azure did (onboarding)."""
    requested_by: str | None = None
    """Who asked first, by their object id: whom the platform signed in, or of what was onboarded who made or tagged it,
    as Azure's event says; null where nobody knows."""
    changed_by: str | None = None
    """Who last changed the spec, by their object id; null where nobody signed in, or a message came."""
    order: str | None = None
    """The position of the request that wrote it among all requests: a later one is a greater string."""


class Status(Part):
    """What Spokewright found and did. Unknown fields are kept: a newer version may have written them."""

    model_config = ConfigDict(extra="allow")

    observed_generation: NonNegativeInt = 0
    """The generation that the conditions speak of."""
    conditions: tuple[Condition, ...] = ()
    outputs: dict[str, Any] = Field(default_factory=dict)
    """What others wait for: the firewall's private address, resource ids, the private FQDN."""
    address_space: Cidrs = ()
    """A spoke's address space: given, allocated from the hub's pool, or read from the adopted network."""
    approval: Approval | None = None
    """What was decided about an onboarding; null for what was asked for by a request, or not looked at yet."""
    previous_route_tables: dict[str, str] = Field(default_factory=dict)
    """The route tables that subnets of an adopted network had before ours, by subnet: put back when the spoke goes."""
    plan_hash: str | None = None
    """The last plan's hash: what an approval names."""
    reconciled_at: datetime | None = None
    request: dict[str, Any] | None = None
    """Who asked last (`id`, `correlationId`, `replyTo`), to be told how it ended; null once they were."""
    failures: NonNegativeInt = 0
    """Reconciles in a row that ended with a failed step."""
    retry_at: datetime | None = None
    """When the timer looks again although nothing happened; null where nothing is left to do."""
    verified_at: datetime | None = None
    """When name resolution and reachability were last checked from the jump server."""
    untold: tuple[dict[str, Any], ...] = ()
    """Lifecycle events that were decided in the write that changed the conditions, and are still to be published."""
    restored_at: datetime | None = None
    """When the document came from a backup; null once Azure matched it, or somebody asked for it anew."""


SpecT = TypeVar("SpecT", bound=Part)


class Envelope(Part, Generic[SpecT]):
    """Any document; Hub, Spoke and Cluster narrow the kind and the spec."""

    api_version: Literal["spokewright/v1"]
    kind: Kind
    metadata: Metadata
    spec: SpecT
    status: Status = Status()

    @property
    def key(self) -> DocumentKey:
        """Which document this is."""
        return DocumentKey(self.kind, self.metadata.name)

    @property
    def name(self) -> str:
        """Its name, without the kind."""
        return self.metadata.name

    @property
    def deleting(self) -> bool:
        """Say whether deletion was requested."""
        return self.metadata.deletion_requested is not None
