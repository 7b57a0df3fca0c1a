"""Log lines made structured, in one place: `event name=value` with the fields of what is going on, without secrets.

Whoever logs writes `log.info("step.refused document=%s code=%s", ...)` as ever. Every handler, the Functions worker's
too, gets a record whose text is redacted; who can take fields finds them in `record.telemetry`.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any

from shared.model.errors import SpokewrightError
from shared.model.redaction import redact
from shared.telemetry import names, trace

if TYPE_CHECKING:
    from opentelemetry._logs import Logger

OURS = ("orchestration", "shared", "function_app")
"""Whose lines are made structured, and leave: what Azure's SDKs log is not ours to judge."""

PREFIX = "spokewright."
"""Of attributes of spans; fields of lines are called as lines call them, and nobody else writes lines of ours."""

SAME = {"resource_id": "resource", "instance_id": "instance"}
"""Fields that lines call differently."""

DEEPEST = 30
"""Lines of a traceback that are kept, the innermost."""

_PLACE = re.compile(r"(?:(\w+)=)?%[.\d]*[sdrf]")


def structured(record: logging.LogRecord) -> logging.LogRecord:
    """Return the record with `telemetry`, its fields, and with a text that any handler may let out."""
    found = {**_around(), **dict(_told(record))}
    event = str(record.msg).partition(" ")[0].rstrip(":")
    record.msg, record.args = redact(_message(record)), None
    if record.exc_info and record.exc_info[1] is not None:
        # A formatter takes what is here instead of writing the exception with all its values.
        record.exc_text = _without_values(record.exc_info[1])
        found[names.ERROR] = type(record.exc_info[1]).__name__
    record.telemetry = {"event.name": event, **found}
    return record


def install() -> None:
    """Let every line of ours be made structured from here on; what others log stays as it is."""
    before = logging.getLogRecordFactory()
    if getattr(before, "is_ours", False):
        return

    def make(*arguments: Any, **options: Any) -> logging.LogRecord:
        record = before(*arguments, **options)
        return structured(record) if record.name.partition(".")[0] in OURS else record

    make.is_ours = True  # type: ignore[attr-defined]  # so that it is put in once
    logging.setLogRecordFactory(make)


class Leaving(logging.Handler):
    """Hands our lines to OpenTelemetry, which adds the trace that is going on."""

    def __init__(self, logger: Logger) -> None:
        super().__init__(logging.INFO)
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        """Let one line leave."""
        from opentelemetry._logs import LogRecord, SeverityNumber  # noqa: PLC0415 - not while telemetry is off

        told = dict(getattr(record, "telemetry", {}))
        if record.exc_text:
            told["exception.stacktrace"] = record.exc_text
        number = {logging.INFO: 9, logging.WARNING: 13, logging.ERROR: 17, logging.CRITICAL: 21}.get(record.levelno, 9)
        self._logger.emit(
            LogRecord(
                timestamp=int(record.created * 1_000_000) * 1000,
                severity_text=record.levelname,
                severity_number=SeverityNumber(number),
                body=record.getMessage(),
                attributes={"code.namespace": record.name, **told},
            )
        )


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):
        return str(record.msg)  # A line whose fields do not fit stops nothing.


def _around() -> dict[str, Any]:
    """Return what is going on, as fields of a line."""
    return {name.removeprefix(PREFIX): value for name, value in trace.fields().items() if name.startswith(PREFIX)}


def _told(record: logging.LogRecord) -> Iterator[tuple[str, Any]]:
    """Yield the fields of a line: numbers as they are, all else as redacted text."""
    places = _PLACE.findall(str(record.msg))
    if not isinstance(record.args, tuple) or len(places) != len(record.args):
        return
    for name, value in zip(places, record.args, strict=True):
        if name:
            yield SAME.get(name, name), value if isinstance(value, (int, float)) else redact(str(value))


def _without_values(error: BaseException) -> str:
    """Return where an error came from, and its class; its message only where it is ours, for others' quote values."""
    parts = []
    seen: BaseException | None = error
    while seen is not None:
        said = f": {redact(str(seen))}" if isinstance(seen, SpokewrightError) else ""
        name = f"{type(seen).__module__}.{type(seen).__qualname__}"
        parts.append("\n".join([*_places(seen.__traceback__), f"{name}{said}"]))
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return "\n\n".join(reversed(parts))


def _places(tracing: TracebackType | None) -> Iterator[str]:
    for frame in traceback.extract_tb(tracing)[-DEEPEST:]:
        yield f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}'
