"""Token buckets of Azure Resource Manager and of providers, in simulated time, per subscription and principal."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from local.simulator.answer import ArmError

if TYPE_CHECKING:
    from local.simulator.answer import Caller

_VERBS = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}


@dataclass(frozen=True, slots=True)
class Rate:
    """A bucket's size and how many tokens come back each second."""

    size: float
    per_second: float


_MANAGEMENT = {"reads": Rate(250, 25), "writes": Rate(200, 10), "deletes": Rate(200, 10)}
_PROVIDERS = {
    ("microsoft.network", "reads"): Rate(10_000, 10_000 / 300),
    ("microsoft.network", "writes"): Rate(1_000, 1_000 / 300),
    ("microsoft.network", "deletes"): Rate(1_000, 1_000 / 300),
    ("microsoft.containerservice/managedclusters", "PUT"): Rate(20, 1 / 60),
    ("microsoft.containerservice/managedclusters", "GET"): Rate(60, 1),
    ("microsoft.containerservice/operations", "GET"): Rate(200, 2),
}


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled: float


class Limits:
    """All buckets. They are full after a restart, which real ones are not: the file would gain nothing by them."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, ...], _Bucket] = {}

    def spend(self, now: float, method: str, subscription: str, caller: Caller, resource_type: str) -> dict[str, str]:
        """Take a token from each bucket that counts the request; answers the header, or refuses with 429."""
        verb = _VERBS.get(method, "writes")
        who = (subscription.lower(), caller.object_id)
        for name, rate in self._provider_rates(method, verb, resource_type):
            if self._take((*who, *name), rate, now) is None:
                raise throttled(f"{name[0]} {name[1]}", rate)
        left = self._take((*who, verb), _MANAGEMENT[verb], now)
        if left is None:
            raise throttled(verb, _MANAGEMENT[verb], subscription)
        return {f"x-ms-ratelimit-remaining-subscription-{verb}": str(int(left))}

    def forget(self) -> None:
        """Fill every bucket."""
        self._buckets.clear()

    @staticmethod
    def _provider_rates(method: str, verb: str, resource_type: str) -> list[tuple[tuple[str, str], Rate]]:
        lowered = resource_type.lower()
        names = ((lowered.split("/", maxsplit=1)[0], verb), (lowered, method))
        return [(name, _PROVIDERS[name]) for name in names if name in _PROVIDERS]

    def _take(self, name: tuple[str, ...], rate: Rate, now: float) -> float | None:
        bucket = self._buckets.setdefault(name, _Bucket(rate.size, now))
        bucket.tokens = min(rate.size, bucket.tokens + max(0.0, now - bucket.filled) * rate.per_second)
        bucket.filled = now
        if bucket.tokens < 1:
            return None
        bucket.tokens -= 1
        return bucket.tokens


def throttled(what: str, rate: Rate, subscription: str = "") -> ArmError:
    """Build the 429 of an empty bucket: a quota, not a lock."""
    seconds = max(1, ceil(1 / rate.per_second))
    code = "SubscriptionRequestsThrottled" if subscription else "TooManyRequests"
    return ArmError(
        429,
        code,
        f"Number of requests for '{what}' {subscription} exceeded. Please try again after '{seconds}' seconds after "
        "additional tokens are available. Refer to https://aka.ms/arm-throttling for additional information.",
        headers={"retry-after": str(seconds)},
    )
