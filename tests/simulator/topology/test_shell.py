"""The run command's shell: what nslookup and nc print, byte for byte, and how little of a shell there is."""

from __future__ import annotations

import base64

import pytest

from local.simulator.topology import Output, run_script
from local.simulator.topology.cloud_config import files_of, keep_files
from local.simulator.topology.machine import Machine
from tests.simulator.topology.world import API, NAME, Landscape, hub_and_spoke

SCRIPT = "/var/lib/waagent/run-command/download/0/script.sh"
ABSENT = "No such file or directory"
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


@pytest.mark.parametrize(
    ("line", "stdout", "code"),
    [
        pytest.param(f"dig {NAME} +short", f"{API}\n", 0, id="short"),
        pytest.param(f"dig @168.63.129.16 {NAME} A +short", f"{API}\n", 0, id="server and type"),
        pytest.param("dig nothing.invalid +short", "", 0, id="no such name"),
        pytest.param(f"dig -t AAAA {NAME} +short", "", 0, id="no IPv6"),
        pytest.param(
            f"dig @10.0.2.9 {NAME} +short +tries=2",
            ";; communications error to 10.0.2.9#53: timed out\n"
            * 2
            + f"\n; <<>> DiG 9.18.49-1~deb12u3-Debian <<>> @10.0.2.9 {NAME} +short +tries=2\n"
            "; (1 server found)\n;; global options: +cmd\n;; no servers could be reached\n",
            9,
            id="dead server",
        ),
        pytest.param(
            "dig a.b",
            "\n; <<>> DiG 9.18.49-1~deb12u3-Debian <<>> a.b\n;; global options: +cmd\n;; Got answer:\n"
            ";; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: 8314\n"
            ";; flags: qr rd ra; QUERY: 1, ANSWER: 0, AUTHORITY: 0, ADDITIONAL: 1\n\n"
            ";; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags:; udp: 1232\n"
            ";; QUESTION SECTION:\n;a.b.\t\t\t\tIN\tA\n\n;; Query time: 0 msec\n"
            ";; SERVER: 168.63.129.16#53(168.63.129.16) (UDP)\n;; WHEN: Thu Jan 01 00:00:00 UTC 2026\n"
            ";; MSG SIZE  rcvd: 32\n\n",
            0,
            id="whole",
        ),
    ],
)
def test_dig(line: str, stdout: str, code: int) -> None:
    """Dig prints what bind's prints."""
    assert run(line) == Output(stdout, "", code)


def test_dig_sets_its_columns_as_bind_does() -> None:
    """Words stand at columns by tabs, and after one blank where a name is too long for its column."""
    land = hub_and_spoke()
    land.zone("a.b", {"c": "10.1.1.1"}, "hub")
    land.zone("example.com", {"abcdefghijklmnop1234567": "10.1.1.2"}, "hub")
    for name, line in (
        ("c.a.b", "c.a.b.\t\t\t300\tIN\tA\t10.1.1.1\n"),
        ("abcdefghijklmnop1234567.example.com", "abcdefghijklmnop1234567.example.com. 300 IN A\t10.1.1.2\n"),
        (NAME, f"{NAME}. 300 IN A {API}\n"),
    ):
        assert f";; ANSWER SECTION:\n{line}\n" in run(f"dig {name}", land=land).stdout


@pytest.mark.parametrize("program", ["nslookup {name} {server}", "dig @{server} {name}"])
@pytest.mark.parametrize(
    ("server", "words"),
    [
        pytest.param("10.0.1.4", "communications error to 10.0.1.4#53: connection refused", id="nobody listens"),
        pytest.param("10.0.2.9", "communications error to 10.0.2.9#53: timed out", id="nobody there"),
        pytest.param("10.0.2.4", "REFUSED", id="refused"),
    ],
)
def test_servers_that_do_not_serve(program: str, server: str, words: str) -> None:
    """A closed port, a dead address and a refusal read differently."""
    land = hub_and_spoke()
    land.dns_server("dns", "hub", "dns", "10.0.2.4", {"/etc/unbound/unbound.conf": "server:\n  interface: 0.0.0.0"})
    assert words in run(program.format(name=NAME, server=server), land=land, stub=True).stdout


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


def test_a_server_is_configured_anew() -> None:
    """Lines that write a checked configuration change whom a DNS server answers."""
    land = hub_and_spoke()
    path = "/etc/unbound/hub.conf"
    land.dns_server("dns", "hub", "dns", "10.0.2.4", {path: "server:\n  interface: 10.0.2.4"})
    vm = land.resources[next(key for key in land.resources if key.endswith("/virtualmachines/dns"))]
    text = "server:\n  interface: 10.0.2.4\n  access-control: 10.0.0.0/8 allow\n"
    text += "forward-zone:\n  name: .\n  forward-addr: 168.63.129.16\n"
    encoded = base64.b64encode(text.encode()).decode()
    files = files_of(vm)
    lines = [
        "set -e",
        f"echo {encoded} | base64 -d > {path}.new",
        f"unbound-checkconf {path}.new",
        f"mv {path}.new {path}",
        "systemctl restart unbound",
    ]
    output = run_script(Machine(land, land.at("dns"), "dns", files=files), lines)
    assert (output.code, output.stderr) == (0, "")
    assert run(f"dig @10.0.2.4 {NAME} +short", land=land).stdout == ""
    keep_files(vm, files)
    assert run(f"dig @10.0.2.4 {NAME} +short", land=land).stdout == f"{API}\n"


@pytest.mark.parametrize(
    ("line", "output"),
    [
        pytest.param("cat /etc/one", Output("1\n"), id="show"),
        pytest.param("cat /etc/none", Output("", f"cat: /etc/none: {ABSENT}\n", 1), id="not there"),
        pytest.param("rm /etc/one && cat /etc/one", Output("", f"cat: /etc/one: {ABSENT}\n", 1), id="remove"),
        pytest.param("echo two > /etc/two; cat /etc/two", Output("two\n"), id="write"),
        pytest.param("echo aGk= | base64 -d", Output("hi"), id="decode"),
        pytest.param("/usr/local/sbin/install 1.33", Output(), id="a script of the cloud-config"),
        pytest.param("install 1.33", Output(), id="by its name"),
        pytest.param(
            "unbound-checkconf /etc/bad",
            Output("", "/etc/bad: error: Expected 4 octets in 'nowhere'\n", 1),
            id="a bad configuration",
        ),
    ],
)
def test_files(line: str, output: Output) -> None:
    """What the cloud-config put on the disk can be shown, written and removed."""
    land = hub_and_spoke()
    bad = "forward-zone:\n name: .\n forward-addr: nowhere\n"
    files = {"/etc/one": "1\n", "/usr/local/sbin/install": "#!/bin/sh\n", "/etc/bad": bad}
    assert run_script(Machine(land, land.at("jump"), files=files), [line]) == output


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("echo a >", id="nowhere"),
        pytest.param("| base64 -d", id="from nowhere"),
        pytest.param("echo a > /b > /c", id="two files"),
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
