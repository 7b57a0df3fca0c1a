"""The DNS server that a machine runs: whom it answers, on which addresses, and where it sends which names.

A tag `dns-forwarder` makes one without any configuration: it sends all names to Azure; with the value
`no-conditional-forward` it asks public DNS for all of them, with `silent` it does not answer. Else the configuration
counts that the machine's cloud-config writes for unbound or dnsmasq. Where there is none, but the custom data names
such software, it sends all names to Azure.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Literal

from local.simulator.topology.answers import AZURE_DNS, inside
from local.simulator.topology.cloud_config import custom_data, files_of, mentions_dns_software
from local.simulator.topology.dns_configuration import Configuration, Forward, Target, read_dnsmasq, read_unbound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from local.simulator.resource import Resource

_TAG = "dns-forwarder"
_EVERYBODY = ((IPv4Network("0.0.0.0/0"), "allow"),)
_ANY = IPv4Address("0.0.0.0")  # noqa: S104 - a simulated server's
_TO_AZURE = Configuration("forwarder", (Forward("", (Target(AZURE_DNS),)),), _EVERYBODY)
_TO_PUBLIC = Configuration("forwarder", (), _EVERYBODY)

Verdict = Literal["allow", "refuse", "deny"]


@dataclass(frozen=True, slots=True)
class Software:
    """A machine's DNS server; `silent` ones take questions and do not answer."""

    configuration: Configuration
    silent: bool = False

    def listens_on(self, address: IPv4Address) -> bool:
        """Whether it listens on an address of its machine."""
        addresses = self.configuration.addresses
        return not addresses or address in addresses or _ANY in addresses

    def judge(self, client: IPv4Address, local: Iterable[IPv4Network]) -> tuple[Verdict, str]:
        """Say what a client gets, and by which rule: the longest prefix decides."""
        if self.configuration.local_only and not any(client in prefix for prefix in local):
            return "deny", "it serves its own subnet only"
        fitting = [(prefix, action) for prefix, action in self.configuration.access if client in prefix]
        if not fitting:
            return "refuse", "no rule names it"
        prefix, action = max(fitting, key=lambda rule: rule[0].prefixlen)
        verdict: Verdict = "refuse" if action.startswith("refuse") else "deny" if action.startswith("deny") else "allow"
        return verdict, f"{prefix} {action}"

    def forward_for(self, name: str) -> Forward | None:
        """Find where a name is sent: the longest zone that holds it, None where none does."""
        fitting = [forward for forward in self.configuration.forwards if inside(name, forward.zone)]
        return max(fitting, key=lambda forward: len(forward.zone), default=None)

    def hides(self, name: str, address: IPv4Address) -> bool:
        """Whether it takes an address out of an answer as an attempt of DNS rebinding."""
        hidden = any(address in prefix for prefix in self.configuration.hidden)
        return hidden and not any(inside(name, domain) for domain in self.configuration.shown)


def software_of(vm: Resource) -> Software | None:
    """Find out which DNS server a machine runs, None where it runs none."""
    tags = vm.body.get("tags") or {}
    if _TAG in tags:
        value = str(tags[_TAG]).lower()
        return Software(_TO_PUBLIC if value == "no-conditional-forward" else _TO_AZURE, silent=value == "silent")
    text = custom_data(vm)
    files = files_of(vm)
    for program, read in (("unbound", read_unbound), ("dnsmasq", read_dnsmasq)):
        parts = [files[path] for path in sorted(files) if _configures(program, path)]
        if parts:
            return _configured(read, "\n".join(parts))
    return Software(_TO_AZURE) if mentions_dns_software(text) else None


def _configured(read: Callable[[str], Configuration], text: str) -> Software | None:
    """Read a configuration; a program that cannot read its own does not start, so that nobody listens."""
    try:
        return Software(read(text))
    except ValueError:
        return None


def _configures(program: str, path: str) -> bool:
    """Whether a file is read by a program as Debian and Ubuntu set it up."""
    if not path.endswith(".conf"):
        return False
    return path.startswith((f"/etc/{program}/", f"/etc/{program}.d/")) or path == f"/etc/{program}.conf"
