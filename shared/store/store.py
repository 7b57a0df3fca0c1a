"""The store: everything the app remembers, over one small port (`rows`) with two backends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from shared.store.audit import Audit
from shared.store.backup import Backup
from shared.store.baselines import Baselines
from shared.store.dismissals import Dismissals
from shared.store.documents import Documents
from shared.store.history import History
from shared.store.ledger import Ledger
from shared.store.moments import Moments
from shared.store.plans import Plans, StepResults
from shared.store.recent import Recent
from shared.store.requests import Requests
from shared.store.tallies import Tallies
from shared.store.wakes import Wakes

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

    from shared.store.rows import Rows


def now() -> datetime:
    """Return the time of this machine."""
    return datetime.now(UTC)


class Store:
    """One member per concept; each is a small module of its own."""

    def __init__(self, rows: Rows, clock: Callable[[], datetime] = now) -> None:
        self._rows = rows
        self.documents = Documents(rows, clock)
        self.baselines = Baselines(rows)
        self.audit = Audit(rows, clock)
        self.backup = Backup(rows)
        self.dismissals = Dismissals(rows, clock)
        self.plans = Plans(rows, clock)
        self.results = StepResults(rows)
        self.events = Recent(rows)
        self.history = History(rows, clock)
        self.ledger = Ledger(rows)
        self.moments = Moments(rows)
        self.requests = Requests(rows, clock)
        self.tallies = Tallies(rows, clock)
        self.wakes = Wakes(rows)

    async def purge(self) -> None:
        """Forget what is past its time: outcomes of requests, tallies, tombstones, all of documents long removed."""
        from shared.model.envelope import DocumentKey  # noqa: PLC0415 - the store itself does without the models

        await self.requests.purge()
        await self.tallies.purge()
        for text in await self.documents.purge():
            key = DocumentKey.parse(text)
            await self.history.forget(key)
            await self.plans.forget(key)
            await self.wakes.forget(key)
            await self.baselines.forget(key)

    async def close(self) -> None:
        """Release files and connections."""
        await self._rows.close()


def open_rows(url: str, credential: AsyncTokenCredential | None = None) -> Rows:
    """Open the backend that `url` names.

    `sqlite:PATH`; `https://account.table.core.windows.net` (with a credential); or a storage connection string.
    """
    if url.startswith("sqlite:"):
        from shared.store.sqlite import SqliteRows  # noqa: PLC0415 - a backend costs nothing unless used

        return SqliteRows(url.removeprefix("sqlite:"))
    from shared.store.tables import TableRows  # noqa: PLC0415 - loading azure-data-tables takes its time

    return TableRows(url, credential)
