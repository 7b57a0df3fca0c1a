"""One TCP connection: protocol headers, SASL, frames in, frames out, and its sessions by channel.

A peer that breaks the protocol loses its connection and nothing else: no error here may reach the broker.
"""

import asyncio
import logging
import struct
from collections.abc import Callable

from local.broker import decoder, encoder, frames
from local.broker.claims import Claims
from local.broker.dispatcher import Dispatcher
from local.broker.namespace import Namespace
from local.broker.refusal import DECODE_ERROR, FRAMING_ERROR, ILLEGAL_STATE, INTERNAL_ERROR, Malformed, Refused
from local.broker.session import WINDOW, Session, SessionEnded

_LOG = logging.getLogger(__name__)
CONTAINER = "spokewright-local-broker"
MAX_FRAME = 65536
_CHANNELS = 255
_SMALLEST_MAX_FRAME = 512
_HEADER_SIZE = 8
_SASL_HEADER = b"AMQP\x03\x01\x00\x00"
_AMQP_HEADER = b"AMQP\x00\x01\x00\x00"
_FRAMES_BEFORE_OTHERS = 64  # a peer that sends without pause must not keep the loop to itself


class Connection:
    """Reads frames until the peer closes; writes go out when the dispatcher has committed."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        dispatcher: Dispatcher,
        namespace: Namespace,
        claims: Claims,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._dispatcher = dispatcher
        self._namespace = namespace
        self._claims = claims
        self._sessions: dict[int, Session] = {}
        self._unsent = bytearray()
        self._peer_max_frame = _SMALLEST_MAX_FRAME
        self._open = False
        self._closing = False
        self._heartbeat: asyncio.TimerHandle | None = None

    # -- life --------------------------------------------------------------------------------------------

    async def serve(self) -> None:
        """Serve the peer until it leaves or breaks the protocol."""
        try:
            await self._read_until_closed()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the peer is gone; its locks live on until they expire
        except Malformed as problem:
            self._close_with(DECODE_ERROR, str(problem))
        except Refused as refusal:
            self._close_with(refusal.condition, refusal.description)
        except Exception as defect:  # noqa: BLE001 - the edge: a defect costs one connection, not the broker
            _LOG.exception("A connection failed.")
            self._close_with(INTERNAL_ERROR, f"The broker failed: {type(defect).__name__}")
        finally:
            self._leave()

    async def _read_until_closed(self) -> None:
        handled = 0
        while not self._closing:
            head = await self._reader.readexactly(_HEADER_SIZE)
            if head.startswith(b"AMQP"):
                self._protocol_header(head)
            else:
                await self._frame(head)
            handled += 1
            if handled % _FRAMES_BEFORE_OTHERS == 0:
                await self._writer.drain()
                await asyncio.sleep(0)

    def _leave(self) -> None:
        self._closing = True
        if self._heartbeat:
            self._heartbeat.cancel()
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()
        self._dispatcher.flush_later(self)

    # -- in ----------------------------------------------------------------------------------------------

    def _protocol_header(self, head: bytes) -> None:
        if head == _SASL_HEADER:
            self._write_raw(_SASL_HEADER)
            self.write(frames.SaslMechanisms(("ANONYMOUS",)), 0)
        else:
            self._write_raw(_AMQP_HEADER)  # the answer to a header we do not speak is the one we do
            self._closing = head != _AMQP_HEADER

    async def _frame(self, head: bytes) -> None:
        size, offset, _, channel = struct.unpack(">LBBH", head)
        if not _HEADER_SIZE <= size <= MAX_FRAME or not _HEADER_SIZE <= offset * 4 <= size:
            raise Refused(FRAMING_ERROR, f"A frame of {size} bytes with its body at {offset * 4} cannot be.")
        body = (await self._reader.readexactly(size - _HEADER_SIZE))[offset * 4 - _HEADER_SIZE :]
        if body:
            self._on_frame(decoder.decode(body), channel)

    def _on_frame(self, frame: frames.Frame, channel: int) -> None:
        match frame:
            case frames.SaslInit():
                self.write(frames.SaslOutcome(0), 0)
            case frames.Open():
                self._on_open(frame)
            case _ if not self._open:
                raise Refused(ILLEGAL_STATE, "The connection is not open.")
            case frames.Begin():
                self._on_begin(frame, channel)
            case frames.End():
                self._end(channel, frames.End())
            case frames.Close():
                self.write(frames.Close(), 0)
                self._closing = True
            case _:
                self._on_session_frame(frame, channel)

    def _on_open(self, frame: frames.Open) -> None:
        self._open = True
        self._peer_max_frame = max(_SMALLEST_MAX_FRAME, min(frame.max_frame_size, MAX_FRAME))
        self.write(frames.Open(CONTAINER, MAX_FRAME, _CHANNELS), 0)
        if frame.idle_timeout:
            self._beat(frame.idle_timeout / 2000)

    def _on_begin(self, frame: frames.Begin, channel: int) -> None:
        if channel in self._sessions or channel > _CHANNELS:
            raise Refused(FRAMING_ERROR, f"Channel {channel} cannot be begun.")
        self._sessions[channel] = Session(
            self._writer_for(channel), frame, self._peer_max_frame, self._dispatcher, self._namespace, self._claims
        )
        self.write(frames.Begin(channel, 0, WINDOW, WINDOW), channel)

    def _on_session_frame(self, frame: frames.Frame, channel: int) -> None:
        session = self._sessions.get(channel)
        if session is None:
            return  # frames that were under way when the session ended
        try:
            session.on_frame(frame)
        except SessionEnded as ended:
            self._end(channel, frames.End(ended.error))
        self._dispatcher.soon()

    def _end(self, channel: int, answer: frames.End) -> None:
        session = self._sessions.pop(channel, None)
        if session is not None:
            session.close()
            self.write(answer, channel)

    # -- out ---------------------------------------------------------------------------------------------

    def write(self, frame: frames.Frame, channel: int) -> None:
        """Send a frame once everything that led to it is committed."""
        self._write_raw(encoder.encode(frame, channel))

    def _writer_for(self, channel: int) -> Callable[[frames.Frame], None]:
        return lambda frame: self.write(frame, channel)

    def _write_raw(self, data: bytes) -> None:
        self._unsent += data
        self._dispatcher.flush_later(self)

    def _beat(self, seconds: float) -> None:
        self._write_raw(encoder.empty_frame())
        self._heartbeat = asyncio.get_running_loop().call_later(seconds, self._beat, seconds)

    def _close_with(self, condition: str, description: str) -> None:
        self.write(frames.Close(frames.Error(condition, description)), 0)

    def flush(self) -> None:
        """Send what was written since the last flush; called after the commit."""
        if self._unsent and not self._writer.is_closing():
            self._writer.write(bytes(self._unsent))
        self._unsent.clear()
        if self._closing:
            self._writer.close()

    def abort(self) -> None:
        """Drop the connection and what it has not sent."""
        self._unsent.clear()
        self._closing = True
        self._writer.transport.abort()

    def shut(self, condition: str, description: str) -> None:
        """Tell the peer that the broker goes away, and close."""
        if self._open and not self._closing:
            self._close_with(condition, description)
        self._closing = True
        self.flush()
