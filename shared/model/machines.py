"""The hub's machines that people use or depend on: the jump server, Bastion in front of it, DNS forwarders."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from shared.model.part import Fault, Part
from shared.model.values import Addresses, Cidrs, Size, Zones, matching

SshPublicKey = Annotated[
    str,
    matching(
        r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]{16,}={0,3}( [^\n]*)?",
        "an SSH public key; paste the one line of a .pub file, like ssh-ed25519 AAAA...",
        longest=4096,
    ),
]
Username = Annotated[
    str,
    matching(r"[a-z_][a-z0-9_-]*", "a Linux user name: use lower-case letters, digits, _ and -", longest=32),
]
Minor = Annotated[str, matching(r"1\.\d{1,2}", 'a minor version of Kubernetes; write it in quotes, like "1.33"')]

REFUSED_USERNAMES = frozenset({"admin", "administrator", "root", "guest", "test", "user", "owner", "server", "sys"})

UNENCRYPTED_SIZES = (
    "standard_a",
    "basic_a",
    "standard_b1ls",
    "standard_d1",
    "standard_ds1",
    "standard_g",
    "standard_h",
)
"""How the names of sizes begin that have no encryption at host, as far as known; Azure has the last word."""


class JumpServer(Part):
    """The machine inside the network from which names and ports are checked. It has no public address."""

    size: Size = "Standard_B2s"
    admin_username: Username = "azureuser"
    ssh_public_key: SshPublicKey
    zones: Zones = ()
    """At most one: a machine is in one zone."""
    entra_login: bool = False
    """People log in with their Entra ID account (`az ssh vm`) and a role such as Virtual Machine User Login."""
    encryption_at_host: bool = False
    """Encrypts disks on the host too. The subscription has to have the feature registered, and the size to have it."""
    ssh_from: Cidrs = ()
    """Ranges that may reach SSH, beside Bastion's. Empty and without Bastion: nobody."""
    kubernetes_versions: tuple[Minor, ...] = ()
    """Minor versions whose kubectl is installed; empty: those of the clusters known when the machine is made."""

    def faults(self) -> Iterator[Fault]:
        """Judge the user name, which Azure restricts, the zone, and what the size allows."""
        if self.admin_username in REFUSED_USERNAMES:
            yield ("adminUsername",), f"Azure refuses '{self.admin_username}'; use another name, such as azureuser"
        if len(self.zones) > 1:
            yield ("zones",), "a machine is in one availability zone; keep one"
        if self.encryption_at_host and self.size.lower().startswith(UNENCRYPTED_SIZES):
            yield ("encryptionAtHost",), f"size {self.size} has no encryption at host; use another size, or false"
        wide = [str(range_) for range_ in self.ssh_from if not range_.prefixlen]
        if wide:
            yield ("sshFrom",), "0.0.0.0/0 is everybody; name the ranges of those who need it, or use Bastion"


class Bastion(Part):
    """Azure Bastion: the way for people to the jump server."""

    enabled: bool = False
    """Whether there is one."""
    sku: Literal["Developer", "Basic", "Standard"] = "Basic"
    """Azure's SKU. Developer needs neither a subnet nor a public address."""


class Forwarder(Part):
    """Machines that forward the private zones to Azure's resolver, and everything else upstream."""

    size: Size = "Standard_B2s"
    count: Annotated[int, Field(ge=1, le=2)] = 2
    """One is a single point of failure, and is away while it is made anew."""
    zones: Zones = ()
    """One for each machine. Empty: two machines are in an availability set."""
    upstream: Addresses = ()
    """DNS servers that answer everything else; empty: Azure's own."""

    def faults(self) -> Iterator[Fault]:
        """Judge that each machine has its zone."""
        if self.zones and len(self.zones) != self.count:
            yield ("zones",), f"{self.count} machines need {self.count} zones; name as many, or none"
