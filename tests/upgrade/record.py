"""Records what a commit's code was in the middle of: `python -m tests.upgrade.record COMMIT`, before each release.

It checks the commit out beside this one, runs its local stack, and looks for the moments below. At each all processes
are stopped in their tracks and their files are copied, which is what a kill leaves. A moment counts only if no activity
that begins an operation was under way: what Azure was told then is in the histories.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.demo.client import Client
from local.endpoints import read_endpoints
from local.somebody import Somebody
from tests.e2e.site import said
from tests.e2e.stage import all_ready, example, until
from tests.upgrade.ports import free_ports
from tests.upgrade.state import DATABASES, DURABLE, RECORDED, SIMULATOR, TIMERS, Moment, pack

SPEED = 20.0
TAG = "spokewright-hub"
RULES = [{"addressWithin": "10.100.0.0/16", "action": "auto"}, {"addressWithin": "10.101.0.0/16", "action": "approve"}]
SLOW = [
    {"match": {"method": "PUT", "path": "/vnet-joins/virtualNetworkPeerings/"}, "delay": 1200},
    {"match": {"method": "PUT", "path": "/managedClusters/[^/]+$"}, "delay": 1200},
    {"match": {"method": "DELETE", "path": "/managedClusters/[^/]+$"}, "delay": 600},
    {"match": {"method": "POST", "path": "/runCommand$"}, "delay": 300},
]
"""What takes longer than usual, in Azure's seconds, so that several things are in flight at one moment."""

PATIENCE = 240.0


def main() -> None:
    """Record a commit."""
    parser = argparse.ArgumentParser(prog="python -m tests.upgrade.record", description="Record a commit's moments.")
    parser.add_argument("commit")
    given = parser.parse_args().commit
    commit = _git("rev-parse", "--short=7", f"{given}^{{commit}}")
    with tempfile.TemporaryDirectory() as temporary, _checked_out(commit, Path(temporary) / "code") as code:
        recording = Recording(commit, Path(temporary))
        asyncio.run(_record(recording, code))
        archive = RECORDED / f"{commit}.tar.xz"
        pack(archive, recording.copies, recording.moments)
    print(f"{archive.name}: {archive.stat().st_size} bytes, {', '.join(recording.moments)}")  # noqa: T201 - a command


@contextmanager
def _checked_out(commit: str, folder: Path) -> Iterator[Path]:
    _git("worktree", "add", "--quiet", "--detach", str(folder), commit)
    try:
        yield folder
    finally:
        _git("worktree", "remove", "--force", str(folder))


def _git(*arguments: str) -> str:
    ran = subprocess.run(["git", *arguments], check=True, capture_output=True, text=True)
    return ran.stdout.strip()


@dataclass(slots=True)
class Recording:
    """The moments of one run."""

    commit: str
    folder: Path
    copies: dict[str, Path] = field(default_factory=dict)
    moments: dict[str, Moment] = field(default_factory=dict)
    processes: tuple[int, ...] = ()

    @property
    def state(self) -> Path:
        """Where the stack that runs keeps what it remembers."""
        return self.folder / "state"

    async def catch(self, name: str, holds: Callable[[list[dict[str, str]]], bool]) -> None:
        """Wait for a moment at which something holds of the operations in flight, and keep it."""
        limit = time.monotonic() + PATIENCE
        while not self._try(name, holds):
            assert time.monotonic() < limit, f"no moment {name}"
            await asyncio.sleep(0.1)
        print(f"{name}: {[each['path'].rpartition('/')[2] for each in self.moments[name].in_flight]}")  # noqa: T201

    def _try(self, name: str, holds: Callable[[list[dict[str, str]]], bool]) -> bool:
        copy = self.folder / name
        shutil.rmtree(copy, ignore_errors=True)
        with stopped(self.processes):
            real = time.time()
            for file in self.state.iterdir():
                if file.name.startswith((*DATABASES, TIMERS, "endpoints.json")) and not file.name.endswith(".lock"):
                    copy.mkdir(exist_ok=True)
                    shutil.copyfile(file, copy / file.name)
        found = in_flight(copy / SIMULATOR)
        if not holds(found) or is_beginning(copy / DURABLE):
            return False
        with closing(sqlite3.connect(copy / SIMULATOR)) as database:
            [clock] = database.execute("select value from settings where name = 'clock'").fetchone()
            [last] = database.execute("select max(n) from journal").fetchone()
        anchor = json.loads(clock)
        simulated = anchor["simulated"] + (real - anchor["real"]) * anchor["speed"]
        self.copies[name], self.moments[name] = copy, Moment(self.commit, name, simulated, last, found)
        return True


@contextmanager
def stopped(processes: tuple[int, ...]) -> Iterator[None]:
    """Stop processes where they are, and let them go on afterwards."""
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        time.sleep(0.02)
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


def in_flight(path: Path) -> list[dict[str, str]]:
    """Return the operations that run in a simulated Azure."""
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("select row from operations where running = 1 order by id").fetchall()
    operations = [json.loads(row) for (row,) in rows]
    return [{"method": each["verb"], "path": each["resource_id"].lower()} for each in operations]


def is_beginning(path: Path) -> bool:
    """Say whether an activity that begins an operation is under way in a task hub."""
    with closing(sqlite3.connect(path)) as database:
        names = {name for (name,) in database.execute("select name from activities")}
    return any(name.startswith("begin") for name in names)


def has(method: str, part: str) -> Callable[[list[dict[str, str]]], bool]:
    """Return the question whether an operation of a method is in flight, on a resource with this in its id."""
    return lambda found: any(each["method"] == method and part.lower() in each["path"] for each in found)


async def _record(recording: Recording, code: Path) -> None:
    async with _running(recording, code) as endpoints, Client(endpoints) as client, Somebody(endpoints) as somebody:
        await client.break_azure(SLOW)
        documents = example()
        documents[0]["spec"]["onboarding"] = {"rules": RULES}
        await client.send({"documents": documents}, message_id="first")
        await recording.catch("firewall", has("PUT", "/azureFirewalls/"))
        await _while_the_cluster_is_made(recording, client, somebody)
        await until(lambda: _is_made(client), PATIENCE)
        await recording.catch("verification", has("runCommand", "/virtualMachines/"))
        await until(lambda: _settled(client), PATIENCE)
        await client.send({"documents": await client.documents()}, "delete", message_id="last")
        await recording.catch("deletion", has("DELETE", "/managedClusters/"))


async def _while_the_cluster_is_made(recording: Recording, client: Client, somebody: Somebody) -> None:
    """Let one network wait for a person and another one join, and keep the moment when the second is being peered."""
    await until(lambda: _asked_for(client, "/managedClusters/"), PATIENCE)
    group = await somebody.group("rg-theirs")

    async def make(name: str, space: str) -> None:
        await somebody.network(group, name, [space], {"nodes": {"addressPrefix": space}}, {TAG: "weu"})

    await make("vnet-asks", "10.101.0.0/24")
    await until(lambda: _asks(client), PATIENCE)
    joining = asyncio.create_task(make("vnet-joins", "10.100.0.0/24"))  # it is at rest when it was peered
    cluster, peering = has("PUT", "/managedClusters/"), has("PUT", "/vnet-joins/virtualNetworkPeerings/")
    await recording.catch("cluster", lambda found: cluster(found) and peering(found))
    await joining


async def _asks(client: Client) -> bool:
    return any(map(said("ApprovalNeeded"), await client.documents()))


async def _asked_for(client: Client, part: str) -> bool:
    lines = await client.journal()
    return any(line["entry"] == "request" and line["method"] == "PUT" and part in line["path"] for line in lines)


async def _is_made(client: Client) -> bool:
    lines = await client.journal()
    ended = [line for line in lines if line["entry"] == "operation" and line["status"] == "Succeeded"]
    return any("/managedclusters/" in line["path"].lower() for line in ended)


async def _settled(client: Client) -> bool:
    """Say whether everything is ready but the network that waits for a person."""
    documents = await client.documents()
    waiting = [document for document in documents if said("ApprovalNeeded")(document)]
    return len(waiting) == 1 and await all_ready(_Without(client, waiting), 4)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class _Without:
    """A client that does not see some documents."""

    client: Client
    hidden: list[Any]

    async def documents(self) -> list[Any]:
        """Return the others."""
        names = {document["metadata"]["name"] for document in self.hidden}
        return [each for each in await self.client.documents() if each["metadata"]["name"] not in names]


@asynccontextmanager
async def _running(recording: Recording, code: Path) -> AsyncIterator[Any]:
    """Run the stack of the code, and yield its endpoints."""
    options = ["--state", str(recording.state), "--speed", str(SPEED), "--port", str(free_ports())]
    stack = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "local", "up", *options, cwd=code, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert stack.stdout is not None
        assert b"ready" in await stack.stdout.readline()
        recording.processes = _children(stack.pid)
        yield read_endpoints(recording.state)
    finally:
        stack.terminate()
        await stack.wait()


def _children(process: int) -> tuple[int, ...]:
    """Return the processes that a process started, its host last: it is the one that asks the others."""
    listed = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
    return tuple(sorted(map(int, listed), reverse=True))


if __name__ == "__main__":
    main()
