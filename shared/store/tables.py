"""Rows in Azure Table Storage: the backend of the deployed app.

A row is an entity: `json` holds a small value as text, `packed0`, `packed1`, ... a large one in binary chunks.
The only module that speaks to the service; its errors leave here as `shared.model.errors`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from azure.core import MatchConditions
from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.data.tables import UpdateMode
from azure.data.tables.aio import TableClient, TableServiceClient

from shared.model.errors import Changed
from shared.store.keys import bounds, escape, unescape
from shared.store.packing import pack, unpack
from shared.store.rows import Found, Json, Row
from shared.store.table_errors import translate

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

PREFIX = "spokewright"
"""Of the tables' names: the storage account is shared with the Functions host."""

CHUNK = 60 * 1024
"""Bytes; a binary property holds 64 KiB."""

_RETRIES: dict[str, Any] = {
    "retry_total": 4,
    "retry_backoff_factor": 0.4,
    "retry_backoff_max": 5,
    "connection_timeout": 10,
    "read_timeout": 20,
}
"""Short: an activity that fails is run again by its orchestration, which does not pay for waiting."""

T = TypeVar("T")


class TableRows:
    """`Rows` over one storage account, named by its endpoint (with a credential) or a connection string."""

    def __init__(self, account: str, credential: AsyncTokenCredential | None = None) -> None:
        if account.startswith("https://"):
            self._service = TableServiceClient(account, credential=credential, **_RETRIES)
        else:
            self._service = TableServiceClient.from_connection_string(account, **_RETRIES)

    async def get(self, table: str, partition: str, key: str) -> Row | None:
        """Return the row, or None where there is none."""
        ids = escape(partition), escape(key)
        try:
            return _row(await self._client(table).get_entity(*ids))
        except ResourceNotFoundError:
            return None
        except AzureError as error:
            raise translate(error, f"{table} {partition} {key}") from error

    async def list(
        self, table: str, partition: str, *, prefix: str = "", limit: int | None = None, after: str | None = None
    ) -> tuple[Row, ...]:
        """Return the rows whose key begins with `prefix` and comes after `after`, by key, at most `limit`."""
        low, high = bounds(prefix)
        parameters = {"partition": escape(partition), "low": low, "high": high}
        query = "PartitionKey eq @partition and RowKey ge @low and RowKey lt @high"
        if after is not None:
            query, parameters["after"] = f"{query} and RowKey gt @after", escape(after)
        return tuple([_row(entity) async for entity in self._query(table, query, parameters, limit, partition)])

    async def scan(self, table: str, *, after: tuple[str, str] | None = None, limit: int) -> tuple[Found, ...]:
        """Return at most `limit` rows of all partitions, by partition and key, those behind the place `after`."""
        rest: tuple[Found, ...] = ()
        if after is not None:  # Two ranges: joined by `or` they would be a scan from the table's beginning.
            rest = tuple(Found(after[0], row) for row in await self.list(table, after[0], after=after[1], limit=limit))
        parameters = {"partition": escape(after[0]) if after else ""}
        further = self._query(table, "PartitionKey gt @partition", parameters, limit - len(rest))
        return *rest, *[Found(unescape(entity["PartitionKey"]), _row(entity)) async for entity in further]

    async def _query(
        self, table: str, query: str, parameters: dict[str, str], limit: int | None, partition: str = ""
    ) -> AsyncIterator[Any]:
        """Yield the entities that a query finds, at most `limit`; none where the table was never written to."""
        left = limit
        if left is not None and left <= 0:
            return
        page = None if left is None else min(left, 1000)
        try:
            async for entity in self._client(table).query_entities(query, parameters=parameters, results_per_page=page):
                yield entity
                left = None if left is None else left - 1
                if left == 0:
                    return
        except ResourceNotFoundError:  # the table is made by the first write
            return
        except AzureError as error:
            raise translate(error, f"{table} {partition}") from error

    async def insert(self, table: str, partition: str, key: str, value: Json) -> Row:
        """Add a row; raise AlreadyExists where there is one."""
        entity = _entity(partition, key, value)
        metadata = await self._make(table, entity, lambda client: client.create_entity(entity))
        return Row(key, value, metadata["etag"])

    async def replace(self, table: str, partition: str, key: str, value: Json, etag: str) -> Row:
        """Write over the version `etag`; raise Changed where it is another one, or none."""
        entity = _entity(partition, key, value)
        condition = MatchConditions.IfNotModified
        try:
            metadata = await self._client(table).update_entity(
                entity, UpdateMode.REPLACE, etag=etag, match_condition=condition
            )
        except ResourceNotFoundError as error:
            raise Changed(f"{table}: {partition} {key} is gone.") from error
        except AzureError as error:
            raise translate(error, f"{table} {partition} {key}") from error
        return Row(key, value, metadata["etag"])

    async def upsert(self, table: str, partition: str, key: str, value: Json) -> Row:
        """Write whatever was there: last writer wins."""
        entity = _entity(partition, key, value)
        metadata = await self._make(table, entity, lambda client: client.upsert_entity(entity, UpdateMode.REPLACE))
        return Row(key, value, metadata["etag"])

    async def delete(self, table: str, partition: str, key: str, etag: str | None = None) -> None:
        """Remove the row, only at version `etag` if given (else Changed); what is not there is fine."""
        condition = MatchConditions.IfNotModified if etag else MatchConditions.Unconditionally
        ids = escape(partition), escape(key)
        try:
            await self._client(table).delete_entity(*ids, etag=etag, match_condition=condition)
        except AzureError as error:
            raise translate(error, f"{table} {partition} {key}") from error

    async def close(self) -> None:
        """Close the connections."""
        await self._service.close()

    def _client(self, table: str) -> TableClient:
        return self._service.get_table_client(PREFIX + table)

    async def _make(self, table: str, entity: dict[str, Any], make: Callable[[TableClient], Awaitable[T]]) -> T:
        """Write a new entity; what is not found then is the table, made by the first write to it."""
        try:
            try:
                return await make(self._client(table))
            except ResourceNotFoundError:
                await self._service.create_table_if_not_exists(PREFIX + table)
                return await make(self._client(table))
        except AzureError as error:
            raise translate(error, f"{table} {entity['PartitionKey']} {entity['RowKey']}") from error


def _entity(partition: str, key: str, value: Json) -> dict[str, Any]:
    keys = {"PartitionKey": escape(partition), "RowKey": escape(key)}
    packed = pack(value)
    if isinstance(packed, str):
        return keys | {"json": packed}
    return keys | {f"packed{at // CHUNK}": packed[at : at + CHUNK] for at in range(0, len(packed), CHUNK)}


def _row(entity: Any) -> Row:
    packed = entity.get("json")
    if packed is None:
        count = sum(name.startswith("packed") for name in entity)
        packed = b"".join(entity[f"packed{number}"] for number in range(count))
    return Row(unescape(entity["RowKey"]), unpack(packed), entity.metadata["etag"])
