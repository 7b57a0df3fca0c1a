"""The broker as an object to start and stop: a port, a state directory, its connections."""

import asyncio
import base64
import contextlib
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from local.broker.claims import AccessKey, Claims
from local.broker.connection import Connection
from local.broker.dispatcher import Dispatcher
from local.broker.entities import DEFAULT_ENTITIES, Entities
from local.broker.namespace import Namespace
from local.broker.refusal import CONNECTION_FORCED
from local.broker.store import Store

HOST = "127.0.0.1"
KEY_NAME = "RootManageSharedAccessKey"
STATE_FILE = "broker.sqlite"
_PATIENCE_SECONDS = 1.0
_TICKS = 5


class Broker:
    """Serves the entities of one namespace; its messages, key and port live in the state directory."""

    def __init__(
        self,
        state: Path,
        *,
        port: int = 0,
        entities: Entities = DEFAULT_ENTITIES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.port = port
        self._state = state
        self._entities = entities
        self._clock = clock
        self.key = AccessKey(KEY_NAME, "")
        self._connections: dict[Connection, asyncio.Task[None]] = {}
        self._store: Store | None = None
        self._server: asyncio.Server | None = None
        self._dispatcher: Dispatcher | None = None
        self._namespace: Namespace | None = None

    @property
    def connection_string(self) -> str:
        """What a client needs, once the broker is started."""
        return (
            f"Endpoint=sb://{HOST}:{self.port};SharedAccessKeyName={self.key.name};"
            f"SharedAccessKey={self.key.value};UseDevelopmentEmulator=true"
        )

    async def start(self) -> None:
        """Open the state, listen, and take up what was under way; raises StoreInUse or OSError."""
        self._state.mkdir(parents=True, exist_ok=True)
        self._store = Store(self._state / STATE_FILE)
        try:
            self.key = AccessKey(KEY_NAME, self._remembered_key(self._store))
            self._namespace = Namespace(self._store, self._entities, self._clock)
            self._dispatcher = Dispatcher(self._namespace, self._store)
            self._server = await self._listen(self._store)
        except BaseException:
            self._store.close()
            raise
        self.port = self._server.sockets[0].getsockname()[1]
        self._store.remember("port", str(self.port))
        self._dispatcher.turn()

    async def stop(self) -> None:
        """Close every connection and the state; what was acknowledged is there at the next start."""
        if self._server is None or self._dispatcher is None or self._store is None:
            return
        self._server.close()
        self._dispatcher.turn()
        for _ in range(_TICKS):  # Whoever was let in at the last moment is on the list only some turns later.
            await asyncio.sleep(0)
            await self._close_connections()
        await self._server.wait_closed()
        self._dispatcher.stop()
        self._store.commit()
        self._store.close()
        self._server = None

    async def _close_connections(self) -> None:
        for connection in list(self._connections):
            connection.shut(CONNECTION_FORCED, "The broker is stopping.")
        tasks = list(self._connections.values())
        if not tasks:
            return
        _, unfinished = await asyncio.wait(tasks, timeout=_PATIENCE_SECONDS)
        for connection in list(self._connections):  # peers that do not read what we say
            connection.abort()
        if unfinished:
            await asyncio.wait(unfinished)

    async def _listen(self, store: Store) -> asyncio.Server:
        """Listen where asked; else on the port of last time, so that clients find the broker again; else anywhere."""
        remembered = store.setting("port")
        if self.port == 0 and remembered is not None:
            with contextlib.suppress(OSError):
                return await asyncio.start_server(self._accept, HOST, int(remembered))
        return await asyncio.start_server(self._accept, HOST, self.port)

    def _remembered_key(self, store: Store) -> str:
        value = store.setting("key")
        if value is None:
            value = base64.b64encode(secrets.token_bytes(32)).decode()
            store.remember("key", value)
        return value

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if self._dispatcher is None or self._namespace is None or task is None:
            writer.close()
            return
        claims = Claims(self.key, self._clock)
        connection = Connection(reader, writer, self._dispatcher, self._namespace, claims)
        self._connections[connection] = task
        try:
            await connection.serve()
        finally:
            del self._connections[connection]
