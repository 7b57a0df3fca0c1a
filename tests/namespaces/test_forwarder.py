"""The forwarder itself: whom it serves, how long it remembers, what watches it, how it is changed."""

from __future__ import annotations

import re
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from shared.plan.cloud_init.forwarder import HEALTH
from tests.namespaces.laboratory import (
    ENDPOINT,
    FORWARDING,
    NAME,
    SERVER,
    ZONE,
    Laboratory,
    laboratory,
)


@pytest.mark.parametrize("options", [(), ("+tcp",)], ids=["UDP", "TCP"])
def test_it_answers_over_both(options: tuple[str, ...], tmp_path: Path) -> None:
    """Private names and public ones, over UDP and TCP."""
    with laboratory(tmp_path) as built:
        for name, address in ((NAME, ENDPOINT), ("mcr.microsoft.com", "198.51.100.80")):
            assert built["jump"].run("dig", "+short", *options, name).stdout == f"{address}\n"


def test_strangers_are_refused(tmp_path: Path) -> None:
    """Who is in no allowed network is told so, for any name."""
    with laboratory(tmp_path) as built:
        for name in (NAME, "mcr.microsoft.com", "localhost"):
            assert "status: REFUSED" in built["stranger"].run("dig", name).stdout


def test_nothing_is_remembered_for_long(tmp_path: Path) -> None:
    """An address is kept for a minute at most and a missing name for ten seconds, whatever Azure says."""
    with laboratory(tmp_path) as built:
        assert 0 < seconds(built["jump"].run("dig", "+noall", "+answer", NAME).stdout) <= 60
        assert 0 < seconds(built["jump"].run("dig", "+noall", "+authority", f"gone.{ZONE}").stdout) <= 10


def seconds(record: str) -> int:
    """Return the time to live of the first record that dig printed."""
    found = re.match(r"\S+\s+(\d+)\s+IN", record)
    assert found, record
    return int(found[1])


def test_reverse_names_go_to_azure(tmp_path: Path) -> None:
    """Reverse names of private addresses are asked of Azure, and not answered from unbound's own empty zones."""
    with laboratory(tmp_path) as built:
        assert "ns.root. root.root." in built["jump"].run("dig", "-x", "10.0.1.4").stdout


def test_it_tells_nothing_of_itself(tmp_path: Path) -> None:
    """Version and host name are nobody's business."""
    with laboratory(tmp_path) as built:
        for name in ("version.bind", "id.server"):
            assert "status: REFUSED" in built["jump"].run("dig", "CH", "TXT", name).stdout


def test_the_stub_resolver_keeps_its_address(tmp_path: Path) -> None:
    """127.0.0.53 stays free for systemd-resolved; 127.0.0.1 answers."""
    with laboratory(tmp_path) as built:
        dns = built["dns"]
        assert dns.answers(IPv4Address("127.0.0.1"), NAME)
        assert not dns.answers(IPv4Address("127.0.0.53"), NAME)


def test_it_starts_before_its_address_is_there(tmp_path: Path) -> None:
    """A restart of the machine may start the server before DHCP gave the address."""
    with laboratory(tmp_path, forwards=False) as built:
        built["dns"].run("ip", "address", "del", f"{SERVER}/26", "dev", "eth0")
        built.start_forwarder(asked=IPv4Address("127.0.0.1"))
        built["dns"].run("ip", "address", "add", f"{SERVER}/26", "dev", "eth0")
        built["dns"].run("ip", "route", "add", "default", "via", "10.0.2.1")
        assert built["jump"].run("dig", "+short", NAME).stdout == f"{ENDPOINT}\n"


def _commands(folder: Path, **replies: int) -> str:
    """Make stand-ins for programs that a namespace cannot have; they write down what they are asked."""
    stand_ins = folder / "bin"
    stand_ins.mkdir()
    for name, code in replies.items():
        program = stand_ins / name.replace("_", "-")
        program.write_text(f'#!/bin/sh\necho "{program.name} $*" >> {folder}/asked\nexit {code}\n')
        program.chmod(0o755)
    return f"PATH={stand_ins}:$PATH"


def _watched(built: Laboratory, folder: Path) -> tuple[str, str]:
    """Run the health check of the cloud-config; what it printed, and what it asked of systemd."""
    path = _commands(folder, systemctl=0)
    script = built.written(HEALTH)
    printed = built["dns"].shell(f"{path} sh {script}")
    asked = folder / "asked"
    return printed, asked.read_text() if asked.exists() else ""


def test_a_healthy_server_is_not_mentioned(tmp_path: Path) -> None:
    """The health check says nothing and does nothing where all is well, names on-premises included."""
    with laboratory(tmp_path) as built:
        built.start_site()
        assert _watched(built, tmp_path) == ("", "")


def test_a_silent_server_is_restarted(tmp_path: Path) -> None:
    """A server that says nothing is restarted, and the journal is told."""
    with laboratory(tmp_path, forwards=False) as built:
        printed, asked = _watched(built, tmp_path)
    assert printed == f"<4>unbound on {SERVER} does not answer: it is restarted\n"
    assert asked == "systemctl restart unbound.service\n"


def test_a_server_without_azure_is_named_and_not_restarted(tmp_path: Path) -> None:
    """Where the servers behind it are away, a restart would help nobody: the journal says which names fail."""
    only_upstream = replace(FORWARDING, private_zones=(), on_premises_domains=())
    with laboratory(tmp_path, forwarding=only_upstream) as built:
        built["azure"].stop("named")
        printed, asked = _watched(built, tmp_path)
    # At first unbound is still waiting itself; later it says SERVFAIL.
    assert printed == f"<4>unbound on {SERVER} answers . with nothing: look at the servers it forwards to\n"
    assert asked == ""
