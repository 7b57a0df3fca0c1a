"""Text from elsewhere, made fit to be stored, shown and logged: without secrets, and not longer than a message.

It is applied where texts come in or are quoted: Azure's errors, what is wrong with a request, people's reasons, logs.
"""

from __future__ import annotations

import re

CAP = 2000
"""Characters of a remote message that are kept."""

_NAMED = (
    "SharedAccessKey|AccountKey|access_token|client_secret|password|adminPassword|sig|x-functions-key|aeg-sas-key|"
    "aeg-sas-token|x-identity-header|client-key-data|client-certificate-data|certificate-authority-data|id-token|"
    "refresh-token"
)

_SECRETS = (
    (re.compile(r"eyJ[\w-]{8,}\.[\w-]+(\.[\w-]*)?"), "[token]"),
    (re.compile(r"\b(Bearer|PoP)\s+[\w.~+/=-]{8,}", re.IGNORECASE), r"\1 [token]"),
    (re.compile(r"(authorization\"?\s*[=:]\s*\"?)(?:\w+ +)?[^\s,\"']+", re.IGNORECASE), r"\1[redacted]"),
    (re.compile(r"([?&](?:sig|t|c|s|h|code)=)[^&\s\"'<>]+", re.IGNORECASE), r"\1[redacted]"),
    (re.compile(rf"((?:{_NAMED})\\?\"?\s*[=:]\s*\\?\"?)[^\s&;,\"'\\]+", re.IGNORECASE), r"\1[redacted]"),
    (re.compile(r"(\btoken\\?\"?\s*[=:]\s*\\?\"?)(?=[^\s\"']*\d)[\w.~+/=-]{16,}", re.IGNORECASE), r"\1[redacted]"),
    (
        re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----(.*?-----END [A-Z ]*PRIVATE KEY-----|[\w+/=\\\s]*)", re.DOTALL),
        "[key]",
    ),
    (re.compile(r"(?<![\w+/=-])[\w+/-]{42,}={1,2}(?![\w=])|\b[A-Za-z0-9]{52}JQQJ99[A-Za-z0-9]{26}\b"), "[key]"),
)
"""Tokens, the signatures of operation URLs and of storage, keys and passwords in the spellings Azure quotes them,
kubeconfigs, and what looks as Azure's keys do, wherever it stands."""

_LOOKED_AT = CAP * 4
"""Cut before searching too, so that a huge body costs nothing; a secret at the cut is beyond `CAP` anyway."""


def redact(text: str) -> str:
    """Return remote text without secrets, and not longer than `CAP`."""
    text = text[:_LOOKED_AT]
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text if len(text) <= CAP else text[: CAP - 1] + "…"
