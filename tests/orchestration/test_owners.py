"""Who has what, as a process remembers it for a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestration.owners import Register
from shared.model.envelope import DocumentKey

if TYPE_CHECKING:
    from shared.store.store import Store

NETWORK = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/shop"
SHOP = DocumentKey("Spoke", "shop")


async def test_what_was_made_this_moment_is_known_at_once(store: Store) -> None:
    """A network whose document was just made is its document's in the next event, in whatever case its id comes."""
    register = Register(lambda: 0.0)
    before = await register.current(store)
    assert before.of(NETWORK) == ()
    register.learn(NETWORK, SHOP)
    assert (await register.current(store)).of(NETWORK.upper()) == (SHOP,)


async def test_what_was_removed_this_moment_is_unknown_at_once(store: Store) -> None:
    """A network whose document was just removed may ask for another one in the same moment."""
    register = Register(lambda: 0.0)
    await register.current(store)
    register.learn(NETWORK, SHOP)
    register.forget(NETWORK)
    assert (await register.current(store)).of(NETWORK) == ()


async def test_a_register_that_was_never_read_learns_when_it_is(store: Store) -> None:
    """What is learnt before the first read is no fault: the read brings what is stored."""
    register = Register(lambda: 0.0)
    register.learn(NETWORK, SHOP)
    register.forget(NETWORK)
    assert (await register.current(store)).by_resource == {}
