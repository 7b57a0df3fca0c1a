"""Takes out of a text what could act on a terminal, or make it read otherwise than it is: whatever its source."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

ESCAPES = re.compile(
    # OSC, DCS and their like, with what is in them; where the end is missing nothing behind the beginning is hidden.
    r"(?:\x1b[P\]X^_]|[\x90\x9d\x98\x9e\x9f])(?:[^\x07\x1b\x90\x98\x9c-\x9f\n]*(?:\x07|\x1b\\|\x9c))?"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI: colours, moves, modes
    r"|\x1b[ -/]*[0-~]?"  # the short ones
)
UNSEEN = {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}
"""Control and formatting characters (also those that turn the direction of writing), and what is no character."""


def clean(text: Any) -> str:
    """Return a text that may be shown, with its line breaks and tabs; everything else that is not seen is left out."""
    return "".join(_seen(ESCAPES.sub("", str(text).replace("\r\n", "\n"))))


def clean_line(text: Any) -> str:
    """Return a text that may be shown, on one line."""
    return " ".join(clean(text).split())


def _seen(text: str) -> list[str]:
    return [one for one in text if one in "\n\t" or unicodedata.category(one) not in UNSEEN]
