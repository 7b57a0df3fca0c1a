"""The state of a local stack as something that can be committed: small, without secrets, and at home anywhere.

Each SQLite file is kept as SQL. Where it says an address or a key of the stack that it is from, it has a name instead,
and gets another address and another key when it is unpacked; the clock goes on where it stopped.
"""

from __future__ import annotations

import base64
import io
import json
import re
import secrets
import sqlite3
import tarfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from local.host.keys import Keys

RECORDED = Path(__file__).parent / "recorded"
SIMULATOR, DURABLE, STORE, BROKER = "simulator.sqlite", "durable.db", "store.db", "broker.sqlite"
DATABASES = (SIMULATOR, DURABLE, STORE, BROKER)
TIMERS, ABOUT = "timers.json", "about.json"
NAMED = re.compile(r"<recorded:([a-z-]+)>")


@dataclass(frozen=True, slots=True)
class Moment:
    """What is known of a recorded moment beside the state: what Azure was at, and Azure's time."""

    commit: str
    name: str
    simulated: float
    last: int
    """The number of the journal's last line."""
    in_flight: list[dict[str, str]]
    """The operations that ran: `method` and `path`, in lower case."""


def archives() -> list[Path]:
    """Return the recorded archives, one for each commit."""
    return sorted(RECORDED.glob("*.tar.xz"))


def moments() -> Iterator[tuple[Path, str]]:
    """Yield each archive with each of its moments."""
    for archive in archives():
        with tarfile.open(archive) as packed:
            yield from ((archive, name.partition("/")[0]) for name in packed.getnames() if name.endswith(ABOUT))


def pack(archive: Path, recorded: Mapping[str, Path], about: Mapping[str, Moment]) -> None:
    """Write the states of some moments into one archive: they are alike, and so take little more than one."""
    archive.parent.mkdir(exist_ok=True)
    with tarfile.open(archive, "w:xz", preset=9) as packed:
        for name, state in recorded.items():
            known = names_in(state)
            for file in DATABASES:
                _add(packed, f"{name}/{file}.sql", _named(_dump(state / file), known))
            _add(packed, f"{name}/{TIMERS}", (state / TIMERS).read_text(encoding="utf-8"))
            _add(packed, f"{name}/{ABOUT}", json.dumps(asdict(about[name]), indent=2))


def unpack(archive: Path, name: str, state: Path, *, port: int, speed: float) -> Moment:
    """Lay out the state of a moment for a stack at `port`, whose clock goes on from there at `speed`."""
    with tarfile.open(archive) as packed:
        texts = {
            each.partition("/")[2]: _read(packed, each) for each in packed.getnames() if each.startswith(f"{name}/")
        }
    values = _values(state, port)
    for file in DATABASES:
        text = NAMED.sub(lambda found: values[found[1]], texts[f"{file}.sql"])
        with closing(sqlite3.connect(state / file)) as database:
            database.executescript(text)
    moment = Moment(**json.loads(texts[ABOUT]))
    (state / TIMERS).write_text(texts[TIMERS], encoding="utf-8")
    with closing(sqlite3.connect(state / SIMULATOR)) as database:
        _set(database, "clock", {"real": time.time(), "simulated": moment.simulated, "speed": speed})
        database.commit()
    return moment


def names_in(state: Path) -> dict[str, str]:
    """Return what a state says of itself and nobody else needs to know: each text, and what it is called instead."""
    endpoints = json.loads((state / "endpoints.json").read_text(encoding="utf-8"))
    with closing(sqlite3.connect(state / SIMULATOR)) as database:
        identity, topic = _setting(database, "identity"), _setting(database, "topic key")
    with closing(sqlite3.connect(state / BROKER)) as database:
        [broker] = database.execute("select value from setting where name = 'key'").fetchone()
    return {
        endpoints["arm"].removeprefix("https://"): "simulator",
        endpoints["functions"].removeprefix("http://"): "host",
        endpoints["eventGridKey"]: "event-grid-key",
        identity["key"]: "identity-key",
        identity["header"]: "identity-header",
        topic: "topic-key",
        broker: "broker-key",
    }


def _values(state: Path, port: int) -> dict[str, str]:
    keys = Keys.load(state / "keys.json")
    return {
        "simulator": f"localhost:{port + 1}",
        "host": f"127.0.0.1:{port}",
        "event-grid-key": keys.event_grid,
        "identity-key": secrets.token_urlsafe(32),
        "identity-header": secrets.token_urlsafe(24),
        "topic-key": secrets.token_urlsafe(32),
        "broker-key": base64.b64encode(secrets.token_bytes(32)).decode(),
    }


def _dump(path: Path) -> str:
    with closing(sqlite3.connect(path)) as database:
        if path.name == SIMULATOR:
            database.execute("update journal set body = null")
            database.execute("delete from settings where name in ('faults', 'fault counts')")
        if path.name == BROKER:
            database.execute("delete from setting where name = 'port'")
        return "\n".join(database.iterdump())


def _named(text: str, known: Mapping[str, str]) -> str:
    for value, name in known.items():
        text = text.replace(value, f"<recorded:{name}>")
    return text


def _setting(database: sqlite3.Connection, name: str) -> Any:
    [value] = database.execute("select value from settings where name = ?", (name,)).fetchone()
    return json.loads(value)


def _set(database: sqlite3.Connection, name: str, value: Any) -> None:
    database.execute("insert or replace into settings values (?, ?)", (name, json.dumps(value)))


def _add(packed: tarfile.TarFile, name: str, text: str) -> None:
    content = text.encode()
    member = tarfile.TarInfo(name)
    member.size = len(content)
    packed.addfile(member, io.BytesIO(content))


def _read(packed: tarfile.TarFile, name: str) -> str:
    file = packed.extractfile(name)
    assert file is not None
    return file.read().decode()
