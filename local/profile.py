"""The app settings that are the same in every deployment of a profile: the file that the Bicep reads, read here too.

What only a deployment knows, such as addresses, the Bicep sets there and the stack sets here.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

FILE = Path(__file__).parents[1] / "infra" / "settings.json"
PUBLIC, PRIVATE = "public", "private"
PROFILES = (PUBLIC, PRIVATE)
COMMON = "common"


def settings_of(profile: str) -> dict[str, str]:
    """Return the app settings of a profile."""
    given = json.loads(FILE.read_text(encoding="utf-8"))
    return {**given[COMMON], **given[profile]}


def setting(text: str) -> tuple[str, str]:
    """Read a setting of the command line, `NAME=VALUE`; raises ArgumentTypeError."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"a setting is NAME=VALUE, not {text!r}")
    return name, value
