"""One AMQP session of a connection: its windows, its links, and the deliveries that wait for an outcome."""

from collections import deque
from collections.abc import Callable

from local.broker import frames
from local.broker.attachment import Links, open_link
from local.broker.claims import Claims
from local.broker.dispatcher import Dispatcher
from local.broker.link import ConsumerLink, IncomingLink, OutgoingLink
from local.broker.namespace import Namespace
from local.broker.refusal import HANDLE_IN_USE, UNATTACHED_HANDLE, Refused
from local.broker.settlement import Unsettled

WINDOW = 65536
_FRAME_OVERHEAD = 256  # more than a transfer's fields ever take
_WRAP = 1 << 32


class SessionEnded(Exception):
    """The peer broke the session's rules; the session must end with this error."""

    def __init__(self, condition: str, description: str) -> None:
        super().__init__(description)
        self.error = frames.Error(condition, description)


class Session:
    """Everything on one channel. Handles are chosen by the client; the broker uses the same numbers."""

    def __init__(
        self,
        write: Callable[[frames.Frame], None],
        begin: frames.Begin,
        peer_max_frame: int,
        dispatcher: Dispatcher,
        namespace: Namespace,
        claims: Claims,
    ) -> None:
        self.write = write
        self._chunk = peer_max_frame - _FRAME_OVERHEAD
        self._dispatcher = dispatcher
        self._namespace = namespace
        self._claims = claims
        self._links = Links()
        self._refused: set[int] = set()  # handles we detached, until the peer has answered
        self._next_incoming = begin.next_outgoing_id
        self._next_outgoing = 0
        self._peer_window = begin.incoming_window
        self._next_delivery = 0
        self._pending: deque[frames.Transfer] = deque()
        self._unsettled = Unsettled(namespace)

    def on_frame(self, frame: frames.Frame) -> None:
        """Handle a frame of this session."""
        match frame:
            case frames.Attach():
                self._attach(frame)
            case frames.Flow():
                self._flow(frame)
            case frames.Transfer():
                self._transfer_in(frame)
            case frames.Disposition():
                for answer in self._unsettled.apply(frame):
                    self.write(answer)
            case frames.Detach():
                self._detach(frame)
            case _:
                raise SessionEnded("amqp:not-allowed", f"{type(frame).__name__} is not expected in a session.")

    def close(self) -> None:
        """The session is over; locks stay until they expire."""
        for link in self._links.consumers():
            self._dispatcher.remove(link)
        self._links = Links()

    # -- links -------------------------------------------------------------------------------------------

    def _attach(self, attach: frames.Attach) -> None:
        if attach.handle in self._links:
            raise SessionEnded(HANDLE_IN_USE, f"Handle {attach.handle} is in use.")
        try:
            link = open_link(self, attach, self._links, self._namespace, self._claims)
        except Refused as refusal:
            self._refuse_attach(attach, refusal)
            return
        self.write(self._attach_answer(attach))
        self._links.add(link)
        if isinstance(link, IncomingLink):
            link.open()
        elif isinstance(link, ConsumerLink):
            self._dispatcher.add(self, link)

    def _attach_answer(self, attach: frames.Attach) -> frames.Attach:
        return frames.Attach(
            name=attach.name,
            handle=attach.handle,
            receiver=not attach.receiver,
            sender_settles=attach.sender_settles,
            receiver_settles=attach.receiver_settles,
            source=attach.source or "",
            target=attach.target or "",
            initial_delivery_count=0 if attach.receiver else None,
            max_message_size=self._namespace.entities.max_message_bytes,
        )

    def _refuse_attach(self, attach: frames.Attach, refusal: Refused) -> None:
        """AMQP refuses a link by attaching it without a terminus, then detaching it with the error."""
        answer = frames.Attach(
            name=attach.name,
            handle=attach.handle,
            receiver=not attach.receiver,
            sender_settles=attach.sender_settles,
            receiver_settles=attach.receiver_settles,
            source=None if attach.receiver else attach.source,
            target=attach.target if attach.receiver else None,
            initial_delivery_count=0 if attach.receiver else None,
        )
        self.write(answer)
        self._detach_with(attach.handle, refusal)

    def _detach_with(self, handle: int, refusal: Refused) -> None:
        self._refused.add(handle)
        self.write(frames.Detach(handle, closed=True, error=frames.Error(refusal.condition, refusal.description)))

    def _detach(self, detach: frames.Detach) -> None:
        if detach.handle in self._refused:
            self._refused.discard(detach.handle)
            return
        link = self._links.remove(detach.handle)
        if isinstance(link, ConsumerLink):
            self._dispatcher.remove(link)
        if link is not None:
            self.write(frames.Detach(detach.handle, detach.closed))

    # -- flow --------------------------------------------------------------------------------------------

    def _flow(self, flow: frames.Flow) -> None:
        seen = 0 if flow.next_incoming_id is None else flow.next_incoming_id
        self._peer_window = flow.incoming_window - (self._next_outgoing - seen) % _WRAP
        self._send_pending()
        link = self._links.get(flow.handle)
        if isinstance(link, OutgoingLink):
            link.on_flow(flow)
        for consumer in self._links.consumers():
            self._dispatcher.wake(consumer.path)
        if flow.echo:
            self.write(self._own_flow())

    def grant(self, handle: int, received: int, credit: int) -> None:
        """Give the sending peer credit on a link."""
        self.write(self._own_flow(handle=handle, delivery_count=received, credit=credit))

    def _own_flow(
        self,
        *,
        handle: int | None = None,
        delivery_count: int | None = None,
        credit: int | None = None,
        drain: bool = False,
    ) -> frames.Flow:
        return frames.Flow(
            next_incoming_id=self._next_incoming,
            incoming_window=WINDOW,
            next_outgoing_id=self._next_outgoing,
            outgoing_window=WINDOW,
            handle=handle,
            delivery_count=delivery_count,
            link_credit=credit,
            drain=drain,
        )

    # -- messages in -------------------------------------------------------------------------------------

    def _transfer_in(self, transfer: frames.Transfer) -> None:
        self._next_incoming = (self._next_incoming + 1) % _WRAP
        link = self._links.get(transfer.handle)
        if isinstance(link, IncomingLink):
            link.on_transfer(transfer)
        elif transfer.handle not in self._refused:  # frames sent before the peer learnt of the refusal are dropped
            raise SessionEnded(UNATTACHED_HANDLE, f"Handle {transfer.handle} is not attached for sending.")

    # -- messages out ------------------------------------------------------------------------------------

    @property
    def blocked(self) -> bool:
        """Whether the peer's window is full."""
        return bool(self._pending) or self._peer_window <= 0

    def deliver(self, link: ConsumerLink) -> bool:
        """Send the next message of the link's entity; False if there is none."""
        message = self._namespace.receive(link.path, delete=link.deletes)
        if message is None:
            return False
        delivery, token = link.deliver(message)
        if token is not None:
            self._unsettled.add(delivery, link.path, token)
        return True

    def finish_drain(self, link: ConsumerLink) -> None:
        """Answer a drain request, if there is one."""
        drained = link.finish_drain()
        if drained is not None:
            delivery_count, credit = drained
            self.write(self._own_flow(handle=link.handle, delivery_count=delivery_count, credit=credit, drain=True))

    def transfer(self, handle: int, tag: bytes, payload: bytes, *, settled: bool) -> int:
        """Send a message in as many frames as it takes; its delivery id."""
        delivery, self._next_delivery = self._next_delivery, (self._next_delivery + 1) % _WRAP
        for start in range(0, len(payload), self._chunk):
            frame = frames.Transfer(
                handle=handle,
                delivery_id=delivery,
                delivery_tag=tag,
                message_format=0,
                settled=settled,
                more=start + self._chunk < len(payload),
                aborted=False,
                payload=payload[start : start + self._chunk],
            )
            self._pending.append(frame)
        self._send_pending()
        return delivery

    def _send_pending(self) -> None:
        while self._pending and self._peer_window > 0:
            self._peer_window -= 1
            self._next_outgoing = (self._next_outgoing + 1) % _WRAP
            self.write(self._pending.popleft())
