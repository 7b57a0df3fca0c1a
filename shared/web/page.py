"""The page's files: which there are, their types, versions and headers. It reads files and nothing else.

What is served is what this module lists, by name: no path that a request brings ever reaches the file system.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from shared.web import forms

STATIC = Path(__file__).parent / "static"
SHELL = "index.html"
"""The page itself, served at the root; everything else is below `page/`."""

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
"""Nothing but our own files runs, is loaded or is asked; no text can become markup, not even by a mistake of ours."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-cache",
    "Vary": "Accept-Encoding",
}
"""On every answer. `no-cache` means: ask whether it is still so, which costs a 304; so no two versions are mixed."""


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file, plain and compressed, with the tag of its content."""

    name: str
    type: str
    plain: bytes
    packed: bytes
    tag: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What to answer: status, headers, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


@cache
def files() -> Mapping[str, PageFile]:
    """Return every file by its name; read once."""
    return {path.name: _read(path) for path in sorted(STATIC.iterdir()) if path.suffix in TYPES}


def answer(name: str, asked: Mapping[str, str]) -> Answer:
    """Return the answer to a request with these headers for a file: 200, 304, or 404 for what is not a file of ours."""
    found = files().get(name)
    if found is None:
        return Answer(404, HEADERS)
    packed = forms.takes_gzip(asked.get("Accept-Encoding") or "")
    tag = forms.packed_tag(found.tag) if packed else found.tag
    headers = {**HEADERS, "ETag": tag}
    if forms.has(asked.get("If-None-Match") or "", tag):
        return Answer(304, headers)
    headers["Content-Type"] = found.type
    if packed:
        headers["Content-Encoding"] = "gzip"
    return Answer(200, headers, found.packed if packed else found.plain)


def _read(path: Path) -> PageFile:
    plain = path.read_bytes()
    packed = gzip.compress(plain, mtime=0)
    tag = f'"{hashlib.sha256(plain).hexdigest()[:32]}"'
    return PageFile(path.name, TYPES[path.suffix], plain, packed, tag)
