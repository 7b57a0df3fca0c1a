"""The jump server's words, read: texts that the real programs printed, and what follows from them."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.model import conditions as c
from shared.model.errors import Invalid
from shared.plan import probe
from shared.plan.probe import Connection, Finding, Probe, Resolution

OUTPUTS = Path(__file__).with_name("probe_output")
NAME = "api-7d8a.privatelink.westeurope.azmk8s.io"
ENDPOINT = ("10.64.0.4",)

READINGS: dict[str, tuple[Resolution, tuple[str, ...], str, Connection]] = {
    "answers": (Resolution.RESOLVED, ENDPOINT, "127.0.0.53", Connection.OPEN),
    "two_addresses": (Resolution.RESOLVED, ("10.64.0.4", "10.64.0.5"), "127.0.0.53", Connection.OPEN),
    "alias": (Resolution.RESOLVED, ENDPOINT, "127.0.0.53", Connection.OPEN),
    "public_address": (Resolution.RESOLVED, ("20.50.1.2",), "127.0.0.53", Connection.OPEN),
    "refuses": (Resolution.RESOLVED, ENDPOINT, "127.0.0.53", Connection.REFUSED),
    "times_out": (Resolution.RESOLVED, ENDPOINT, "127.0.0.53", Connection.TIMED_OUT),
    "no_route": (Resolution.RESOLVED, ENDPOINT, "127.0.0.53", Connection.NO_ROUTE),
    "no_such_name": (Resolution.NO_SUCH_NAME, (), "127.0.0.53", Connection.NO_NAME),
    "no_answer": (Resolution.NO_SUCH_NAME, (), "127.0.0.53", Connection.NO_NAME),
    "server_failed": (Resolution.SERVER_FAILED, (), "127.0.0.53", Connection.NO_NAME),
    "server_refused": (Resolution.REFUSED, (), "127.0.0.53", Connection.NO_NAME),
    "no_server": (Resolution.NO_SERVER, (), "", Connection.NO_NAME),
    "refused_without_recursion": (Resolution.REFUSED, (), "10.0.2.4", Connection.NO_NAME),
    "server_not_running": (Resolution.NO_SERVER, (), "", Connection.NO_NAME),
    "two_servers_silent": (Resolution.NO_SERVER, (), "", Connection.NO_NAME),
    "no_way_to_server": (Resolution.NO_SERVER, (), "", Connection.NO_NAME),
    "no_route_to_host": (Resolution.RESOLVED, ENDPOINT, "10.0.2.4", Connection.NO_ROUTE),
}


def test_every_captured_text_is_read_here() -> None:
    """No text lies about unread."""
    assert {path.stem for path in OUTPUTS.glob("*.txt")} == READINGS.keys()


@pytest.mark.parametrize("errors_first", [False, True], ids=["in order", "errors first"])
@pytest.mark.parametrize("name", READINGS)
def test_real_output_is_read(name: str, errors_first: bool) -> None:  # noqa: FBT001 - a parameter of the table
    """What nslookup and nc print is understood, in whichever order the two arrive."""
    text = (OUTPUTS / f"{name}.txt").read_text(encoding="utf-8")
    if errors_first:
        *lookup, connection = text.strip().splitlines()
        text = "\n".join([connection, *lookup])
    found = probe.read(text)
    assert (found.resolution, found.addresses, found.resolver, found.connection) == READINGS[name]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Enable succeeded: \n[stdout]\n\n[stderr]\n",
        "bash: nslookup: command not found\nbash: nc: command not found",
    ],
    ids=["nothing", "an empty answer", "no programs"],
)
def test_what_says_nothing_is_no_proof(text: str) -> None:
    """Without a word of the two programs nothing was run."""
    found = probe.read(text)
    assert (found.resolution, found.connection) == (Resolution.NOT_RUN, Connection.NOT_RUN)


def test_an_address_that_is_none_is_not_taken() -> None:
    """Text of another machine is taken by pattern only."""
    assert probe.read("Name:\tx\nAddress: evil\nAddress: 10.0.0.1\n").addresses == ("10.0.0.1",)


def test_evidence_is_capped() -> None:
    """A condition shows a part of what was printed."""
    assert len(probe.read("x" * 10_000).evidence) == probe.EVIDENCE


def test_the_script_looks_up_and_connects() -> None:
    """Two plain lines, the name in both."""
    assert probe.script(NAME) == (f"nslookup {NAME}", f"nc -z -v -w 5 {NAME} 443 2>&1")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "localhost",
        "a b.io",
        "x.io; rm -rf /",
        "$(id).io",
        "x.io\nid",
        "-x.io",
        "x..io",
        f"{'a' * 64}.io",
        "a." * 130 + "io",
        "fe80::1%$(id)",
        "fe80::1%a;id",
    ],
    ids=[
        "empty",
        "no dot",
        "blank",
        "command",
        "substitution",
        "line",
        "option",
        "empty label",
        "long label",
        "long name",
        "substitution in an address's zone",
        "command in an address's zone",
    ],
)
def test_what_is_no_host_name_is_never_run(name: str) -> None:
    """The name comes from Azure, and a shell reads it: only a plain host name gets there, as a server's address too."""
    with pytest.raises(Invalid):
        probe.script(name)
    with pytest.raises(Invalid):
        probe.lookup(NAME, name or " ")


def seen(
    resolution: Resolution = Resolution.RESOLVED, *addresses: str, connection: Connection = Connection.OPEN
) -> Probe:
    """Return what a jump server saw."""
    return Probe(resolution, addresses, "168.63.129.16", connection, "")


LOOKUPS: dict[str, tuple[Probe, str | None, str, str]] = {
    "the endpoint": (seen(Resolution.RESOLVED, "10.64.0.4"), "10.64.0.4", c.RESOLVES, "on the jump server (DNS server"),
    "an endpoint with a public range": (
        seen(Resolution.RESOLVED, "100.64.0.4"),
        "100.64.0.4",
        c.RESOLVES,
        "100.64.0.4",
    ),
    "private, the endpoint unknown": (seen(Resolution.RESOLVED, "10.64.0.4"), None, c.RESOLVES, "10.64.0.4"),
    "another address": (seen(Resolution.RESOLVED, "10.64.0.9"), "10.64.0.4", c.WRONG_ADDRESS, "the A record is stale"),
    "a public address": (seen(Resolution.RESOLVED, "20.50.1.2"), "10.64.0.4", c.WRONG_ADDRESS, "is not private"),
    "one public among others": (
        seen(Resolution.RESOLVED, "10.64.0.4", "20.50.1.2"),
        "10.64.0.4",
        c.WRONG_ADDRESS,
        "is not private",
    ),
    "no such name": (seen(Resolution.NO_SUCH_NAME), None, c.DOES_NOT_RESOLVE, "link the private DNS zone"),
    "a server that fails": (seen(Resolution.SERVER_FAILED), None, c.DOES_NOT_RESOLVE, "look at its forwarders"),
    "no server": (seen(Resolution.NO_SERVER), None, c.DOES_NOT_RESOLVE, "look at the network's DNS servers"),
    "not run": (seen(Resolution.NOT_RUN), None, c.DOES_NOT_RESOLVE, "was not looked up"),
}


@pytest.mark.parametrize(("found", "expected", "reason", "words"), LOOKUPS.values(), ids=LOOKUPS)
def test_resolvable(found: Probe, expected: str | None, reason: str, words: str) -> None:
    """A name resolves when its answer is private and is the endpoint's; otherwise the message says what to mend."""
    finding = probe.resolvable(found, NAME, expected)
    assert (finding.holds, finding.reason) == (reason == c.RESOLVES, reason)
    assert words in finding.message
    assert finding.message.startswith(NAME)


@pytest.mark.parametrize("connection", Connection)
def test_reachable(connection: Connection) -> None:
    """Only an open port is reachable; every other end says why."""
    finding: Finding = probe.reachable(seen(connection=connection), NAME)
    assert (finding.holds, finding.reason) == (
        (True, c.ANSWERS) if connection is Connection.OPEN else (False, c.DOES_NOT_ANSWER)
    )
    assert finding.message.startswith(f"{NAME}:443 ")
