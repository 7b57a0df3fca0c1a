"""Token buckets of Azure Resource Manager and of providers, in simulated time, per subscription and principal."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from local.simulator.answer import ArmError
from local.simulator.clock import timestamp
from local.simulator.kinds.resource_graph import support_message

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


# Of Resource Graph, per principal: so many queries in each window of so many seconds.
_QUERIES = 15
_WINDOW = 5.0


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled: float


class Limits:
    """All buckets. They are full after a restart, which real ones are not: the file would gain nothing by them."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, ...], _Bucket] = {}
        self._windows: dict[str, _Bucket] = {}

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

    def spend_query(self, now: float, caller: Caller, correlation_id: str) -> dict[str, str]:
        """Take a query from the window that the principal is in; answers the headers, or refuses with 429."""
        window = self._windows.get(caller.object_id)
        if window is None or now - window.filled >= _WINDOW:
            window = self._windows[caller.object_id] = _Bucket(_QUERIES, now)
        rest = max(1, ceil(window.filled + _WINDOW - now))
        headers = {"x-ms-user-quota-resets-after": f"00:00:{rest:02}"}
        if window.tokens < 1:
            raise _too_many_queries(now, correlation_id, {**headers, "retry-after": str(rest)})
        window.tokens -= 1
        return {**headers, "x-ms-user-quota-remaining": str(int(window.tokens))}

    def forget(self) -> None:
        """Fill every bucket."""
        self._buckets.clear()
        self._windows.clear()

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


def _too_many_queries(now: float, correlation_id: str, headers: dict[str, str]) -> ArmError:
    detail = {
        "code": "RateLimiting",
        "message": "Client application has been throttled and should not attempt to repeat the request until an amount "
        "of time has elapsed. Please see https://aka.ms/resourcegraph-throttling for help.",
    }
    shown = {**headers, "x-ms-user-quota-remaining": "0"}
    message = support_message(timestamp(now), correlation_id)
    return ArmError(429, "RateLimiting", message, details=[detail], headers=shown)


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
