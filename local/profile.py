"""The app settings that are the same in every deployment of a profile: the file that the Bicep reads, read here too.

What only a deployment knows, such as addresses, the Bicep sets there and the stack sets here.
"""

from __future__ import annotations

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
