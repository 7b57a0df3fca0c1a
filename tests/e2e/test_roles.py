"""The roles that are deployed, compared with what the app did: nothing was missing, and nothing is given in vain.

One stack goes through all that Spokewright does, with hubs in one subscription, where the app has its roles at the
hubs' resource groups only, and spokes in another. The simulated Azure refuses what no role allows, and its journal says
which identity needed which action where.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from local.demo.client import Client
from local.rights import CONDITION, DEFINITIONS, EVERYWHERE, HUB, ROLES, SPOKE, Scopes
from local.somebody import ELSEWHERE, HOME, Somebody
from local.stack import Options, Stack
from shared.arm.kinds import KINDS
from shared.plan.resources import role_assignment
from tests.e2e import needs
from tests.e2e.scenario import ADOPTED, CENTRAL, GROUPS, Scenario
from tests.e2e.site import NO_SWEEP, Site

pytestmark = pytest.mark.slow

GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
HELD = sorted({(role.identity, role.place) for role in DEFINITIONS})
PLACES = {HUB: (HOME,), SPOKE: (ELSEWHERE,), EVERYWHERE: (HOME, ELSEWHERE)}

INSTEAD = {
    "microsoft.resources/resourcegroups/read": "microsoft.resources/subscriptions/resourcegroups/read",
    "microsoft.resources/resources/read": "microsoft.resources/subscriptions/resourcegroups/resources/read",
}
"""Actions that are called otherwise than the type that is read."""

SCOPES = Scopes(hubs=(*GROUPS, CENTRAL), spokes=(f"/subscriptions/{ELSEWHERE}",))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def journal(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[needs.Journal]:
    """Yield what was needed, by whom and where, in a whole life."""
    options = Options(
        tmp_path_factory.mktemp("roles"), 150.0, settings=NO_SWEEP, subscriptions=(HOME, ELSEWHERE), scopes=SCOPES
    )
    async with Stack(options) as stack, Client(stack.endpoints) as client, Somebody(stack.endpoints) as somebody:
        await Scenario(Site(stack, client, somebody)).run()
        principals = await somebody.simulator("GET", "principals")
        yield needs.read(await client.journal(), principals)


@pytest.mark.asyncio(loop_scope="module")
async def test_nothing_was_refused(journal: needs.Journal) -> None:
    """No identity was ever told that it may not."""
    assert journal.refused == []


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("held", HELD, ids="-".join)
async def test_nothing_is_missing(journal: needs.Journal, held: tuple[str, str]) -> None:
    """The definitions list every action that an identity needed at their scopes, by its own name."""
    assert journal.needed(held[0], PLACES[held[1]]) - actions(*held) == set()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("held", HELD, ids="-".join)
async def test_nothing_is_unused(journal: needs.Journal, held: tuple[str, str]) -> None:
    """And no other one; to the reader's also belongs what it would read of every kind while a fault is looked for."""
    known = {f"{type_}/read".lower() for type_ in KINDS} if held[0] == "reader" else set()
    used = {action.lower() for action in journal.needed(held[0], PLACES[held[1]])}
    assert {action for action in actions(*held) if action.lower() not in used | known} == set()


def test_the_reader_may_read_every_kind() -> None:
    """Whatever the door can ask for is in the reader's role: what is wrong is not known before."""
    readable = {f"{type_}/read" for type_ in KINDS} - {*INSTEAD}
    given = {action.lower() for action in actions("reader", EVERYWHERE)}
    assert readable | {*INSTEAD.values()} <= given


def test_no_definition_has_a_wildcard() -> None:
    """Each action is one action."""
    assert [action for held in HELD for action in actions(*held) if "*" in action] == []


def test_the_condition_lists_what_clusters_are_given() -> None:
    """The condition under which roles may be assigned names exactly the roles that clusters get, and their kind."""
    text = CONDITION.read_text(encoding="utf-8")
    assigned = json.loads((ROLES / "assignable.json").read_text(encoding="utf-8"))
    assert assigned == role_assignment.ROLES
    assert set(GUID.findall(text)) == set(assigned.values())
    assert set(re.findall(r"'(\w+)'", text)) == {"ServicePrincipal"}


def actions(identity: str, place: str) -> set[str]:
    """Return the actions that an identity's definitions give at a sort of scopes."""
    roles = [role for role in DEFINITIONS if (role.identity, role.place) == (identity, place)]
    return {action for role in roles for permission in role.permissions for action in permission["actions"]}


@pytest.mark.asyncio(loop_scope="module")
async def test_nobody_has_another_ones_duty(journal: needs.Journal) -> None:
    """The reader changes nothing; what writes networks writes no clusters, and the other way round."""
    written = {identity: journal.written(identity) for identity in ("reader", "network", "clusters")}
    assert written["reader"] == set()
    assert not written["network"] & written["clusters"]


@pytest.mark.asyncio(loop_scope="module")
async def test_the_adopted_network_was_asked_about(journal: needs.Journal) -> None:
    """What may be done to somebody's network is asked as the identity that would do it."""
    asked = journal.scopes("network", "Microsoft.Authorization/permissions/read")
    assert any(scope.lower().startswith(ADOPTED.lower()) for scope in asked)
