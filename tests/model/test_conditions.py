"""Conditions: one per type, with the time of the last change of status."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shared.model import conditions
from shared.model.conditions import Condition, find, is_true, set_condition

EARLY, LATE = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
WAITING = Condition(type="Ready", status="False", reason="HubNotReady")


def test_a_first_condition_gets_the_time() -> None:
    """A condition of a new type is added, stamped with now."""
    (condition,) = set_condition((), WAITING, EARLY)
    assert condition.last_transition_time == EARLY


def test_the_time_stays_while_the_status_does() -> None:
    """A new reason or message with the same status keeps the time of the change."""
    before = set_condition((), WAITING, EARLY)
    (after,) = set_condition(before, WAITING.model_copy(update={"reason": "StepFailed"}), LATE)
    assert (after.reason, after.last_transition_time) == ("StepFailed", EARLY)


def test_the_time_moves_with_the_status() -> None:
    """Another status is a transition, now."""
    before = set_condition((), WAITING, EARLY)
    (after,) = set_condition(before, WAITING.model_copy(update={"status": "True"}), LATE)
    assert after.last_transition_time == LATE


def test_other_types_keep_their_place() -> None:
    """Setting one condition leaves the others and the order alone, and changes nothing in place."""
    drifted = Condition(type="Drifted", status="False", reason="InSync")
    before = set_condition(set_condition((), WAITING, EARLY), drifted, EARLY)
    after = set_condition(before, WAITING.model_copy(update={"status": "True"}), LATE)
    assert [condition.type for condition in after] == ["Ready", "Drifted"]
    assert after[1] == before[1]
    assert before[0].status == "False"


def test_conditions_are_found_by_type() -> None:
    """A condition is found by its type; what is missing is not true."""
    known = set_condition((), WAITING, EARLY)
    assert find(known, "Ready") == known[0]
    assert find(known, "Drifted") is None
    assert not is_true(known, "Ready")
    assert not is_true(known, "Drifted")


@pytest.mark.parametrize("table", [conditions.TYPES, conditions.REASONS], ids=["types", "reasons"])
def test_every_type_and_reason_is_explained(table: dict[str, str]) -> None:
    """Each constant of the module stands in a table, with a sentence."""
    assert all(sentence.endswith(".") and name.isalnum() for name, sentence in table.items())
    constants = {value for name, value in vars(conditions).items() if name.isupper() and isinstance(value, str)}
    assert constants == set(conditions.TYPES) | set(conditions.REASONS)
