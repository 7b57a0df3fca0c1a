"""The real connection pool against a real TLS server: what breaks on the way, and what is never repeated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from local.simulator.certificate import ensure_certificate, server_context
from shared.arm.door import Arm, ArmSettings, Credentials
from shared.model.errors import Transient
from tests.arm.wire import VNET, Credential

WHOLE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
SHORT = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{"


@dataclass
class Server:
    """Answers each request with the next bytes of the script; nothing, and a broken script, end the connection."""

    port: int = 0
    script: list[bytes] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)
    connections: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.methods.append(head.split()[0].decode())
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r")[0]
                await reader.readexactly(int(length or 0))
                answer = self.script.pop(0)
                writer.write(answer)
                await writer.drain()
                if answer is not WHOLE:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """A server with the local stack's certificate."""
    found = Server()
    listening = await asyncio.start_server(found.serve, "127.0.0.1", 0, ssl=server_context(tmp_path))
    found.port = listening.sockets[0].getsockname()[1]
    yield found
    listening.close()
    await listening.wait_closed()


@pytest.fixture
async def arm(server: Server, tmp_path: Path) -> AsyncIterator[Arm]:
    """A door that trusts the server's certificate."""
    bundle = str(ensure_certificate(tmp_path)[0])
    arm = Arm(ArmSettings(f"https://localhost:{server.port}", bundle), Credentials(*[Credential()] * 3))
    yield arm
    await arm.close()


async def test_connections_are_kept(arm: Arm, server: Server) -> None:
    """Calls one after the other share a connection."""
    server.script = [WHOLE, WHOLE, WHOLE]
    await arm.get(VNET)
    await arm.get(VNET.replace("0001/", "0002/"))
    await arm.begin_put(VNET, {})
    assert server.connections == 1


async def test_write_on_a_kept_connection_that_breaks_is_sent_once(arm: Arm, server: Server) -> None:
    """A PUT whose connection broke may have been accepted: nobody on the way repeats it."""
    server.script = [WHOLE, b""]
    await arm.get(VNET)
    with pytest.raises(Transient):
        await arm.begin_put(VNET, {})
    assert server.methods == ["GET", "PUT"]


async def test_read_on_a_kept_connection_that_breaks_is_repeated(arm: Arm, server: Server) -> None:
    """A GET goes out again, on a new connection."""
    server.script = [WHOLE, b"", WHOLE]
    await arm.get(VNET)
    assert await arm.get(VNET) == {}
    assert server.methods == ["GET"] * 3


@pytest.mark.parametrize("method", ["get", "begin_delete"])
async def test_answer_that_is_cut_off(arm: Arm, server: Server, method: str) -> None:
    """An answer that ends too early is no answer, not an empty resource."""
    server.script = [SHORT, SHORT]
    with pytest.raises(Transient, match="no answer from Azure"):
        await getattr(arm, method)(VNET)


async def test_unknown_certificate(server: Server) -> None:
    """A server whose certificate is not trusted gets nothing from us."""
    arm = Arm(ArmSettings(f"https://localhost:{server.port}"), Credentials(*[Credential()] * 3))
    with pytest.raises(Transient, match=r"(?i)certificate"):
        await arm.begin_put(VNET, {})
    await arm.close()
    assert not server.methods


async def test_plain_http_is_refused(server: Server) -> None:
    """A token is never sent without TLS."""
    arm = Arm(ArmSettings(f"http://localhost:{server.port}"), Credentials(*[Credential()] * 3))
    with pytest.raises(Exception, match=r"(?i)tls|https"):
        await arm.get(VNET)
    await arm.close()
    assert not server.methods
