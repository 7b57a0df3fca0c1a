"""Text from another machine, made fit to be stored and shown: without secrets, and not longer than a message."""

from __future__ import annotations

import re

CAP = 2000
"""Characters of a remote message that are kept."""

_SECRETS = (
    (re.compile(r"eyJ[\w-]{8,}\.[\w-]+(\.[\w-]*)?"), "[token]"),
    (re.compile(r"\b(Bearer|PoP)\s+[\w.~+/=-]{8,}", re.IGNORECASE), r"\1 [token]"),
    (re.compile(r"([?&](?:sig|t|c|s|h|code)=)[^&\s\"'<>]+", re.IGNORECASE), r"\1[redacted]"),
    (
        re.compile(
            r"((?:SharedAccessKey|AccountKey|access_token|client_secret|password|adminPassword|sig)\"?\s*[=:]\s*\"?)"
            r"[^\s&;,\"']+",
            re.IGNORECASE,
        ),
        r"\1[redacted]",
    ),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)", re.DOTALL), "[key]"),
)
"""Tokens, the signatures of operation URLs and of storage, keys and passwords in the spellings Azure quotes them."""

_LOOKED_AT = CAP * 4
"""Cut before searching too, so that a huge body costs nothing; a secret at the cut is beyond `CAP` anyway."""


def redact(text: str) -> str:
    """Return remote text without secrets, and not longer than `CAP`."""
    text = text[:_LOOKED_AT]
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text if len(text) <= CAP else text[: CAP - 1] + "…"
