"""The configuration of unbound, the DNS server on the hub's forwarders.

unbound, and not dnsmasq, because a forwarder here has to
- refuse whoever is not allowed to ask, by network (`access-control`); dnsmasq knows interfaces, and answers everybody
  on them or drops in silence;
- have its configuration checked whole before it is used (`unbound-checkconf` reads it as the server does);
- ask several servers for one domain, and leave out for a while one that does not answer;
- serve many clients over TCP as over UDP, in threads; dnsmasq forks for each TCP client, 20 at most.

Written for Ubuntu 24.04's 1.19.2 [?], tested with Debian 12's 1.17.1; every option is in both. `ede` has an endless
loop in 1.18.0 to 1.19.1 (CVE-2024-1931). Both distributions drop an answer that took longer than 1.9 seconds
(`discard-timeout`, a security update): while a server behind it is silent, unbound's clients hear nothing at first, and
SERVFAIL only after half a minute.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from shared.plan.dns.forwarding import Forwarding, Route, routes

_SERVER = """\
# Written by Spokewright. Checked with unbound-checkconf before each start.
server:
    # The machine's own address, and not all: systemd-resolved has 127.0.0.53. The address may come after the server.
    interface: {address}
    interface: 127.0.0.1
    ip-freebind: yes
    do-ip6: no
    num-threads: 2

    # Who may ask; all others are told so. With `ede` in words that BIND understands: without, the answer lacks the
    # question, BIND takes it for damaged, and who asks it waits ten seconds for nothing.
    ede: yes
{access}

    # No DNSSEC: Azure's resolver does not do it, and names of private zones would be bogus.
    module-config: "iterator"

    # A private endpoint may move when its cluster is stopped and started: nobody is sent to the old address for long,
    # and a name that appears is found soon.
    cache-max-ttl: 60
    cache-max-negative-ttl: 10
    serve-expired: no
    prefetch: no

    # A server that was away is asked again soon. One that looks a name up elsewhere first is given time.
    infra-host-ttl: 60
    infra-keep-probing: yes
    infra-cache-min-rtt: 400

    # Reverse names of private addresses are forwarded too, and so is a domain that unbound itself would answer for.
    unblock-lan-zones: yes
{transparent}
    hide-identity: yes
    hide-version: yes
    log-servfail: yes
    username: "unbound"
    directory: "/etc/unbound"
    pidfile: "/run/unbound.pid"
    chroot: ""

# `unbound-control -c /etc/unbound/spokewright.conf status`, for root on this machine only.
remote-control:
    control-enable: yes
    control-interface: /run/unbound.ctl
"""

EVERYBODY = IPv4Network("0.0.0.0/0")
LOOPBACK = IPv4Network("127.0.0.0/8")


def unbound_configuration(forwarding: Forwarding, address: IPv4Address) -> str:
    """Return the whole configuration of a forwarder whose address is `address`."""
    ways = routes(forwarding, address)
    server = _SERVER.format(
        address=address,
        access="\n".join(_access(forwarding.allowed, address)),
        transparent="".join(f'    local-zone: "{way.domain}." transparent\n' for way in ways[:-1]),
    )
    return "\n".join([server, *map(_forward, ways)])


def _access(allowed: tuple[IPv4Network, ...], address: IPv4Address) -> list[str]:
    """Return who may ask: each network once, as a second line for one would make the order matter."""
    networks = {LOOPBACK, IPv4Network(address), *allowed}
    verdicts = {EVERYBODY: "refuse", **dict.fromkeys(sorted(networks), "allow")}
    return [f"    access-control: {network} {verdict}" for network, verdict in verdicts.items()]


def _forward(way: Route) -> str:
    servers = "".join(f"    forward-addr: {server}\n" for server in way.servers)
    name = way.domain if way.domain == "." else f"{way.domain}."
    return f'forward-zone:\n    name: "{name}"\n{servers}'
