"""For whoever runs DNS on-premises: conditional forwarders to the hub, written for the servers that people have.

Only the zones that are private in Azure are forwarded, to servers in the hub that ask Azure's resolver. On-premises
cannot ask that resolver itself: it answers inside Azure only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Literal

from shared.model.errors import Invalid, Problem
from shared.plan.dns.domains import domains

Format = Literal["windows", "bind", "unbound", "dnsmasq", "coredns"]

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.")


@dataclass(frozen=True, slots=True)
class Configuration:
    """What one kind of server is told: a title for people, the file it belongs into, and the text."""

    format: Format
    title: str
    file: str
    text: str


def kit(zones: tuple[str, ...], servers: tuple[IPv4Address, ...]) -> tuple[Configuration, ...]:
    """Return the configuration for each kind of server; a cluster's own GUID zone is refused, for its region's."""
    names, addresses = domains(zones, "$.zones"), tuple(map(str, dict.fromkeys(servers)))
    problems = [
        Problem("$.zones", f"{name} belongs to one cluster and goes with it; forward {name.partition('.')[2]} instead")
        for name in names
        if _GUID.match(name)
    ]
    problems += [
        Problem(path, "names nothing; give at least one")
        for path, given in (("$.zones", names), ("$.servers", addresses))
        if not given
    ]
    if problems:
        raise Invalid(problems)
    return (
        Configuration("windows", "Windows DNS Server", "azure-private-zones.ps1", _windows(names, addresses)),
        Configuration("bind", "BIND", "/etc/bind/named.conf.local", _bind(names, addresses)),
        Configuration("unbound", "unbound", "/etc/unbound/unbound.conf.d/azure.conf", _unbound(names, addresses)),
        Configuration("dnsmasq", "dnsmasq", "/etc/dnsmasq.d/azure.conf", _dnsmasq(names, addresses)),
        Configuration("coredns", "CoreDNS", "Corefile", _coredns(names, addresses)),
    )


def _head(mark: str, names: tuple[str, ...], servers: tuple[str, ...], *further: str) -> str:
    """Return the comment that each text begins with: why, what has to be open, what to test."""
    lines = (
        "Private DNS zones in Azure are known to the DNS servers of their hub only; these servers ask them.",
        f"Port 53, UDP and TCP, has to be open from here to {' and '.join(servers)}.",
        f"To test, there and then here: nslookup -type=SOA {names[0]} {servers[0]}",
        f"                              nslookup -type=SOA {names[0]} 127.0.0.1   (this server's own address)",
        "Both answer with the origin azureprivatedns.net. REFUSED: the hub does not know your range, see",
        "dns.onPremisesRanges. No answer: a route, a gateway or a firewall on the way.",
        *further,
    )
    return "".join(f"{mark} {line}".rstrip() + "\n" for line in lines)


def _windows(names: tuple[str, ...], servers: tuple[str, ...]) -> str:
    """Return PowerShell that may run again. Single quotes hold: a domain or an address has none."""
    head = _head(
        "#",
        names,
        servers,
        "Run as an administrator on one domain controller: -ReplicationScope Forest takes it to all others.",
        "On a server outside of Active Directory leave that parameter out, and run it on each.",
    )
    return f"""\
{head}
$ErrorActionPreference = 'Stop'
$servers = @({", ".join(f"'{server}'" for server in servers)})
$zones = @({", ".join(f"'{name}'" for name in names)})
foreach ($zone in $zones) {{
    $found = Get-DnsServerZone -Name $zone -ErrorAction SilentlyContinue
    if ($null -eq $found) {{
        Add-DnsServerConditionalForwarderZone -Name $zone -MasterServers $servers -ReplicationScope 'Forest'
    }} elseif ($found.ZoneType -eq 'Forwarder') {{
        Set-DnsServerConditionalForwarderZone -Name $zone -MasterServers $servers
    }} else {{
        throw "$zone is a zone of type $($found.ZoneType) here: remove it, or names in Azure stay hidden"
    }}
}}
# What was asked before is remembered, also that there was no such name.
Clear-DnsServerCache -Force
"""


def _bind(names: tuple[str, ...], servers: tuple[str, ...]) -> str:
    quoted = " ".join(f'"{name}";' for name in names)
    head = _head(
        "//",
        names,
        servers,
        "Then: named-checkconf && rndc reconfig && rndc flush",
        "",
        "Where this server validates DNSSEC (dnssec-validation auto, the default), it finds these answers bogus or",
        "cannot prove that they need no signature. Then this line belongs inside of options, in named.conf.options:",
        f"    validate-except {{ {quoted} }};",
    )
    forwarders = " ".join(f"{server};" for server in servers)
    zones = "".join(
        f"""
zone "{name}" {{
    type forward;
    // Never look for them on the internet, where there is nothing of that name.
    forward only;
    forwarders {{ {forwarders} }};
}};
"""
        for name in names
    )
    return head + zones


def _unbound(names: tuple[str, ...], servers: tuple[str, ...]) -> str:
    head = _head("#", names, servers, "Then: unbound-checkconf && systemctl restart unbound")
    server = "".join(
        f"""\
    domain-insecure: "{name}."
    private-domain: "{name}."
"""
        for name in names
    )
    why = (
        "    # Private zones are not signed, and private addresses in them are meant (where private-address is set).\n"
    )
    forward = "".join(f"    forward-addr: {address}\n" for address in servers)
    zones = "".join(f'\nforward-zone:\n    name: "{name}."\n{forward}' for name in names)
    return f"{head}\nserver:\n{why}{server}{zones}"


def _dnsmasq(names: tuple[str, ...], servers: tuple[str, ...]) -> str:
    head = _head("#", names, servers, "Then: dnsmasq --test && systemctl restart dnsmasq")
    zones = "".join(f"server=/{name}/{server}\n" for name in names for server in servers)
    why = "# Private addresses are meant, where stop-dns-rebind would take them for an attack.\n"
    return f"{head}\n{zones}\n{why}" + "".join(f"rebind-domain-ok=/{name}/\n" for name in names)


def _coredns(names: tuple[str, ...], servers: tuple[str, ...]) -> str:
    head = _head("#", names, servers, "This block stands beside the one for '.'; the longest name wins.")
    return f"""\
{head}
{" ".join(f"{name}:53" for name in names)} {{
    errors
    # Short: a cluster's address may move when it is stopped and started.
    cache 60 {{
        denial 9984 10
    }}
    forward . {" ".join(servers)}
}}
"""
