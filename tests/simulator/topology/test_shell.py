"""The run command's shell: what nslookup and nc print, byte for byte, and how little of a shell there is."""

from __future__ import annotations

import pytest

from local.simulator.topology import Output, run_script
from local.simulator.topology.commands import Machine
from tests.simulator.topology.world import API, NAME, Landscape, hub_and_spoke

SCRIPT = "/var/lib/waagent/run-command/download/0/script.sh"
HEAD = "Server:\t\t168.63.129.16\nAddress:\t168.63.129.16#53\n\n"


def run(*lines: str, land: Landscape | None = None, stub: bool = False) -> Output:
    """Run a script on the jump server."""
    land = land or hub_and_spoke()
    return run_script(Machine(land, land.at("jump"), "jump", stub=stub), lines)


def dead_dns() -> Landscape:
    """A hub whose DNS server does not answer."""
    land = hub_and_spoke()
    land.resources[land.vnet_id("hub").lower()].properties["dhcpOptions"] = {"dnsServers": ["10.0.2.9"]}
    return land


@pytest.mark.parametrize(
    ("line", "stdout", "code"),
    [
        pytest.param(
            f"nslookup {NAME}", f"{HEAD}Non-authoritative answer:\nName:\t{NAME}\nAddress: {API}\n\n", 0, id="found"
        ),
        pytest.param(
            f"nslookup {NAME}.", f"{HEAD}Non-authoritative answer:\nName:\t{NAME}\nAddress: {API}\n\n", 0, id="absolute"
        ),
        pytest.param(
            "nslookup nothing.invalid",
            f"{HEAD}** server can't find nothing.invalid: NXDOMAIN\n\n",
            1,
            id="no such name",
        ),
        pytest.param(
            f"nslookup -type=AAAA {NAME}",
            f"{HEAD}Non-authoritative answer:\n*** Can't find {NAME}: No answer\n\n",
            0,
            id="no IPv6",
        ),
        pytest.param(
            f"nslookup {NAME} 10.0.2.9",
            ";; communications error to 10.0.2.9#53: timed out\n" * 3 + ";; no servers could be reached\n\n",
            1,
            id="dead server",
        ),
    ],
)
def test_nslookup(line: str, stdout: str, code: int) -> None:
    """Nslookup prints what bind's prints, all of it to stdout."""
    assert run(line) == Output(stdout, "", code)


def test_ubuntu_shows_its_local_stub() -> None:
    """On Ubuntu images systemd-resolved stands between: the server shown is 127.0.0.53."""
    assert run(f"nslookup {NAME}", stub=True).stdout.startswith("Server:\t\t127.0.0.53\nAddress:\t127.0.0.53#53\n")


@pytest.mark.parametrize(
    ("line", "stderr", "code"),
    [
        pytest.param(
            f"nc -z -v -w 3 {API} 443", f"Connection to {API} 443 port [tcp/https] succeeded!\n", 0, id="address"
        ),
        pytest.param(
            f"nc -zv {NAME} 443", f"Connection to {NAME} ({API}) 443 port [tcp/https] succeeded!\n", 0, id="name"
        ),
        pytest.param(
            f"nc -vzw3 {API} 443", f"Connection to {API} 443 port [tcp/https] succeeded!\n", 0, id="joined flags"
        ),
        pytest.param(
            "nc -zv 10.0.1.4 8443",
            "nc: connect to 10.0.1.4 port 8443 (tcp) failed: Connection refused\n",
            1,
            id="refused",
        ),
        pytest.param(
            f"nc -zv -w 2 {API} 22",
            f"nc: connect to {API} port 22 (tcp) timed out: Operation now in progress\n",
            1,
            id="timed out",
        ),
        pytest.param(
            "nc -zv nothing.invalid 443",
            'nc: getaddrinfo for host "nothing.invalid" port 443: Name or service not known\n',
            1,
            id="no such name",
        ),
        pytest.param(f"nc -z {API} 443", "", 0, id="quiet"),
        pytest.param(f"nc -z {API} 22", "", 1, id="quiet failure"),
    ],
)
def test_nc(line: str, stderr: str, code: int) -> None:
    """Nc prints what OpenBSD's prints, all of it to stderr, and nothing without -v."""
    assert run(line) == Output("", stderr, code)


def test_nc_without_dns() -> None:
    """With a dead DNS server a name fails for another reason than one that does not exist."""
    assert run(f"nc -zv {NAME} 443", land=dead_dns()).stderr.endswith("Temporary failure in name resolution\n")


@pytest.mark.parametrize(
    ("lines", "stdout", "stderr", "code"),
    [
        pytest.param(["# comment", "", "echo a # b"], "a\n", "", 0, id="comments"),
        pytest.param(["echo a; echo b"], "a\nb\n", "", 0, id="semicolon"),
        pytest.param(["true && echo yes || echo no"], "yes\n", "", 0, id="and"),
        pytest.param(["false && echo yes || echo no"], "no\n", "", 0, id="or"),
        pytest.param(["X=1", "echo \"$X\" '$X' ${X}2"], "1 $X 12\n", "", 0, id="variables and quotes"),
        pytest.param(["foo"], "", f"{SCRIPT}: 1: foo: not found\n", 127, id="not found"),
        pytest.param(["foo", "echo $?"], "127\n", f"{SCRIPT}: 1: foo: not found\n", 0, id="exit code"),
        pytest.param(["set -e", "false", "echo never"], "", "", 1, id="stop on error"),
        pytest.param(["exit 3", "echo never"], "", "", 3, id="exit"),
        pytest.param(['echo "a'], "", f"{SCRIPT}: 1: Syntax error: Unterminated quoted string\n", 2, id="open quote"),
        pytest.param(
            ["nc -zv 10.0.1.4 9 2>&1"],
            "nc: connect to 10.0.1.4 port 9 (tcp) failed: Connection refused\n",
            "",
            1,
            id="streams merged",
        ),
    ],
)
def test_the_shell(lines: list[str], stdout: str, stderr: str, code: int) -> None:
    """Lists, quotes, variables and exit codes work as in dash."""
    assert run(*lines) == Output(stdout, stderr, code)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(f"nslookup {NAME} | grep Address", id="pipe"),
        pytest.param("echo a > file", id="redirection"),
        pytest.param("echo $(hostname)", id="substitution"),
        pytest.param("if true; then echo a; fi", id="if"),
    ],
)
def test_what_the_shell_cannot_do_fails_loudly(line: str) -> None:
    """A script that needs more than this shell fails with a syntax error instead of seeming to work."""
    output = run(line)
    assert output.code == 2
    assert "Syntax error" in output.stderr
