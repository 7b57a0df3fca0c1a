"""Deliveries that wait for their outcome, and the answer each outcome gets."""

from collections.abc import Iterator
from uuid import UUID

from local.broker import frames
from local.broker.namespace import Namespace, Settlement
from local.broker.refusal import Refused

_SETTLEMENTS = {
    frames.Outcome.ACCEPTED: Settlement.COMPLETE,
    frames.Outcome.REJECTED: Settlement.DEAD_LETTER,
    frames.Outcome.RELEASED: Settlement.RELEASE,
    frames.Outcome.MODIFIED: Settlement.ABANDON,
}


class Unsettled:
    """The deliveries of one session: which lock each delivery id stands for."""

    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace
        self._locks: dict[int, tuple[str, UUID]] = {}

    def add(self, delivery: int, path: str, token: UUID) -> None:
        """A message was delivered under a lock."""
        self._locks[delivery] = (path, token)

    def apply(self, disposition: frames.Disposition) -> Iterator[frames.Disposition]:
        """Settle what the client says; the answers, for deliveries it has not settled itself.

        The ids are walked as we know them: first and last are the peer's, and may span four billion.
        """
        if not disposition.receiver or disposition.outcome is None:
            return  # we settle what we receive at once, and a state that is not final changes nothing
        for delivery in [each for each in self._locks if disposition.first <= each <= disposition.last]:
            path, token = self._locks.pop(delivery)
            error = self._settle(path, token, disposition, disposition.outcome)
            if not disposition.settled:
                yield _echo(delivery, disposition, error)

    def _settle(
        self, path: str, token: UUID, disposition: frames.Disposition, outcome: frames.Outcome
    ) -> frames.Error | None:
        settlement = Settlement.DEFER if disposition.undeliverable_here else _SETTLEMENTS[outcome]
        info = disposition.info or {}
        reason = _optional_text(info.get("DeadLetterReason"))
        description = _optional_text(info.get("DeadLetterErrorDescription"))
        try:
            self._namespace.settle(path, token, settlement, reason, description)
        except Refused as refusal:
            return frames.Error(refusal.condition, refusal.description)
        return None


def _echo(delivery: int, disposition: frames.Disposition, error: frames.Error | None) -> frames.Disposition:
    """The SDK takes the outcome it sent, settled, as confirmation; a rejection with an error as failure."""
    return frames.Disposition(
        receiver=False,
        first=delivery,
        last=delivery,
        settled=True,
        outcome=frames.Outcome.REJECTED if error else disposition.outcome,
        error=error,
        undeliverable_here=disposition.undeliverable_here,
    )


def _optional_text(value: object) -> str | None:
    if value is None:
        return None
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
