"""The event store: instances, histories, messages under way and activities to run, in one SQLite file.

It decides nothing. Every change belongs to a transaction that `TaskHub` opens; a kill leaves the last one committed.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.host.durable.instance import TERMINAL, Activity, Instance, Message, Parent
from local.host.files import lock_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from local.host.durable.events import Event

_SCHEMA = """
create table if not exists instances(
    id text primary key, name text not null, execution text not null, status text not null,
    input text, output text, custom_status text, created real not null, updated real not null,
    parent text, parent_execution text, parent_task integer) without rowid;
create index if not exists instances_by_parent on instances(parent);
create table if not exists history(
    instance text not null, number integer not null, event text not null,
    primary key(instance, number)) without rowid;
create table if not exists messages(
    id integer primary key autoincrement, instance text not null, execution text, visible real not null,
    event text not null);
create index if not exists messages_by_instance on messages(instance, visible);
create table if not exists activities(
    id integer primary key autoincrement, instance text not null, execution text not null, task integer not null,
    name text not null, input text);
"""
_COLUMNS = "id,name,execution,status,input,output,custom_status,created,updated,parent,parent_execution,parent_task"
_SELECT = f"select {_COLUMNS} from instances"  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class Query:
    """Which instances to list; what is not given does not matter."""

    statuses: frozenset[str] = frozenset()
    prefix: str = ""
    created_from: float | None = None
    created_to: float | None = None


class Store:
    """One open file. Use it from one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Open or make the file; raises StateInUse while another process has it."""
        self._lock = lock_file(path.with_name(f"{path.name}.lock"))
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("pragma journal_mode=wal")
        # In WAL mode a commit survives a kill of this process without waiting for the disk; only a power cut may take
        # the last ones. Waiting for it made up most of what an activity took.
        self._db.execute("pragma synchronous=normal")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file; what is not committed is gone."""
        self._db.close()
        self._lock.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, and safe from a kill when it ends."""
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A part of a transaction that is undone by itself if it fails."""
        self._db.execute("savepoint attempt")
        try:
            yield
        except BaseException:
            self._db.execute("rollback to attempt")
            self._db.execute("release attempt")
            raise
        self._db.execute("release attempt")

    # Instances

    def instance(self, instance_id: str) -> Instance | None:
        """Return one instance."""
        row = self._db.execute(f"{_SELECT} where id=?", (instance_id,)).fetchone()
        return _instance(row) if row else None

    def put_instance(self, instance: Instance) -> None:
        """Write an instance as it is now."""
        parent = instance.parent
        self._db.execute(
            f"insert or replace into instances({_COLUMNS}) values(?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                instance.id,
                instance.name,
                instance.execution,
                instance.status,
                instance.input,
                instance.output,
                instance.custom_status,
                instance.created,
                instance.updated,
                parent.instance if parent else None,
                parent.execution if parent else None,
                parent.task if parent else None,
            ),
        )

    def running_children(self, parent: Instance) -> list[Instance]:
        """Return the sub-orchestrations that the present execution of a parent waits for."""
        found = self._db.execute(
            f"{_SELECT} where parent=? and parent_execution=? and status not in (?,?,?)",
            (parent.id, parent.execution, *TERMINAL),
        )
        return [_instance(row) for row in found]

    def instances(self, query: Query) -> list[Instance]:
        """Return the instances that fit, the oldest first."""
        clauses: list[tuple[str, tuple[Any, ...]]] = [("1", ())]
        if query.statuses:
            marks = ",".join("?" * len(query.statuses))
            clauses.append((f"status in ({marks})", tuple(sorted(query.statuses))))
        if query.prefix:
            clauses.append(("substr(id, 1, ?) = ?", (len(query.prefix), query.prefix)))
        if query.created_from is not None:
            clauses.append(("created >= ?", (query.created_from,)))
        if query.created_to is not None:
            clauses.append(("created <= ?", (query.created_to,)))
        where = " and ".join(clause for clause, _ in clauses)
        values = [value for _, given in clauses for value in given]
        found = self._db.execute(f"{_SELECT} where {where} order by created, id", values)
        return [_instance(row) for row in found]

    def forget(self, instance_id: str) -> None:
        """Delete an instance, its history and what waits for it; its activities may still run, for nobody."""
        self._db.execute("delete from instances where id=?", (instance_id,))
        self.forget_messages(instance_id)
        self.forget_history(instance_id)

    # Histories

    def history(self, instance_id: str) -> list[Event]:
        """Return the events of the present execution, in order."""
        found = self._db.execute("select event from history where instance=? order by number", (instance_id,))
        return [json.loads(text) for (text,) in found]

    def append_history(self, instance_id: str, first: int, events: Iterable[Event]) -> None:
        """Write events behind the `first` that are there."""
        rows = [(instance_id, number, json.dumps(event)) for number, event in enumerate(events, start=first)]
        self._db.executemany("insert into history values(?,?,?)", rows)

    def forget_history(self, instance_id: str) -> None:
        """Delete all events of an instance."""
        self._db.execute("delete from history where instance=?", (instance_id,))

    # Messages

    def post(self, instance_id: str, execution: str | None, visible: float, event: Event) -> None:
        """Leave a message that an instance takes from the time `visible` on."""
        self._db.execute(
            "insert into messages(instance, execution, visible, event) values(?,?,?,?)",
            (instance_id, execution, visible, json.dumps(event)),
        )

    def messages(self, instance_id: str, now: float) -> list[Message]:
        """Return what waits for an instance, in the order in which it came."""
        found = self._db.execute(
            "select id, execution, event from messages where instance=? and visible<=? order by visible, id",
            (instance_id, now),
        )
        return [Message(number, execution, json.loads(text)) for number, execution, text in found]

    def visible_times(self) -> list[tuple[float, str]]:
        """Return when something waits for whom."""
        return list(self._db.execute("select min(visible), instance from messages group by instance, visible"))

    def delete_messages(self, messages: Iterable[Message]) -> None:
        """Delete messages that were taken."""
        self._db.executemany("delete from messages where id=?", [(message.id,) for message in messages])

    def forget_messages(self, instance_id: str) -> None:
        """Delete all that waits for an instance."""
        self._db.execute("delete from messages where instance=?", (instance_id,))

    def delete_timer(self, instance: Instance, timer: int) -> None:
        """Delete the firing of a timer that was cancelled."""
        self._db.execute(
            "delete from messages where instance=? and execution=? and json_extract(event, '$.TimerId')=?",
            (instance.id, instance.execution, timer),
        )

    def delete_messages_of_execution(self, instance: Instance) -> None:
        """Delete what is for this execution only, such as its timers; external events stay."""
        self._db.execute("delete from messages where instance=? and execution=?", (instance.id, instance.execution))

    # Activities

    def put_activity(self, instance: Instance, task: int, name: str, input_json: str | None) -> Activity:
        """Write an activity that has to be run."""
        values = (instance.id, instance.execution, task, name, input_json)
        cursor = self._db.execute(
            "insert into activities(instance, execution, task, name, input) values(?,?,?,?,?)", values
        )
        return Activity(cursor.lastrowid or 0, *values)

    def take_activity(self, activity_id: int) -> Activity | None:
        """Delete an activity that ran; None if another completion was here before."""
        row = self._db.execute(
            "delete from activities where id=? returning id, instance, execution, task, name, input", (activity_id,)
        ).fetchone()
        return Activity(*row) if row else None

    def activities(self) -> list[Activity]:
        """Return all activities that have to be run."""
        found = self._db.execute("select id, instance, execution, task, name, input from activities order by id")
        return [Activity(*row) for row in found]


def _instance(row: tuple[Any, ...]) -> Instance:
    *values, parent, execution, task = row
    named = dict(zip(_COLUMNS.split(","), values, strict=False))
    return Instance(**named, parent=Parent(parent, execution, task) if parent else None)
