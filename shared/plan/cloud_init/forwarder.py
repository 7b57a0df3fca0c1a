"""The machine that forwards names for the hub: unbound, watched, updated, and independent of itself.

It resolves its own names at Azure, never at itself: it has to install its server while its virtual network already
points at it.
"""

from __future__ import annotations

from ipaddress import IPv4Address

from shared.plan.cloud_init.document import File, cloud_config
from shared.plan.cloud_init.installing import START, installing
from shared.plan.cloud_init.patching import patching
from shared.plan.cloud_init.unbound import unbound_configuration
from shared.plan.dns.forwarding import AZURE_DNS, Forwarding, routes

__all__ = ["CONFIGURATION", "forwarder", "unbound_configuration"]

CONFIGURATION = "/etc/unbound/spokewright.conf"
PACKAGES = ("unbound", "bind9-dnsutils")

_OWN_NAMES = f"""\
# Written by Spokewright: this machine asks Azure itself, also while its own DNS server is not there.
[Resolve]
DNS={AZURE_DNS}
Domains=~.
"""

# A file of its own, not one in unbound.conf.d: Debian's snippets there ask for DNSSEC.
_SERVICE = f"""\
# Written by Spokewright.
[Unit]
StartLimitIntervalSec=0

[Service]
ExecStartPre=/usr/sbin/unbound-checkconf {CONFIGURATION}
ExecStart=
ExecStart=/usr/sbin/unbound -d -p -c {CONFIGURATION}
Restart=always
RestartSec=2
"""

HEALTH = "/usr/local/sbin/spokewright-dns-health"

_HEALTH = """\
#!/bin/sh
# Asks this machine's DNS server as its clients do; restarts it when it says nothing. Run each minute.
# <4> is a warning to the journal: journalctl -u spokewright-dns-health
server={address}
# unbound answers localhost from memory: silence is its own fault, whatever is wrong elsewhere.
if ! dig +time=2 +tries=2 "@$server" localhost. A > /dev/null 2>&1; then
  echo "<4>unbound on $server does not answer: it is restarted"
  exec systemctl restart unbound.service
fi
for name in {names}; do
  status="$(dig +time=5 +tries=1 "@$server" "$name" SOA | sed -n 's/.*status: \\([A-Z]*\\),.*/\\1/p')"
  case "$status" in
    NOERROR | NXDOMAIN) ;;
    *) echo "<4>unbound on $server answers $name with ${{status:-nothing}}: look at the servers it forwards to" ;;
  esac
done
"""

_HEALTH_SERVICE = f"""\
[Unit]
Description=Ask this machine's DNS server, restart it when it is silent
ConditionPathExists=/var/lib/spokewright/installed

[Service]
Type=oneshot
ExecStart={HEALTH}
# Only what is wrong: not that it began and ended, each minute.
LogLevelMax=notice
"""

_HEALTH_TIMER = """\
[Unit]
Description=Ask this machine's DNS server each minute

[Timer]
OnCalendar=minutely
AccuracySec=5s

[Install]
WantedBy=timers.target
"""


def forwarder(forwarding: Forwarding, address: IPv4Address, *, reboot_hour: int = 2) -> str:
    """Return the cloud-config of a forwarder with a static address; two of a pair get hours that are apart."""
    files = (
        File(CONFIGURATION, unbound_configuration(forwarding, address)),
        File("/etc/systemd/system/unbound.service.d/10-spokewright.conf", _SERVICE),
        File("/etc/systemd/resolved.conf.d/10-spokewright.conf", _OWN_NAMES),
        *_health(forwarding, address),
        *patching(reboot_hour),
        *installing(
            PACKAGES,
            # Started by the package, perhaps, and if so already with our file; restarted for a second run.
            (f"unbound-checkconf {CONFIGURATION}", "systemctl enable unbound", "systemctl restart unbound"),
        ),
    )
    commands = (
        ("systemctl", "restart", "systemd-resolved"),
        # It would make this machine ask its own DNS server.
        ("systemctl", "mask", "unbound-resolvconf.service"),
        *START,
        ("systemctl", "restart", "apt-daily-upgrade.timer"),
        ("systemctl", "enable", "--now", "spokewright-dns-health.timer"),
    )
    return cloud_config("Spokewright: a DNS forwarder of the hub", files, commands)


def _health(forwarding: Forwarding, address: IPv4Address) -> tuple[File, ...]:
    names = " ".join(f"{way.domain.removesuffix('.')}." for way in routes(forwarding, address))
    return (
        File(HEALTH, _HEALTH.format(address=address, names=names), executable=True),
        File("/etc/systemd/system/spokewright-dns-health.service", _HEALTH_SERVICE),
        File("/etc/systemd/system/spokewright-dns-health.timer", _HEALTH_TIMER),
    )
