"""The cloud-config texts: valid, the same each time, without secrets, and with units and scripts that programs take."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from shared.model.errors import Invalid
from shared.plan.cloud_init.document import File, cloud_config
from shared.plan.cloud_init.egress import EGRESS
from shared.plan.cloud_init.forwarder import forwarder, unbound_configuration
from shared.plan.cloud_init.jump_server import jump_server
from tests.dns.checkers import checked, ran, written
from tests.dns.test_forwarding import HERE, WHOLE

TEXTS = {
    "forwarder": forwarder(WHOLE, HERE),
    "jump server": jump_server(("1.32", "1.33")),
    "jump server without clusters": jump_server(()),
}
SCHEMA = Path("/usr/lib/python3/dist-packages/cloudinit/config/schemas/schema-cloud-config-v1.json")
SYSTEM = "/etc/systemd/system/"
CUSTOM_DATA_LIMIT = 65_535
"""Bytes of base64 that Azure takes."""


def files(text: str) -> dict[str, str]:
    """Return what a cloud-config writes, by path."""
    return {file["path"]: file["content"] for file in yaml.safe_load(text)["write_files"]}


@pytest.fixture(params=list(TEXTS.values()), ids=list(TEXTS))
def text(request: pytest.FixtureRequest) -> str:
    """One of the machines' texts."""
    made: str = request.param
    return made


def test_cloud_init_takes_it(text: str, tmp_path: Path) -> None:
    """cloud-init's own checker says that it is valid."""
    file = written(tmp_path, "user-data", text)
    assert "Valid" in checked("cloud-init", "schema", "--config-file", file, package="Debian's cloud-init")


def test_it_fits_the_published_schema(text: str) -> None:
    """It is valid by the JSON Schema that cloud-init ships, and begins as it has to."""
    assert text.startswith("#cloud-config\n")
    if not SCHEMA.exists():
        pytest.skip("cloud-init's JSON Schema is not installed here; it is in Debian's cloud-init")
    schema: dict[str, Any] = json.loads(SCHEMA.read_text())
    jsonschema.Draft4Validator(schema).validate(yaml.safe_load(text))


def test_azure_takes_it(text: str) -> None:
    """It is far below the size that custom data may have, and plain ASCII."""
    assert len(text.encode("ascii")) * 4 / 3 < CUSTOM_DATA_LIMIT / 2


def test_no_secret_is_in_it(text: str) -> None:
    """Whoever is on the machine can read it: it has no key, password or token."""
    assert not re.search(r"password|secret|token|BEGIN [A-Z ]*PRIVATE|ssh-(rsa|ed25519)", text, re.IGNORECASE)


def test_the_shell_takes_its_scripts(text: str, tmp_path: Path) -> None:
    """Every script is one that sh reads, stops at what fails where it installs, and may be executed."""
    scripts = [file for file in yaml.safe_load(text)["write_files"] if file["path"].startswith("/usr/local/sbin/")]
    assert scripts
    for script in scripts:
        assert script["permissions"] == "0755"
        assert script["content"].startswith("#!/bin/sh\n")
        assert ("set -eu\n" in script["content"]) == ("install" in script["path"])
        checked("sh", "-n", written(tmp_path, "script", script["content"]), package="every Unix")


def test_systemd_takes_its_units(text: str, tmp_path: Path) -> None:
    """Units and drop-ins verify; all that is missed are the programs that this machine does not have."""
    units = {path.removeprefix(SYSTEM): unit for path, unit in files(text).items() if path.startswith(SYSTEM)}
    for name, unit in units.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        written(tmp_path, name, unit)
    for base in ("unbound.service", "apt-daily-upgrade.timer"):
        packaged = Path("/lib/systemd/system") / base
        if f"{base}.d" in {name.partition("/")[0] for name in units} and packaged.exists():
            shutil.copy(packaged, tmp_path)
    whole = [path.name for path in tmp_path.iterdir() if path.is_file()]
    ended = ran(
        "systemd-analyze",
        "verify",
        "--man=no",
        *whole,
        package="Debian's systemd",
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
    )
    said = [line for line in (ended.stdout + ended.stderr).splitlines() if "/usr/local/sbin/" not in line]
    assert said == []


def test_apt_takes_its_configuration(text: str, tmp_path: Path) -> None:
    """Apt reads the file, and understands that the machine updates itself."""
    file = written(tmp_path, "90spokewright", files(text)["/etc/apt/apt.conf.d/90spokewright"])
    printed = checked("apt-config", "-c", file, "dump", package="Debian's apt")
    assert 'APT::Periodic::Unattended-Upgrade "1";' in printed
    assert 'Unattended-Upgrade::Automatic-Reboot "true";' in printed


def test_it_installs_until_it_succeeds(text: str) -> None:
    """The firewall may open late: a unit tries again and never gives up, and its script stops at the first failure."""
    unit = files(text)[f"{SYSTEM}spokewright-install.service"]
    assert {"Restart=on-failure", "StartLimitIntervalSec=0", "Type=oneshot"} <= set(unit.splitlines())
    script = files(text)["/usr/local/sbin/spokewright-install"]
    assert script.index("set -eu") < script.index("apt-get") < script.index("touch /var/lib/spokewright/installed")
    commands = yaml.safe_load(text)["runcmd"]
    assert ["systemctl", "enable", "--now", "--no-block", "spokewright-install.service"] in commands


def test_the_forwarder_has_the_configuration_that_is_published() -> None:
    """The file on the machine is the text that others show and test, and it is checked before each start."""
    made = files(TEXTS["forwarder"])
    assert made["/etc/unbound/spokewright.conf"] == unbound_configuration(WHOLE, HERE)
    drop_in = made[f"{SYSTEM}unbound.service.d/10-spokewright.conf"]
    check, start = "ExecStartPre=/usr/sbin/unbound-checkconf", "ExecStart=/usr/sbin/unbound -d -p -c"
    assert f"{check} /etc/unbound/spokewright.conf" in drop_in
    assert f"ExecStart=\n{start} /etc/unbound/spokewright.conf\n" in drop_in


def test_the_forwarder_does_not_need_itself() -> None:
    """Its own names go to Azure: it has to install its server while its network already points at it."""
    made = files(TEXTS["forwarder"])
    assert "DNS=168.63.129.16\nDomains=~.\n" in made["/etc/systemd/resolved.conf.d/10-spokewright.conf"]
    assert ["systemctl", "mask", "unbound-resolvconf.service"] in yaml.safe_load(TEXTS["forwarder"])["runcmd"]


@pytest.mark.parametrize(
    ("hour", "restart", "updates"),
    [(2, "02:00", "01:30"), (0, "00:00", "23:30"), (23, "23:00", "22:30")],
    ids=["night", "midnight", "evening"],
)
def test_two_forwarders_are_never_away_together(hour: int, restart: str, updates: str) -> None:
    """Each has its hour: the restart in it, the updates half an hour before, when nobody else's restart is."""
    made = files(forwarder(WHOLE, HERE, reboot_hour=hour))
    assert f'Automatic-Reboot-Time "{restart}";' in made["/etc/apt/apt.conf.d/90spokewright"]
    timer = made[f"{SYSTEM}apt-daily-upgrade.timer.d/10-spokewright.conf"]
    assert f"OnCalendar=\nOnCalendar=*-*-* {updates} UTC\n" in timer


@pytest.mark.parametrize("hour", [-1, 24], ids=["before", "after"])
def test_an_hour_that_is_none(hour: int) -> None:
    """An hour outside of the day is refused."""
    with pytest.raises(Invalid, match=r"\$\.rebootHour"):
        forwarder(WHOLE, HERE, reboot_hour=hour)


def test_the_jump_server_has_its_programs() -> None:
    """What the proof needs, each minor of kubectl once, and kubelogin."""
    script = files(jump_server(("1.33", "1.32", "1.33")))["/usr/local/sbin/spokewright-install"]
    assert all(package in script for package in ("bind9-dnsutils", "netcat-openbsd"))
    installs = [line for line in script.splitlines() if line.startswith("/usr/local/sbin/")]
    assert installs == [
        "/usr/local/sbin/install-kubectl 1.33",
        "/usr/local/sbin/install-kubectl 1.32",
        "/usr/local/sbin/install-kubelogin",
    ]


@pytest.mark.parametrize("minor", ["1.33.1", "v1.33", "2.0", "1.33; reboot", ""], ids=str)
def test_a_minor_that_is_none(minor: str) -> None:
    """What goes into a shell line is a minor version and nothing else."""
    with pytest.raises(Invalid, match="is not a minor version"):
        jump_server((minor,))


def test_everything_that_is_fetched_may_be_reached() -> None:
    """Every host that a script names is in the list that the firewall's rules are made from."""
    hosts = set(re.findall(r"https?://([a-z0-9.-]+)/", TEXTS["jump server"]))
    assert hosts == {"dl.k8s.io", "github.com"}
    listed = {name: egress for egress in EGRESS for name in egress.fqdns}
    assert all(listed[host].port == 443 and "jump-server" in listed[host].machines for host in hosts)
    assert listed["azure.archive.ubuntu.com"].machines == ("forwarder", "jump-server")


LINES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60)


@given(st.lists(LINES, min_size=1, max_size=8))
def test_every_text_comes_through(lines: list[str]) -> None:
    """Whatever a file holds, YAML gives back what was put in."""
    # A first line that says where the text begins, as each of ours has.
    wanted = "\n".join(["# first", *(line.rstrip() for line in lines), "# last"]) + "\n"
    made = cloud_config("a test", (File("/etc/a", wanted), File("/etc/b", wanted)), (("echo", *lines),))
    document = yaml.safe_load(made)
    assert [file["content"] for file in document["write_files"]] == [wanted, wanted]
    assert document["runcmd"] == [["echo", *lines]]
