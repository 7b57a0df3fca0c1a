"""Log lines: their fields, what is going on, and no secret in text, fields or traceback."""

from __future__ import annotations

import logging
import subprocess
import sys
from typing import Any

import pytest

from shared.model.errors import Failed
from shared.telemetry import logs, names, trace

SECRET = "Bearer plantedToken0123456789"


def line(template: str, *values: Any, error: BaseException | None = None) -> logging.LogRecord:
    """Return a structured line of ours."""
    info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("orchestration.x", logging.WARNING, __file__, 1, template, values, info)
    return logs.structured(record)


def told(record: logging.LogRecord) -> dict[str, Any]:
    """Return a line's fields."""
    return dict(record.telemetry)  # type: ignore[attr-defined]  # what `structured` adds


def test_a_line_has_its_event_and_its_fields() -> None:
    """The first word is the event; each `name=` is a field, numbers as numbers, with telemetry's own names."""
    record = line("step.refused document=%s step=%s attempts=%d seconds=%.1f", "Hub/weu", "vnet", 3, 1.25)
    assert record.getMessage() == "step.refused document=Hub/weu step=vnet attempts=3 seconds=1.2"
    assert told(record) == {
        "event.name": "step.refused",
        "document": "Hub/weu",
        "step": "vnet",
        "attempts": 3,
        "seconds": 1.25,
    }


def test_a_value_with_spaces_is_one_field() -> None:
    """A field is what was given for it, not what a text looks like."""
    assert told(line("sweep.unreadable document=%s reason=%s", "Hub/weu", "a=1 b=2"))["reason"] == "a=1 b=2"


def test_what_is_going_on_is_in_every_line() -> None:
    """A line within a span has document, instance, run, step and resource of it, and its own go before them."""
    with trace.about({names.DOCUMENT: "Hub/weu", names.INSTANCE: "hub.weu", names.RESOURCE: "/a"}):
        assert told(line("operation.unseen resource_id=%s", "/b")) == {
            "event.name": "operation.unseen",
            "document": "Hub/weu",
            "instance": "hub.weu",
            "resource": "/b",
        }
    assert told(line("plain")) == {"event.name": "plain"}


def test_no_secret_is_in_a_line() -> None:
    """Text and fields are redacted, for every handler."""
    record = line("x.failed reason=%s", SECRET)
    assert "planted" not in record.getMessage() + str(told(record))
    assert record.args is None


def test_a_line_whose_fields_do_not_fit_is_a_line() -> None:
    """What is logged wrongly stops nothing."""
    assert line("x a=%s b=%s", 1).getMessage() == "x a=%s b=%s"
    assert line("x a=%d", "no number").getMessage() == "x a=%d"


def broken(message: str, cause: BaseException | None = None) -> BaseException:
    """Return an error as it is caught."""

    def fail() -> None:
        raise ValueError(message) from cause

    try:
        fail()
    except ValueError as error:
        return error


def test_a_traceback_says_where_and_not_what_with() -> None:
    """Of an error that is not ours the class and the places are told, and nothing of its words or its cause's."""
    record = line("plan.broken", error=broken("planted words", broken("planted cause")))
    text = logging.Formatter().format(record)
    assert "planted" not in text
    assert text.count("builtins.ValueError") == 2
    assert "in fail" in text
    assert told(record)[names.ERROR] == "ValueError"


def test_words_of_ours_are_told() -> None:
    """The message of an error of ours is told, without the secrets that it quotes."""
    error = broken("x", Failed(f"Azure said Odd: {SECRET}", code="Odd"))
    text = logging.Formatter().format(line("x", error=error))
    assert "Azure said Odd" in text
    assert "planted" not in text


@pytest.mark.parametrize("name", ["azure.core", "aiohttp", "orchestrationx", "root"])
def test_lines_of_others_stay_as_they_are(name: str) -> None:
    """Only our own lines are made structured."""
    script = (
        "import logging; from shared.telemetry import logs; logs.install(); logs.install();"
        f"make = logging.getLogRecordFactory(); record = make({name!r}, 20, '', 1, 'a=%s', ('b',), None);"
        "assert record.args == ('b',) and not hasattr(record, 'telemetry');"
        "ours = make('shared.arm', 20, '', 1, 'e a=%s', ('b',), None);"
        "assert ours.telemetry == {'event.name': 'e', 'a': 'b'}"
    )
    # A process of its own: the factory is one for all.
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
