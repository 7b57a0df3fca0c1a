"""Who needed which actions where, read from a simulator's journal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.e2e.stage import Json

CHANGING = ("/write", "/delete")
FREE = "microsoft.resourcegraph/"
"""Resource Graph needs no permission of its own."""


@dataclass(frozen=True, slots=True)
class Journal:
    """The needs of each identity: actions, in the case of the first that came, with the scopes of each."""

    needs: dict[str, dict[str, set[str]]]
    refused: list[Json]

    def needed(self, identity: str, subscriptions: Sequence[str]) -> set[str]:
        """Return the actions that an identity needed in some subscriptions."""
        places = tuple(f"/subscriptions/{each}" for each in subscriptions)
        return {
            action
            for action, scopes in self.needs[identity].items()
            if any(scope.lower().startswith(places) for scope in scopes)
        }

    def written(self, identity: str) -> set[str]:
        """Return what an identity wrote or deleted."""
        return {action for action in self.needs[identity] if action.endswith(CHANGING)}

    def scopes(self, identity: str, action: str) -> set[str]:
        """Return where an identity needed an action."""
        return self.needs[identity].get(action, set())


def read(journal: Iterable[Json], principals: Iterable[Json]) -> Journal:
    """Read a journal, of the identities that were deployed."""
    names = {each["objectId"]: each["name"] for each in principals}
    needs: dict[str, dict[str, set[str]]] = {name: defaultdict(set) for name in names.values()}
    spelled: dict[str, str] = {}
    refused = []
    for line in journal:
        if line["entry"] != "request" or line["principal"] not in names:
            continue
        if line["status"] == 403:
            refused.append({key: line[key] for key in ("method", "path", "error", "needed")})
        for need in line["needed"]:
            action = spelled.setdefault(need["action"].lower(), need["action"])
            if not action.lower().startswith(FREE):
                needs[names[line["principal"]]][action].add(need["scope"])
    return Journal(needs, refused)
