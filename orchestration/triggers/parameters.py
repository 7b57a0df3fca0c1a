"""Parameters of a query: read, and refused by their name. A parameter that is not known is refused too.

A wrong filter that is let through would be a list of everything.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from shared.model.errors import Invalid, Problem

if TYPE_CHECKING:
    import azure.functions as func

KEYS = ("code", "clientId")
"""The function key, which the platform reads: they are on every URL of whoever has no headers."""
SHOWN = 50
"""Characters of a wrong value that are repeated."""
MOST = 1000


def check_known(request: func.HttpRequest, known: Collection[str]) -> None:
    """Refuse parameters that a route does not have, with every one of them."""
    unknown = sorted({name for name, _ in _pairs(request)} - {*known, *KEYS})
    if unknown:
        said = f"is not a parameter here; there are {', '.join(known)}"
        raise Invalid([Problem(f"?{name[:SHOWN]}", said) for name in unknown])


def texts_in(request: func.HttpRequest, name: str) -> list[str]:
    """Return every value of a parameter: the host joins them by commas, which values may have themselves."""
    return [value for given, value in _pairs(request) if given == name]


def text_in(request: func.HttpRequest, name: str, allowed: Collection[str] = ()) -> str | None:
    """Return the one value of a parameter, one of those allowed; None where it is not given."""
    values = texts_in(request, name)
    if not values:
        return None
    if len(values) > 1:
        raise Invalid([Problem(f"?{name}", "may be given once")])
    if allowed and values[0] not in allowed:
        raise Invalid([Problem(f"?{name}", f"'{values[0][:SHOWN]}' has to be {' or '.join(allowed)}")])
    return values[0]


def number_in(request: func.HttpRequest, name: str, default: int) -> int:
    """Return a number; raise Invalid where it is none or out of bounds."""
    text = text_in(request, name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(MOST)) and 0 < int(text) <= MOST):
        raise Invalid([Problem(f"?{name}", f"'{text[:SHOWN]}' is not a number from 1 to {MOST}")])
    return int(text)


def pairs_in(request: func.HttpRequest, name: str, example: str) -> tuple[tuple[str, str], ...]:
    """Return the values of a parameter that are each a name and a value with an equals sign between them."""
    found = [text.partition("=") for text in texts_in(request, name)]
    wrong = [f"{left}{sign}" for left, sign, _ in found if not (left and sign)]
    if wrong:
        raise Invalid([Problem(f"?{name}", f"'{text[:SHOWN]}' has to be like {example}") for text in wrong])
    return tuple((left, right) for left, _, right in found)


def _pairs(request: func.HttpRequest) -> list[tuple[str, str]]:
    query = urlsplit(request.url).query
    return parse_qsl(query, keep_blank_values=True) if query else list(request.params.items())
