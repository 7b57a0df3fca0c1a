"""What Table Storage's errors become; the ones that the emulator cannot be brought to give."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ServiceRequestError

from shared.model.errors import Changed, Denied, Failed, SpokewrightError, Throttled, Transient
from shared.store.rows import AlreadyExists
from shared.store.store import Store, open_rows
from shared.store.table_errors import LONGEST_MESSAGE, translate
from tests.store.keys import HUB


def answer(status: int, message: str = "as the service says", **headers: str) -> HttpResponseError:
    """Return the error of an answer."""
    response = SimpleNamespace(status_code=status, reason="", headers=headers)
    return HttpResponseError(message, response=response)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, Failed),
        (401, Denied),
        (403, Denied),
        (408, Transient),
        (409, AlreadyExists),
        (412, Changed),
        (413, Failed),
        (429, Throttled),
        (500, Transient),
        (503, Throttled),
        (504, Transient),
    ],
)
def test_status(status: int, expected: type[SpokewrightError]) -> None:
    """Each status is the error whose branch says what the caller can do."""
    assert type(translate(answer(status), "documents all Hub/weu")) is expected


def test_table_being_deleted() -> None:
    """A table that is being deleted is not a row that exists: it passes."""
    assert type(translate(answer(409, "TableBeingDeleted"), "documents")) is Transient


def test_retry_after() -> None:
    """The service's word on when to come again is kept."""
    error = translate(answer(503, **{"Retry-After": "7"}), "documents")
    assert isinstance(error, Throttled)
    assert error.retry_after == 7


def test_long_text_is_capped() -> None:
    """Remote text is cut, and only its first line is taken."""
    error = translate(answer(400, "x" * 5000 + "\nRequestId: 1"), "documents")
    assert len(error.message) < LONGEST_MESSAGE + 100


def test_no_credential() -> None:
    """A credential that gives no token is denied, in words that name the role."""
    error = translate(ClientAuthenticationError("no token"), "documents")
    assert isinstance(error, Denied)
    assert "Storage Table Data Contributor" in error.message


def test_no_connection() -> None:
    """A service that cannot be reached is a passing fault."""
    assert type(translate(ServiceRequestError("refused"), "documents")) is Transient


async def test_wrong_account_key(azurite_connection: str) -> None:
    """An account key that is wrong ends as Denied for reads and writes, not as a missing row."""
    name, _, rest = azurite_connection.partition("AccountKey=")
    store = Store(open_rows(f"{name}AccountKey=d3Jvbmc=;{rest.partition(';')[2]}"))
    with pytest.raises(Denied):
        await store.documents.get(HUB)
    with pytest.raises(Denied):
        await store.wakes.request(HUB)
    await store.close()
