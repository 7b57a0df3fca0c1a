"""One operation from beginning to end: pauses, polls, tries, and activities that raise."""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from typing import Any

import pytest

from orchestration.orchestrators.operation import PAUSES, drive, moment, persist
from orchestration.orchestrators.pacing import RETRIES, next_poll, next_try
from tests.orchestration.azure_clock import failure

Json = dict[str, Any]
START = datetime(2026, 1, 1)  # noqa: DTZ001 - the SDK's time has no zone


class Context:
    """What `drive` uses of the SDK's context: it plays activities from a function and passes time at timers."""

    def __init__(self, play: Callable[[str, Json], Any]) -> None:
        self.play = play
        self.current_utc_datetime = START
        self.calls: list[tuple[str, float]] = []
        self.pauses: list[float] = []

    def call_activity(self, name: str, job: Json) -> tuple[str, Any]:
        """Return what the driver understands as a call."""
        return name, job

    def create_timer(self, until: datetime) -> tuple[None, datetime]:
        """Return what the driver understands as a timer."""
        return None, until

    def run(self, generator: Generator[Any, Any, Any]) -> Any:
        """Drive a generator to its end."""
        answer, error = None, None
        while True:
            try:
                name, given = generator.send(answer) if error is None else generator.throw(error)
            except StopIteration as end:
                return end.value
            answer, error = None, None
            if name is None:
                self.pauses.append((given - self.current_utc_datetime).total_seconds())
                self.current_utc_datetime = given
                continue
            self.calls.append((name, (self.current_utc_datetime - START).total_seconds()))
            try:
                answer = self.play(name, given)
            except Exception as caught:  # noqa: BLE001 - as the SDK does
                error = caught

    def drive(self) -> Any:
        """Drive one operation."""
        context: Any = self
        return self.run(drive(context, "begin", "poll", {"step": "x"}))


def in_progress(retry_after: float | None = None) -> Json:
    """Say that it runs."""
    return {"state": "InProgress", "operation": {"url": "u"}, "retryAfter": retry_after}


def play(*answers: Any) -> Callable[[str, Json], Any]:
    """Return answers one after the other; the last one for ever."""
    left = list(answers)

    def next_answer(_: str, __: Json) -> Any:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return next_answer


def test_what_is_done_at_once_is_neither_polled_nor_waited_for() -> None:
    """An answer that is final ends it."""
    context = Context(play({"state": "Succeeded"}))
    assert context.drive() == {"state": "Succeeded", "attempts": 1, "polls": 0}
    assert context.calls == [("begin", 0)]


def test_polls_come_when_the_service_said() -> None:
    """Retry-After is honoured, a breath later at first, then to the second, and the handle goes along."""
    handed: list[Any] = []
    answers = [in_progress(10), in_progress(25), {"state": "Succeeded", "output": "x"}]

    def remember(_: str, job: Json) -> Any:
        handed.append(job.get("operation"))
        return answers.pop(0)

    context = Context(remember)
    assert context.drive() == {"state": "Succeeded", "output": "x", "attempts": 1, "polls": 2}
    assert context.calls == [("begin", 0), ("poll", 11), ("poll", 36)]
    assert handed == [None, {"url": "u"}, {"url": "u"}]


def test_without_a_word_polls_come_in_proportion() -> None:
    """A long operation is polled rarely, a short one soon."""
    context = Context(play(*[in_progress()] * 200, {"state": "Succeeded"}))
    context.drive()
    assert context.pauses[0] == 1
    assert max(context.pauses) == 15
    assert context.pauses == sorted(context.pauses)


@pytest.mark.parametrize(
    ("class_", "first", "cap"),
    [("Locked", 5, 30), ("Throttled", 15, 120), ("Transient", 2, 60), ("NotReady", 10, 60)],
)
def test_what_heals_by_waiting_is_tried_again(class_: str, first: float, cap: float) -> None:
    """The pauses begin short, grow to a cap, and end with the last error after the class's time."""
    context = Context(play({"state": "Failed", "error": failure(class_)}))
    answer = context.drive()
    assert answer["error"] == failure(class_)
    assert (context.pauses[0], max(context.pauses)) == (first, cap)
    assert context.pauses == sorted(context.pauses)
    assert answer["attempts"] == len(context.pauses) + 1
    within = RETRIES[class_].within
    assert within < sum(context.pauses) <= within + cap


@pytest.mark.parametrize("class_", ["Denied", "Failed", "Invalid", "NotFound", "Changed", "Conflict", "Error"])
def test_what_does_not_heal_is_not_tried_again(class_: str) -> None:
    """A refusal for good is an answer at once."""
    context = Context(play({"state": "Failed", "error": failure(class_)}))
    assert context.drive() == {"state": "Failed", "error": failure(class_), "attempts": 1, "polls": 0}
    assert context.pauses == []


def test_a_lock_says_how_long() -> None:
    """Azure's own pause counts where it is longer than ours, and never shortens ours."""
    locked = [{"state": "Failed", "error": failure("Locked", seconds)} for seconds in (40, 1)]
    context = Context(play(*locked, {"state": "Succeeded"}))
    context.drive()
    assert context.pauses == [40, 7.5]


def test_an_operation_that_fails_by_a_lock_is_begun_anew() -> None:
    """A failure found by a poll is judged like one found at the beginning."""
    context = Context(
        play(in_progress(5), {"state": "Failed", "error": failure("Locked")}, in_progress(5), {"state": "Succeeded"})
    )
    answer = context.drive()
    assert [name for name, _ in context.calls] == ["begin", "poll", "begin", "poll"]
    assert (answer["attempts"], answer["polls"]) == (2, 2)


def test_an_activity_that_raises_is_called_again() -> None:
    """The store or Azure may be away for a while."""
    context = Context(play(*[RuntimeError("away")] * 3, {"state": "Succeeded"}))
    assert context.drive()["attempts"] == 1
    assert context.pauses == [1, 2, 5]


def test_an_activity_that_raises_for_too_long_ends_the_orchestration() -> None:
    """The last failure is raised, so that somebody sees it."""
    context: Any = Context(play(RuntimeError("gone")))
    with pytest.raises(RuntimeError, match="gone"):
        context.run(persist(context, "begin", {}))
    assert context.pauses == list(PAUSES)


def test_moment_has_a_zone() -> None:
    """Times in the history say where they are."""
    context: Any = Context(play({}))
    assert moment(context) == "2026-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("elapsed", "retry_after", "seconds"),
    [(0, None, 1), (100, None, 5), (10_000, None, 15), (100, 60, 60), (100, 0, 0.5), (100, 0.7, 0.7)],
)
def test_next_poll(elapsed: float, retry_after: float | None, seconds: float) -> None:
    """The service's word, else a share of the time spent; never a busy loop."""
    assert next_poll(elapsed, retry_after) == timedelta(seconds=seconds)


@pytest.mark.parametrize(("retry_after", "seconds"), [(None, 1), (0, 0.5), (10, 11), (1, 1.1)])
def test_the_first_poll_comes_a_breath_later(retry_after: float | None, seconds: float) -> None:
    """The service says when an operation may be over at the soonest: on the dot is often a moment too early."""
    assert next_poll(0, retry_after, first=True) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("class_", "attempt", "elapsed", "seconds"),
    [
        ("Locked", 1, 0, 5),
        ("Locked", 2, 5, 7.5),
        ("Locked", 99, 5399, 30),
        ("Locked", 99, 5401, None),
        ("Failed", 1, 0, None),
    ],
)
def test_next_try(class_: str, attempt: int, elapsed: float, seconds: float | None) -> None:
    """The pause grows with the tries, and ends with the time."""
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert next_try(failure(class_), attempt, elapsed) == expected
