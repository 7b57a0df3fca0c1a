"""What requesters are limited to: hubs and subscriptions, by their object id or a group's. Pure; said in one setting.

`SPOKEWRIGHT_REQUESTERS` is a JSON object. A name in it is an object id of a person, an app or a group, `*` for
everybody who has no entry of their own, or `messages` for what comes by the queue. Its value has `hubs` and
`subscriptions`, each a list or `"*"`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orchestration.access.caller import Caller

    Json = dict[str, Any]

SETTING = "SPOKEWRIGHT_REQUESTERS"
ANYBODY, MESSAGES = "*", "messages"
ANY = "*"
MEMBERS = ("hubs", "subscriptions")
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
HUB = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Grant:
    """What one entry allows: names of hubs, ids of subscriptions in lower case; None: any."""

    hubs: frozenset[str] | None
    subscriptions: frozenset[str] | None

    def covers(self, hub: str, subscription: str) -> bool:
        """Say whether it allows a subscription beside a hub."""
        return (self.hubs is None or hub in self.hubs) and (
            self.subscriptions is None or subscription in self.subscriptions
        )


@dataclass(frozen=True, slots=True)
class Limits:
    """Every entry, by its name; None: nobody is limited."""

    entries: Mapping[str, Grant] | None = None

    def of(self, caller: Caller) -> tuple[Grant, ...] | None:
        """Return what a requester may ask for, None where everything; nothing where no entry is about them."""
        entries = self.entries or {}
        if not entries.keys() - {MESSAGES}:
            return None  # Nobody is named: what is said of messages limits no caller.
        own = [entries[name] for name in (caller.id, *sorted(caller.groups)) if name in entries]
        if not own and ANYBODY in entries:
            own = [entries[ANYBODY]]
        return tuple(own)

    def of_messages(self) -> tuple[Grant, ...] | None:
        """Return what may come by the queue; without an entry for it everything: Azure's roles say who may send."""
        found = (self.entries or {}).get(MESSAGES)
        return None if found is None else (found,)


def parse(text: str) -> Limits:
    """Read the setting; raise ValueError with everything that is wrong in it."""
    if not text.strip():
        return Limits()
    try:
        body = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{SETTING} is not JSON: {str(error)[:200]}") from None
    faults = list(_faults(body))
    if faults:
        raise ValueError(f"{SETTING}: {'; '.join(faults)} (see docs/how-to/access.md)")
    return Limits({name.lower(): _grant(entry) for name, entry in body.items()})


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; refuse one that names something twice, of which one would be lost silently."""
    names = [name.lower() for name, _ in pairs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"'{twice[0][:50]}' stands there twice")
    return dict(pairs)


def _faults(body: Any) -> Iterator[str]:
    if not isinstance(body, dict):
        yield 'it has to be an object such as {"*": {"hubs": ["dev"], "subscriptions": "*"}}'
        return
    if not body:
        yield "it names nobody: leave the setting out, and nobody is limited"
    for name, entry in body.items():
        if name not in (ANYBODY, MESSAGES) and not GUID.fullmatch(name.lower()):
            yield f"'{name[:50]}' has to be an object id, '*' or 'messages'"
        if not isinstance(entry, dict) or entry.keys() != set(MEMBERS):
            yield f"'{name[:50]}' has to have hubs and subscriptions, and nothing else"
            continue
        for member, known in (("hubs", HUB), ("subscriptions", GUID)):
            yield from _member_faults(f"'{name[:50]}'.{member}", entry[member], known)


def _member_faults(where: str, value: Any, known: re.Pattern[str]) -> Iterator[str]:
    if value == ANY:
        return
    if not isinstance(value, list):
        yield f"{where} has to be a list, or '*' for any"
        return
    for item in value:
        if not isinstance(item, str) or not known.fullmatch(item.lower()):
            yield f"{where} has {str(item)[:50]!r}, which is none"


def _grant(entry: Json) -> Grant:
    hubs, subscriptions = (entry[member] for member in MEMBERS)
    return Grant(
        None if hubs == ANY else frozenset(item.lower() for item in hubs),
        None if subscriptions == ANY else frozenset(item.lower() for item in subscriptions),
    )


def words(grants: Collection[Grant]) -> str:
    """Return what somebody may ask for, for people."""
    return " or ".join(_words(grant) for grant in grants) or "nothing: no entry is about them"


def _words(grant: Grant) -> str:
    hubs = "any hub" if grant.hubs is None else f"the hubs {', '.join(sorted(grant.hubs)) or 'none'}"
    if grant.subscriptions is None:
        return f"{hubs} with any subscription"
    return f"{hubs} with the subscriptions {', '.join(sorted(grant.subscriptions)) or 'none'}"
