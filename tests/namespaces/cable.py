"""Machines as network namespaces, each with one interface to a router; all go when the test ends.

Nothing leaves them: no namespace has a way to this machine's own network. Needs root.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path

PREFIX = "spokewright"
CONFIGURATIONS = Path("/etc/netns")
"""Where `ip netns exec` finds files that a namespace has in place of those in /etc."""
DEADLINE = 20.0

_NUMBERS = itertools.count()


@dataclass
class Machine:
    """One namespace with an address, and the processes that were started in it."""

    name: str
    space: str
    address: IPv4Address
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a program and return what it printed."""
        return _run("ip", "netns", "exec", self.space, *arguments)

    def shell(self, *lines: str) -> str:
        """Run shell lines; what they print to both streams, as a run command shows it."""
        ended = self.run("sh", "-c", "\n".join(lines))
        return ended.stdout + ended.stderr

    def start(self, name: str, *arguments: str, log: Path | None = None) -> None:
        """Start a program that goes on."""
        with (log or Path(os.devnull)).open("wb") as printed:
            command = ["ip", "netns", "exec", self.space, *arguments]
            self.running[name] = subprocess.Popen(command, stdout=printed, stderr=printed, stdin=subprocess.DEVNULL)

    def stop(self, name: str) -> None:
        """Stop a program that was started here."""
        process = self.running.pop(name)
        process.terminate()
        try:
            process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def off(self) -> None:
        """Let the machine be there no more, as one that is deallocated."""
        _batch(self.space, "link set eth0 down")

    def asks(self, *servers: IPv4Address, seconds: int) -> None:
        """Name the DNS servers of the machine, and how long it waits for an answer, each of two times."""
        folder = CONFIGURATIONS / self.space
        folder.mkdir(parents=True, exist_ok=True)
        text = "".join(f"nameserver {server}\n" for server in servers)
        (folder / "resolv.conf").write_text(f"{text}options timeout:{seconds} attempts:2\n")

    def answers(self, server: IPv4Address, name: str, *options: str) -> bool:
        """Say whether a DNS server answers this machine, whatever it says."""
        return self.run("dig", "+time=5", "+tries=1", *options, f"@{server}", name).returncode == 0


class Cable:
    """A router and the machines at it."""

    def __init__(self) -> None:
        self.base = f"{PREFIX}-{os.getpid()}-{next(_NUMBERS)}"
        self.machines: dict[str, Machine] = {}
        self.router = f"{self.base}-router"

    def build(self) -> None:
        """Make the router."""
        _must("ip", "netns", "add", self.router)
        _must("ip", "-n", self.router, "link", "set", "lo", "up")
        _must("ip", "netns", "exec", self.router, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")

    def machine(self, name: str, interface: str) -> Machine:
        """Add a machine, such as `10.0.1.4/26`; the first address of its network is the router's, as in Azure."""
        address = IPv4Interface(interface)
        made = Machine(name, f"{self.base}-{name}", address.ip)
        self.machines[name] = made
        gateway = address.network[1]
        length = address.network.prefixlen
        port = f"port{len(self.machines)}"
        _must("ip", "netns", "add", made.space)
        _batch(self.router, f"link add {port} type veth peer name eth0 netns {made.space}")
        _batch(self.router, f"address add {gateway}/{length} dev {port}", f"link set {port} up")
        _batch(
            made.space,
            "link set lo up",
            f"address add {interface} dev eth0",
            "link set eth0 up",
            f"route add default via {gateway}",
        )
        return made

    def black_hole(self, network: str) -> None:
        """Let the router swallow what is for a network: no route in Azure says so either."""
        _batch(self.router, f"rule add to {network} priority 10 blackhole")

    def filter(self, rule: str) -> None:
        """Let the router drop what a rule of nftables matches."""
        table = "add table ip guard"
        chain = "add chain ip guard forward { type filter hook forward priority 0; }"
        text = "\n".join([table, chain, f"add rule ip guard forward {rule} drop"])
        _must("ip", "netns", "exec", self.router, "nft", "-f", "-", given=text)

    def remove(self) -> None:
        """Stop what was started and remove every namespace."""
        for machine in self.machines.values():
            for name in list(machine.running):
                machine.stop(name)
        for space in (*(machine.space for machine in self.machines.values()), self.router):
            _remove(space)


@contextmanager
def cable() -> Iterator[Cable]:
    """Make a router; remove all that was made at it, whatever happens."""
    remove_forgotten()
    made = Cable()
    try:
        made.build()
        yield made
    finally:
        made.remove()


def until(true: Callable[[], bool], what: str) -> None:
    """Ask again and again until something is so; each question takes its own time."""
    end = time.monotonic() + DEADLINE
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {DEADLINE:.0f} seconds")


def remove_forgotten() -> None:
    """Remove the namespaces of test runs that were killed: their process is no more."""
    for line in _run("ip", "netns", "list").stdout.splitlines():
        space = line.split()[0]
        made = re.match(rf"{PREFIX}-(\d+)-", space)
        if made and not Path(f"/proc/{made[1]}").exists():
            _remove(space)


def _remove(space: str) -> None:
    _run("ip", "netns", "del", space)
    shutil.rmtree(CONFIGURATIONS / space, ignore_errors=True)


def _batch(space: str, *lines: str) -> None:
    _must("ip", "-n", space, "-batch", "-", given="\n".join(lines) + "\n")


def _run(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(arguments, capture_output=True, text=True, input=given, check=False, timeout=60)


def _must(*arguments: str, given: str = "") -> None:
    ended = _run(*arguments, given=given)
    if ended.returncode:
        raise RuntimeError(f"{' '.join(arguments)}: {ended.stderr.strip()} {given}")
