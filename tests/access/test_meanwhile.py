"""Between the check and the write somebody else is quicker: what stands there then is judged again."""

from __future__ import annotations

import pytest

from orchestration import admission, deletion
from orchestration.access.caller import by_message
from orchestration.access.guard import permit_of
from orchestration.requesting import Request
from shared.model.document import parse_request
from shared.model.envelope import DocumentKey
from shared.model.errors import Forbidden
from tests.access.people import BOB
from tests.access.test_limits import Limited, _caller, api
from tests.model.samples import sample

__all__ = ["api"]

PAYMENTS = DocumentKey("Spoke", "payments")


def request_of(api: Limited) -> Request:
    """Return a late request of somebody who may ask for hub dev only."""
    return Request("9" * 15, by=by_message(), permit=permit_of(api.dependencies, _caller(BOB)))


async def test_what_others_made_meanwhile_is_not_taken_over(api: Limited) -> None:
    """The spoke was not there when it was checked, and stands in another hub when it is stored."""
    before = await api.dependencies.store.documents.get(PAYMENTS)
    wanted = parse_request(sample("Spoke", hub="dev"))
    with pytest.raises(Forbidden):
        await admission._store(api.dependencies.store, wanted, {}, request_of(api))
    assert await api.dependencies.store.documents.get(PAYMENTS) == before


async def test_what_others_made_meanwhile_is_not_deleted(api: Limited) -> None:
    """Nor is it marked for deletion by whoever may not."""
    before = await api.dependencies.store.documents.get(PAYMENTS)
    store, clock = api.dependencies.store, api.dependencies.clock
    with pytest.raises(Forbidden):
        await deletion.delete(store, clock, [PAYMENTS], request_of(api), {PAYMENTS}, {})
    assert await api.dependencies.store.documents.get(PAYMENTS) == before
