"""The rows of a backup: what each table's hold, so that nothing is restored on which the app would stumble.

Members that are not named here are kept: a newer version may have written them.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from pydantic import AwareDatetime, ConfigDict, TypeAdapter, ValidationError

from shared.model.document import key_of, parse_document
from shared.model.envelope import DocumentKey
from shared.model.errors import Invalid
from shared.model.part import Part
from shared.model.problems import problems_of
from shared.model.values import Cidrs, Name

Json = dict[str, Any]
EVERYTHING = "all"
"""The partition of tables that have one only."""
AUDIT = "audit"
OF_DOCUMENTS = (AUDIT, "history")
"""Tables with a partition for each document; the audit has others too, for what is about no document."""
_LABEL = re.compile(r"[A-Z][A-Za-z]{0,39}")
DOCUMENTS = "documents"
_NAME: TypeAdapter[str] = TypeAdapter(Name)


class RowValue(Part):
    """The value of a row."""

    model_config = ConfigDict(extra="allow", alias_generator=None)


class Buried(RowValue):
    """What is known of a document that was removed."""

    order: str | None
    time: AwareDatetime


class Tombstone(RowValue):
    """Where a document was."""

    tombstone: Buried


class LedgerRow(RowValue):
    """Whose addresses are whose, of one hub."""

    blocks: dict[str, Cidrs]


class BaselineRow(Part):
    """What was wanted of each resource, and which versions were seen."""

    intents: dict[str, str]
    seen: dict[str, str]


class DismissalRow(RowValue):
    """What a resource was sent away from."""

    asked: str
    time: AwareDatetime


class AuditRow(RowValue):
    """A decision."""

    time: AwareDatetime
    action: str
    who: Json


class HistoryRow(RowValue):
    """A step."""

    run: str
    step: str
    started: datetime
    result: str


class Outcome(RowValue):
    """What became of a message."""

    result: str
    wake: tuple[str, ...]


class RequestRow(RowValue):
    """A message that was answered."""

    outcome: Outcome
    time: AwareDatetime


class EventRow(RowValue):
    """A lifecycle event."""

    id: str
    type: str
    time: AwareDatetime
    data: Json


class TallyRow(RowValue):
    """How often something was refused on a day."""

    name: str
    day: date
    number: int
    time: AwareDatetime
    example: str


VALUES: Mapping[str, type[Part]] = {
    "ledger": LedgerRow,
    "baselines": BaselineRow,
    "dismissals": DismissalRow,
    "audit": AuditRow,
    "history": HistoryRow,
    "requests": RequestRow,
    "events": EventRow,
    "tallies": TallyRow,
}


def fault_of(row: Any) -> str | None:
    """Say what is wrong with a row; None where it can be restored."""
    if not isinstance(row, dict) or row.keys() != {"table", "partition", "key", "value"}:
        return "a row has table, partition, key and value, and nothing else"
    table, partition, key, value = row["table"], row["partition"], row["key"], row["value"]
    if table not in (*VALUES, DOCUMENTS):
        return f"there is no such table in a backup; there are {', '.join((*VALUES, DOCUMENTS))}"
    if not isinstance(partition, str) or not isinstance(key, str) or not key or not isinstance(value, dict):
        return "partition and key have to be text, and value an object"
    try:
        _check_place(table, partition, key)
        _check_value(table, key, value)
    except Invalid as error:
        return error.message[:500]
    except ValueError as error:
        return str(error)[:500]
    return None


def _check_place(table: str, partition: str, key: str) -> None:
    if table in OF_DOCUMENTS and not (table == AUDIT and _LABEL.fullmatch(partition)):
        _check_key(partition)
    elif table not in OF_DOCUMENTS and partition != EVERYTHING:
        raise ValueError(f"the table {table} has the partition {EVERYTHING} only")
    if table in ("baselines", DOCUMENTS):
        _check_key(key)


def _check_key(text: str) -> None:
    try:
        _NAME.validate_python(DocumentKey.parse(text).name)
    except ValidationError as error:
        raise Invalid(problems_of(error, "$")) from None


def _check_value(table: str, key: str, value: Json) -> None:
    if table == DOCUMENTS and set(value) == {"document"}:
        document = parse_document(value["document"])
        if str(key_of(value["document"])) != key or str(document.key) != key:
            raise ValueError(f"is {document.key}, and stands where {key[:100]} belongs")
        return
    model = Tombstone if table == DOCUMENTS else VALUES[table]
    try:
        parsed: Any = model.model_validate(value)
    except ValidationError as error:
        raise Invalid(problems_of(error, "$")) from None
    if isinstance(parsed, RequestRow):
        for text in parsed.outcome.wake:
            _check_key(text)
