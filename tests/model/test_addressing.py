"""Blocks and subnets: found where they are free, and always the same ones."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model import pool
from shared.model.addressing import Want, contains, first_free, lay_out
from shared.model.document import parse_document
from shared.model.errors import Conflict
from shared.plan import addressing
from tests.model.samples import ABSENT, NETWORK, hub, sample, spoke

POOL = IPv4Network("10.64.0.0/16")


def networks(low: int, high: int) -> st.SearchStrategy[IPv4Network]:
    """Return networks in and around the pool, with prefix lengths in these bounds."""
    first = int(IPv4Address("10.63.0.0"))
    return st.builds(
        lambda length, offset: IPv4Network((first + (offset >> (32 - length) << (32 - length)), length), strict=False),
        st.integers(low, high),
        st.integers(0, (1 << 18) - 1),
    )


@given(taken=st.lists(networks(14, 28), max_size=20), length=st.integers(14, 28))
def test_a_free_block_is_free_and_lowest(taken: list[IPv4Network], length: int) -> None:
    """The block lies in the pool and overlaps nothing; no lower one would do, and None means that there is none."""
    blocks = POOL.subnets(new_prefix=length) if length >= POOL.prefixlen else iter(())
    expected = next((block for block in blocks if not any(block.overlaps(other) for other in taken)), None)
    assert first_free([POOL], length, taken) == expected


@given(lengths=st.lists(st.integers(18, 24), min_size=1, max_size=30))
def test_allocated_blocks_never_overlap(lengths: list[int]) -> None:
    """However many blocks of whatever sizes are taken one after the other, all lie in the pool and apart."""
    taken: list[IPv4Network] = []
    for length in lengths:
        block = first_free([POOL], length, taken)
        if block is not None:
            taken.append(block)
    assert all(contains([POOL], block) for block in taken)
    assert not any(one.overlaps(other) for one, other in combinations(taken, 2))


@given(taken=st.lists(networks(16, 28), max_size=20), seed=st.randoms(use_true_random=False))
def test_the_order_of_what_is_taken_does_not_matter(taken: list[IPv4Network], seed: object) -> None:
    """The same ranges in another order give the same block."""
    shuffled = list(taken)
    seed.shuffle(shuffled)  # type: ignore[attr-defined]  # Hypothesis' random
    assert first_free([POOL], 24, taken) == first_free([POOL], 24, shuffled)


@settings(max_examples=60)
@given(wants=st.lists(st.one_of(st.integers(17, 26), networks(17, 26)), max_size=8))
def test_laid_out_subnets_lie_apart_in_the_space(wants: list[int | IPv4Network]) -> None:
    """Each subnet is either placed, inside the space and apart from the others, or named as a fault."""
    asked = [
        Want(str(index), prefix=want) if isinstance(want, IPv4Network) else Want(str(index), length=want)
        for index, want in enumerate(wants)
    ]
    layout = lay_out([POOL], asked)
    assert set(layout.placed) | set(layout.faults) == {want.name for want in asked}
    assert all(contains([POOL], place) for place in layout.placed.values())
    assert not any(one.overlaps(other) for one, other in combinations(layout.placed.values(), 2))


def test_the_next_block_skips_other_spokes_and_the_hub_takes_the_lowest() -> None:
    """A spoke gets the lowest block of the pool's size that nobody holds."""
    assert pool.next_block(hub(), {}) == "10.64.0.0/22"
    assert pool.next_block(hub(), {"a": ["10.64.0.0/22"], "b": ["10.64.5.0/24"]}) == "10.64.8.0/22"


def test_the_next_block_avoids_reserved_ranges() -> None:
    """A pool may contain what AKS reserves next to it, but no spoke gets that."""
    around = hub(addressSpace=["10.0.0.0/22"], spokePool="192.0.0.0/20", spokePrefixLength=24)
    taken = {"a": ["192.0.0.0/24", "192.0.1.0/24"]}
    assert pool.next_block(around, taken) == "192.0.3.0/24"


def test_a_full_pool_is_a_conflict_that_says_what_to_do() -> None:
    """When no block is left the answer names the pool."""
    with pytest.raises(Conflict, match=r"10\.64\.0\.0/10.*no free /22") as caught:
        pool.next_block(hub(), {"a": ["10.64.0.0/10"]})
    assert caught.value.code == "PoolExhausted"


def test_a_hub_without_a_pool_gives_nothing() -> None:
    """Without a pool the spoke is told to bring its own address space."""
    with pytest.raises(Conflict, match="has no spokePool"):
        pool.next_block(hub(spokePool=None), {})


def test_a_wanted_block_that_another_spoke_holds_is_a_conflict() -> None:
    """The conflict names the other spoke; free blocks are none."""
    taken = {"a": ["10.64.0.0/22"]}
    assert "spoke a holds" in (pool.conflict(["10.65.0.0/24", "10.64.3.0/24"], taken) or "")
    assert pool.conflict(["10.64.4.0/22"], taken) is None


def test_a_hub_has_the_subnets_it_uses() -> None:
    """Subnets have Azure's names, and only used ones are made."""
    assert list(addressing.hub_subnets(hub())) == ["AzureFirewallSubnet", "jump-server"]
    full = hub(bastion__enabled=True, firewall__sku="Basic")
    assert set(addressing.hub_subnets(full)) == {
        "AzureFirewallSubnet", "AzureFirewallManagementSubnet", "AzureBastionSubnet", "jump-server"}  # fmt: skip
    assert "AzureBastionSubnet" not in addressing.hub_subnets(hub(bastion={"enabled": True, "sku": "Developer"}))


def test_a_spoke_has_one_nodes_subnet_of_half_its_space() -> None:
    """By default the nodes get the first half, and the rest is left."""
    assert addressing.spoke_subnets(spoke()) == {"nodes": IPv4Network("10.64.0.0/23")}


def test_given_prefixes_come_first_and_others_find_their_place() -> None:
    """A subnet with a size goes around those with a prefix; the order is the document's."""
    subnets = [
        {"name": "small", "prefixLength": 26},
        {"name": "nodes", "role": "nodes", "addressPrefix": "10.64.0.0/24"},
    ]
    assert addressing.spoke_subnets(spoke(subnets=subnets)) == {
        "small": IPv4Network("10.64.1.0/26"),
        "nodes": IPv4Network("10.64.0.0/24"),
    }


def test_an_allocated_space_counts_like_a_given_one() -> None:
    """A spoke without a given space has its subnets in the allocated one, and none before that."""
    bare = sample("Spoke", addressSpace=ABSENT)
    assert addressing.spoke_subnets(spoke(addressSpace=ABSENT)) == {}
    document = parse_document(bare | {"status": {"addressSpace": ["10.80.0.0/22"]}})
    assert addressing.spoke_subnets(document) == {"nodes": IPv4Network("10.80.0.0/23")}  # type: ignore[arg-type]  # it is a Spoke


def test_an_adopted_network_has_no_subnets_of_ours() -> None:
    """We write no subnets into a network that is somebody else's."""
    assert addressing.spoke_subnets(spoke(addressSpace=ABSENT, virtualNetworkId=NETWORK)) == {}
