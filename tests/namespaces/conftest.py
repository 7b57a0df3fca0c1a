"""These tests run as root, with the programs, where namespaces may be made. Elsewhere they say why not."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess

import pytest

from tests.namespaces.cable import cable

PROGRAMS = {
    "ip": "iproute2",
    "nft": "nftables",
    "unbound": "unbound",
    "named": "bind9",
    "dig": "bind9-dnsutils",
    "nslookup": "bind9-dnsutils",
    "nc": "netcat-openbsd",
}


@pytest.fixture(autouse=True)
def _able() -> None:
    reason = _missing()
    if reason:
        pytest.skip(reason)


@functools.cache
def _missing() -> str:
    """Say what these tests lack on this machine, nothing if they can run."""
    if os.geteuid() != 0:
        return "the proof with real DNS servers needs root: it makes network namespaces"
    packages = sorted({package for program, package in PROGRAMS.items() if not shutil.which(program)})
    if packages:
        return f"the proof with real DNS servers needs Debian's {', '.join(packages)}"
    try:
        with cable() as made:
            machine = made.machine("trial", "192.0.2.4/24")
            made.filter("tcp dport 443")
            machine.shell("true")
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        return f"network namespaces cannot be made here: {error}"
    return ""
