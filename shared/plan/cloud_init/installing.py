"""How a machine gets its packages when the firewall may open only later: a unit that tries until it succeeds.

cloud-init's own `packages` tries once, and a machine that started before its firewall's rules would stay empty.
"""

from __future__ import annotations

from shared.plan.cloud_init.document import Command, File

INSTALL = "/usr/local/sbin/spokewright-install"
UNIT = "spokewright-install.service"
DONE = "/var/lib/spokewright/installed"
"""There once all is installed. Removing it and starting the unit installs again."""

_UNIT = f"""\
[Unit]
Description=Install what this machine is for, again until it succeeds
ConditionPathExists=!{DONE}
Wants=network-online.target
After=network-online.target
# Never give up: the firewall opens when it opens.
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart={INSTALL}
TimeoutStartSec=20min
Restart=on-failure
RestartSec=20

[Install]
WantedBy=multi-user.target
"""

_SCRIPT = """\
#!/bin/sh
# Run by {unit} until it succeeds; every line may run twice.
set -eu
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l
apt-get -q -o DPkg::Lock::Timeout=600 -o APT::Update::Error-Mode=any update
apt-get -q -y -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confold \\
  install --no-install-recommends {packages}
{further}
mkdir -p {directory}
touch {done}
"""

START: tuple[Command, ...] = (
    ("systemctl", "daemon-reload"),
    # Not waited for: cloud-init ends, and Azure calls the machine provisioned, while this goes on.
    ("systemctl", "enable", "--now", "--no-block", UNIT),
)


def installing(packages: tuple[str, ...], further: tuple[str, ...]) -> tuple[File, ...]:
    """Return the unit and its script, which installs packages and then runs further lines."""
    script = _SCRIPT.format(
        unit=UNIT,
        packages=" ".join(packages),
        further="\n".join(further),
        directory=DONE.rpartition("/")[0],
        done=DONE,
    )
    return (File(f"/etc/systemd/system/{UNIT}", _UNIT), File(INSTALL, script, executable=True))
