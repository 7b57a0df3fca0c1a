"""Every history of an earlier commit, replayed turn by turn: this code decides what that code decided."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from azure.durable_functions.orchestrator import Orchestrator

from local.host.durable.events import parse_event
from local.host.durable.instance import COMPLETED, RUNNING, Instance
from local.host.durable.replay import Decision, Nondeterministic, replay
from orchestration.app import ORCHESTRATORS
from tests.upgrade.state import DURABLE, moments, unpack

TURN_ENDED = 13
FEWEST = 15
"""How many histories a moment has at least."""

HANDLES = {name: Orchestrator.create(orchestrator) for name, orchestrator in ORCHESTRATORS.items()}
CASES = [pytest.param(archive, name, id=f"{archive.name.partition('.')[0]}-{name}") for archive, name in moments()]


def histories(state: Path) -> list[tuple[Instance, list[Any]]]:
    """Return every instance with the events of its present execution."""
    with closing(sqlite3.connect(state / DURABLE)) as database:
        columns = "id, name, execution, status, input, output"
        instances = [
            Instance(*row, None, 0, 0)
            for row in database.execute(f"select {columns} from instances")  # noqa: S608 - ours
        ]
        events = "select event from history where instance = ? order by number"
        return [(each, [json.loads(text) for (text,) in database.execute(events, (each.id,))]) for each in instances]


def decide(instance: Instance, events: list[Any], handle: Any = None) -> Decision:
    """Replay some events of an instance."""
    history = [parse_event(event, played=True) for event in events]
    return replay(handle or HANDLES[instance.name], instance, events[:2], history)


def turns(events: list[Any]) -> list[list[Any]]:
    """Return the history as it was after each turn."""
    ends = [place for place, event in enumerate(events, start=1) if event["EventType"] == TURN_ENDED]
    return [events[:end] for end in ends]


@pytest.mark.parametrize(("archive", "name"), CASES)
def test_recorded_histories_replay(archive: Path, name: str, tmp_path: Path) -> None:
    """After each turn nothing else is asked for than what the history says, and what was over ends as it did."""
    unpack(archive, name, tmp_path, port=20_000, speed=1)
    found = histories(tmp_path)
    assert len(found) >= FEWEST
    assert {instance.name for instance, _ in found} >= {"reconcile", "step"}
    assert any(instance.status == RUNNING for instance, _ in found)
    for instance, events in found:
        decisions = [decide(instance, turn) for turn in turns(events)]
        assert [decision.error for decision in decisions] == [None] * len(decisions), instance.id
        assert [decision.actions for decision in decisions] == [()] * len(decisions), instance.id
        if instance.status == COMPLETED:
            assert decisions[-1].is_done, instance.id
            assert json.loads(decisions[-1].output or "null") == json.loads(instance.output or "null")


def test_another_order_would_be_noticed(tmp_path: Path) -> None:
    """An orchestrator that first asks for something new does not fit what is recorded."""

    def hasty(context: Any) -> Any:
        yield context.call_activity("something_new", {})
        return (yield from ORCHESTRATORS["reconcile"](context))

    archive, name = next(moments())
    unpack(archive, name, tmp_path, port=20_000, speed=1)
    instance, events = next(each for each in histories(tmp_path) if each[0].name == "reconcile")
    with pytest.raises(Nondeterministic, match="something_new"):
        decide(instance, turns(events)[-1], Orchestrator.create(hasty))
