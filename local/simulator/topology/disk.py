"""Programs that work on a machine's files: moving them, checking a configuration, restarting what reads it.

A service has its new configuration as soon as the file is there; a restart adds nothing. Scripts that the cloud-config
wrote can be called, do nothing, and succeed.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import TYPE_CHECKING

from local.simulator.topology.dns_configuration import read_unbound
from local.simulator.topology.printing import Printed

if TYPE_CHECKING:
    from local.simulator.topology.machine import Machine

_SCRIPTS = ("", "/usr/local/sbin/", "/usr/local/bin/")
_MOVED = 2


def is_script(machine: Machine, name: str) -> bool:
    """Whether a name is that of a script which the machine's cloud-config wrote."""
    return any(f"{folder}{name}" in machine.files for folder in _SCRIPTS)


def move(machine: Machine, arguments: list[str]) -> Printed:
    """Run `mv A B`."""
    words = [word for word in arguments if not word.startswith("-")]
    if len(words) != _MOVED or words[0] not in machine.files:
        return _missing("mv: cannot stat", words)
    machine.files[words[1]] = machine.files.pop(words[0])
    return Printed()


def remove(machine: Machine, arguments: list[str]) -> Printed:
    """Run `rm [-f] A...`."""
    words = [word for word in arguments if not word.startswith("-")]
    missing = [word for word in words if machine.files.pop(word, None) is None]
    return Printed() if not missing or "-f" in arguments else _missing("rm: cannot remove", missing)


def concatenate(machine: Machine, arguments: list[str]) -> Printed:
    """Run `cat A...`."""
    missing = [word for word in arguments if word not in machine.files]
    if missing:
        return Printed(stderr=f"cat: {missing[0]}: No such file or directory\n", code=1)
    return Printed("".join(machine.files[word] for word in arguments))


def check_unbound(machine: Machine, arguments: list[str]) -> Printed:
    """Run `unbound-checkconf FILE`."""
    path = arguments[0] if arguments else "/etc/unbound/unbound.conf"
    if path not in machine.files:
        return Printed(stderr=f"error: Could not open {path}: No such file or directory\n", code=1)
    try:
        read_unbound(machine.files[path])
    except ValueError as wrong:
        return Printed(stderr=f"{path}: error: {wrong}\n", code=1)
    return Printed(f"unbound-checkconf: no errors in {path}\n")


def control(_: Machine, __: list[str]) -> Printed:
    """Run `systemctl`: every unit does what it is told."""
    return Printed()


def decode(given: str, arguments: list[str]) -> Printed:
    """Run `base64 -d` on what another program printed."""
    if arguments not in (["-d"], ["--decode"]):
        return Printed(base64.b64encode(given.encode()).decode() + "\n")
    try:
        return Printed(base64.b64decode(given, validate=False).decode(errors="replace"))
    except binascii.Error:
        return Printed(stderr="base64: invalid input\n", code=1)


def pass_on(given: str, _: list[str]) -> Printed:
    """Run `cat` on what another program printed."""
    return Printed(given)


FILTERS: dict[str, Callable[[str, list[str]], Printed]] = {"base64": decode, "cat": pass_on}
DISK_PROGRAMS: dict[str, Callable[[Machine, list[str]], Printed]] = {
    "mv": move,
    "rm": remove,
    "cat": concatenate,
    "unbound-checkconf": check_unbound,
    "systemctl": control,
    "chmod": control,
    "mkdir": control,
}


def _missing(what: str, words: list[str]) -> Printed:
    name = words[0] if words else ""
    return Printed(stderr=f"{what} '{name}': No such file or directory\n", code=1)
