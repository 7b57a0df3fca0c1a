"""What a machine's custom data puts on its disk: the files of a `#cloud-config`, and what its other text mentions.

Commands of it are not run; of what cloud-init knows only `write_files` is read.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import re
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from local.simulator.resource import Resource

_DNS_SOFTWARE = re.compile(r"\b(dnsmasq|bind9|named|unbound|coredns)\b", re.IGNORECASE)


def custom_data(vm: Resource) -> str:
    """Read the custom data of a machine, empty where it has none."""
    encoded = str(vm.state.get("customData") or "")
    try:
        return base64.b64decode(encoded, validate=True).decode(errors="replace")
    except (ValueError, binascii.Error):
        return encoded


def mentions_dns_software(text: str) -> bool:
    """Whether a text names a DNS server that one installs."""
    return bool(_DNS_SOFTWARE.search(text))


def files_of(vm: Resource) -> dict[str, str]:
    """List the files of a machine: what its cloud-config wrote, and what commands changed since."""
    changed: dict[str, str | None] = vm.state.get("files") or {}
    found = {**written_files(custom_data(vm)), **changed}
    return {path: text for path, text in found.items() if text is not None}


def keep_files(vm: Resource, files: dict[str, str]) -> None:
    """Remember the files of a machine after a command."""
    written = written_files(custom_data(vm))
    changed: dict[str, str | None] = {path: text for path, text in files.items() if written.get(path) != text}
    vm.state["files"] = changed | dict.fromkeys(path for path in written if path not in files)


def written_files(text: str) -> dict[str, str]:
    """Read the files that a cloud-config writes, by path; nothing where it cannot be read."""
    if not text.startswith("#cloud-config"):
        return {}
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError:
        return {}
    entries = document.get("write_files") if isinstance(document, dict) else None
    found: dict[str, str] = {}
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and "path" in entry:
            path, content = str(entry["path"]), _content(entry)
            found[path] = found.get(path, "") + content if entry.get("append") else content
    return found


def _content(entry: dict[str, object]) -> str:
    content, encoding = entry.get("content") or "", str(entry.get("encoding") or "text/plain").lower()
    data = content if isinstance(content, bytes) else str(content).encode()
    try:
        if "b64" in encoding or "base64" in encoding:
            data = base64.b64decode(data)
        if "gz" in encoding:
            data = gzip.decompress(data)
    except (ValueError, binascii.Error, OSError):
        return ""
    return data.decode(errors="replace")
