"""A hub with its spoke and a site on-premises, of real programs: what each test builds, breaks and asks.

    jump 10.0.1.4 ──┐          ┌── azure 168.63.129.16     BIND in Azure's role: its views go by who asks
    dns  10.0.2.4 ──┤          ├── internet 198.51.100.53  BIND that knows public names only
    api 10.64.0.8 ──┤          ├── site 192.168.10.4       BIND as people have it, with the kit's text
                    └─ router ─┴── stranger 172.20.0.4     from a range that is not allowed

dns is the forwarder: unbound with the very file that its cloud-config would write.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import yaml

from shared.plan.cloud_init import forwarder
from shared.plan.dns.forwarding import AZURE_DNS, Forwarding
from shared.plan.dns.kit import kit
from tests.namespaces.cable import Cable, Machine, cable, until

ZONE = "privatelink.westeurope.azmk8s.io"
NAME = f"payments.{ZONE}"
ENDPOINT = "10.64.0.8"
INTRANET = "intranet.corp.example.com"
SERVER = IPv4Address("10.0.2.4")
SITE = IPv4Address("192.168.10.4")
INTERNET = IPv4Address("198.51.100.53")
HUB, SPOKE = "10.0.0.0/22", "10.64.0.0/22"
PORT = 443

MACHINES = {
    "jump": "10.0.1.4/26",
    "dns": f"{SERVER}/26",
    "api": f"{ENDPOINT}/23",
    "azure": f"{AZURE_DNS}/24",
    "internet": f"{INTERNET}/24",
    "site": f"{SITE}/24",
    "stranger": "172.20.0.4/24",
}

FORWARDING = Forwarding(
    private_zones=("azmk8s.io",),
    upstream=(),
    on_premises_domains=("corp.example.com", "plant.test"),
    on_premises_servers=(SITE,),
    allowed=(IPv4Network(HUB), IPv4Network(SPOKE), IPv4Network("192.168.10.0/24")),
)
UNCONDITIONAL = Forwarding((), (INTERNET,), (), (), FORWARDING.allowed)
"""A server that knows nothing of Azure's private zones, as people's own servers do before they are told."""

_PUBLIC = """\
$TTL 3600
@ SOA ns.root. root.root. 1 3600 600 86400 300
@ NS ns.root.
ns.root. A 198.51.100.53
mcr.microsoft.com. A 198.51.100.80
"""
_HINTS = """\
. 3600 NS ns.root.
ns.root. 3600 A 198.51.100.53
"""
_PRIVATE = f"""\
$TTL 3600
@ SOA azureprivatedns.net. azureprivatedns-host.microsoft.com. 1 3600 300 2419200 300
@ NS azureprivatedns.net.
payments A {ENDPOINT}
"""
_CORPORATE = """\
$TTL 3600
@ SOA ns hostmaster 1 3600 600 86400 300
@ NS ns
ns A 192.168.10.4
intranet A 192.168.10.80
"""
# The forwarder's own file comes first, whole; then only what belongs to a machine of its own: paths, user, syslog.
_WRAPPER = """\
include: "{configuration}"
server:
    username: ""
    directory: "{folder}"
    pidfile: "{folder}/unbound.pid"
    use-syslog: no
remote-control:
    control-interface: "{folder}/unbound.ctl"
"""


@dataclass
class Laboratory:
    """The machines, and what can be done to them."""

    cable: Cable
    folder: Path
    cloud_config: str

    def __getitem__(self, name: str) -> Machine:
        return self.cable.machines[name]

    def written(self, path: str) -> Path:
        """Write a file of the forwarder's cloud-config into the test's folder, unchanged."""
        document: dict[str, Any] = yaml.safe_load(self.cloud_config)
        text = next(file["content"] for file in document["write_files"] if file["path"] == path)
        local = self.folder / Path(path).name
        local.write_text(text)
        return local

    def start_forwarder(self, *, asked: IPv4Address = SERVER) -> None:
        """Start unbound with the forwarder's file, and wait until it answers where it is asked."""
        wrapper = self.folder / "unbound-wrapper.conf"
        configuration = self.written(forwarder.CONFIGURATION)
        wrapper.write_text(_WRAPPER.format(configuration=configuration, folder=self.folder))
        self["dns"].start("unbound", "unbound", "-d", "-p", "-c", str(wrapper), log=self.folder / "unbound.log")
        until(lambda: self["dns"].answers(asked, "localhost"), f"unbound: see {self.folder}/unbound.log")

    def start_bind(self, machine: str, text: str, knows: str = "localhost") -> None:
        """Start BIND with a configuration, and wait until it answers for a name that it knows."""
        file, here = self.folder / f"{machine}.conf", self[machine]
        file.write_text(text)
        here.start("named", "named", "-g", "-n", "1", "-c", str(file), log=self.folder / f"{machine}.log")
        until(lambda: here.answers(here.address, knows), f"named of {machine}: see {self.folder}/{machine}.log")

    def zone(self, name: str, text: str) -> str:
        """Return a zone statement with its file."""
        file = self.folder / f"zone-{name}"
        file.write_text(text)
        return f'zone "{name}" {{ type primary; file "{file}"; }};\n'

    def options(self, machine: str, *further: str) -> str:
        """Return the options of a BIND that answers everybody."""
        folder = self.folder / machine
        folder.mkdir(exist_ok=True)
        own = (f'directory "{folder}";', f"listen-on {{ 127.0.0.1; {self[machine].address}; }};")
        fixed = ("listen-on-v6 { none; };", "pid-file none;", "session-keyfile none;", "allow-query { any; };")
        return f"options {{ {' '.join((*own, *fixed, *further))} }};\ncontrols {{ }};\n"

    def start_azure(self, linked: tuple[str, ...]) -> None:
        """Start what stands for Azure's resolver: networks that are linked are told of the private zone."""
        public = self.zone(".", _PUBLIC)
        within = " ".join(f"{network};" for network in linked) or "none;"
        options = self.options("azure", "allow-recursion { any; };", "dnssec-validation no;", "empty-zones-enable no;")
        private = self.zone(ZONE, _PRIVATE)
        views = f'view "linked" {{ match-clients {{ {within} }};\n{public}{private}}};\n'
        views += f'view "others" {{ match-clients {{ any; }};\n{public}}};\n'
        self.start_bind("azure", options + views)

    def start_internet(self) -> None:
        """Start a resolver that knows public names only, if it is not there yet."""
        if "named" in self["internet"].running:
            return
        options = self.options("internet", "allow-recursion { any; };", "dnssec-validation no;")
        self.start_bind("internet", options + self.zone(".", _PUBLIC))

    def start_site(self, *, told: bool = True) -> None:
        """Start a company's BIND, which validates, as BIND does by default; `told`: as the kit's text says in full."""
        self.start_internet()
        text = next(made.text for made in kit((ZONE,), (SERVER,)) if made.format == "bind")
        told_options = next(line.removeprefix("//").strip() for line in text.splitlines() if "validate-except" in line)
        own = ("allow-recursion { any; };", "dnssec-validation auto;", *([told_options] if told else []))
        hints = self.folder / "hints"
        hints.write_text(_HINTS)
        zones = "".join(self.zone(domain, _CORPORATE) for domain in FORWARDING.on_premises_domains)
        zones += f'zone "." {{ type hint; file "{hints}"; }};\n'
        self.start_bind("site", self.options("site", *own) + zones + text, INTRANET)

    def start_api(self) -> None:
        """Let something listen on the API server's port."""
        api = self["api"]
        api.start("nc", "nc", "-l", "-k", ENDPOINT, str(PORT))
        until(lambda: api.run("nc", "-z", ENDPOINT, str(PORT)).returncode == 0, "nc on the API server's port")

    def encoded(self) -> str:
        """Return the forwarder's custom data, as Azure keeps it."""
        return base64.b64encode(self.cloud_config.encode()).decode()


@contextmanager
def laboratory(
    folder: Path,
    *,
    linked: tuple[str, ...] = (HUB, SPOKE),
    forwarding: Forwarding = FORWARDING,
    forwards: bool = True,
    listens: bool = True,
    seconds: int = 5,
) -> Iterator[Laboratory]:
    """Build what jump servers need; a test adds the site where it looks from there.

    `seconds`: how long clients wait for a DNS server; 5 as they do by themselves, less for servers that are silent.
    """
    with cable() as made:
        for name, interface in MACHINES.items():
            made.machine(name, interface)
        built = Laboratory(made, folder, forwarder.forwarder(forwarding, SERVER))
        for client in ("jump", "stranger"):
            built[client].asks(SERVER, seconds=seconds)
        built["site"].asks(SITE, seconds=seconds)
        built.start_azure(linked)
        if INTERNET in forwarding.upstream:
            built.start_internet()
        if forwards:
            built.start_forwarder()
        if listens:
            built.start_api()
        yield built
