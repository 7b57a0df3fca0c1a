"""A cloud-config document as text: files to write, then commands to run, once in a machine's life.

Written by hand instead of by a YAML library: this core has none, and two shapes (a literal block, a JSON list) do.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

Command = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class File:
    """A file on the machine; its text ends with one newline."""

    path: str
    text: str
    executable: bool = False


def cloud_config(purpose: str, files: tuple[File, ...], commands: tuple[Command, ...]) -> str:
    """Return the document; `purpose` is one line for whoever reads it on the machine."""
    lines = ["#cloud-config", f"# {purpose}", "write_files:"]
    for file in files:
        lines += _file(file)
    lines.append("runcmd:")
    lines += [f"  - {json.dumps(command)}" for command in commands]
    return "\n".join(lines) + "\n"


def _file(file: File) -> list[str]:
    mode = "0755" if file.executable else "0644"
    head = [f"  - path: {file.path}", "    owner: root:root", f'    permissions: "{mode}"', "    content: |"]
    # A blank line stays without blanks: a literal block keeps it all the same.
    return head + [f"      {line}" if line else "" for line in file.text.removesuffix("\n").split("\n")]
