"""Looks at lists again and again, cheaply: what has not changed is answered by 304, and not told again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cli.client import Api

Json = dict[str, Any]

PAUSE = 2.0
UNCHANGED = 304


class Watch:
    """One list that is looked at repeatedly."""

    def __init__(self, api: Api, path: str, params: Json | None = None) -> None:
        self._api = api
        self._path = path
        self._params = params or {}
        self._etag = ""
        self._last: Json = {}

    def look(self) -> Json:
        """Return the answer as it is now; the last one where nothing changed."""
        answer = self._api.get(self._path, self._params, etag=self._etag)
        if answer.status != UNCHANGED:
            self._etag, self._last = answer.etag, dict(answer.body)
        return self._last


class WatchedList:
    """A list that may have several pages, each of which is looked at repeatedly."""

    def __init__(self, api: Api, path: str, params: Json) -> None:
        self._api = api
        self._path = path
        self._params = params
        self._pages: dict[Any, Watch] = {}

    def look(self) -> list[Any]:
        """Return the items of all pages as they are now; pages that are no more are forgotten."""
        items: list[Any] = []
        seen: dict[Any, Watch] = {}
        after: Any = None
        while after not in seen:
            more = {} if after is None else {"after": after}
            seen[after] = self._pages.get(after) or Watch(self._api, self._path, self._params | more)
            page = seen[after].look()
            items += page["items"]
            after = page.get("after")
        self._pages = seen
        return items


def rounds(pause: float) -> Iterator[int]:
    """Yield numbers for ever, with a pause between them."""
    number = 0
    while True:
        yield number
        number += 1
        time.sleep(pause)


def changed(before: dict[str, Any], now: Sequence[tuple[str, Any]]) -> list[str]:
    """Return the names of what is new or other than before, and remember it; what is gone is forgotten."""
    names = [name for name, value in now if before.get(name) != value]
    before.clear()
    before.update(now)
    return names
