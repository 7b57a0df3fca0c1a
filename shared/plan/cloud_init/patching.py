"""Security updates without a person: installed half an hour before a time of the night (UTC), with a restart then.

Two machines that stand in for each other get different hours, so that never both are away. The updates have their time
too, because a new version of a server restarts it: at half past, when the other machine is back from its restart.
"""

from __future__ import annotations

from shared.model.errors import Invalid, Problem
from shared.plan.cloud_init.document import File

HOURS = 24

_APT = """\
// Written by Spokewright: security updates by themselves, and a restart at {hour:02}:00 UTC where one needs it.
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
Unattended-Upgrade::Automatic-Reboot "true";
Unattended-Upgrade::Automatic-Reboot-WithUsers "true";
Unattended-Upgrade::Automatic-Reboot-Time "{hour:02}:00";
"""

_TIMER = """\
# Written by Spokewright: half an hour before the restart, and not while the other machine restarts.
[Timer]
OnCalendar=
OnCalendar=*-*-* {hour:02}:30 UTC
RandomizedDelaySec=5min
"""


def patching(reboot_hour: int) -> tuple[File, ...]:
    """Return the files that make a machine update itself, and restart at this hour if it has to."""
    if reboot_hour not in range(HOURS):
        raise Invalid([Problem("$.rebootHour", f"{reboot_hour} is no hour of the day; use 0 to 23")])
    timer = _TIMER.format(hour=(reboot_hour - 1) % HOURS)
    return (
        # After Ubuntu's own 20auto-upgrades and 50unattended-upgrades: the last one counts.
        File("/etc/apt/apt.conf.d/90spokewright", _APT.format(hour=reboot_hour)),
        File("/etc/systemd/system/apt-daily-upgrade.timer.d/10-spokewright.conf", timer),
    )
