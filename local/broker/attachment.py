"""Which link an attach asks for, and whether it may be had; plus the table of a session's links."""

from collections.abc import Iterator

from local.broker import frames
from local.broker.claims import Claims
from local.broker.entities import entity_path
from local.broker.link import (
    Channel,
    ConsumerLink,
    IncomingLink,
    Node,
    OutgoingLink,
    ProducerLink,
    ReplyLink,
    RequestLink,
)
from local.broker.management import Management
from local.broker.namespace import Namespace
from local.broker.refusal import INVALID_FIELD, NOT_IMPLEMENTED, Refused

Link = IncomingLink | OutgoingLink

_CBS = "$cbs"
_MANAGEMENT_SUFFIX = "/$management"
_SESSION_FILTER = "com.microsoft:session-filter"
_SENDER_SETTLES = 1  # snd-settle-mode `settled`: receive-and-delete


class Links:
    """The links of one session by handle, and its reply links by the node they belong to."""

    def __init__(self) -> None:
        self._by_handle: dict[int, Link] = {}
        self.replies: dict[str, ReplyLink] = {}

    def __contains__(self, handle: int) -> bool:
        return handle in self._by_handle

    def get(self, handle: int | None) -> Link | None:
        """The link with that handle, or None."""
        return None if handle is None else self._by_handle.get(handle)

    def add(self, link: Link) -> None:
        """Keep a link."""
        self._by_handle[link.handle] = link

    def remove(self, handle: int) -> Link | None:
        """Forget a link."""
        link = self._by_handle.pop(handle, None)
        self.replies = {address: each for address, each in self.replies.items() if each is not link}
        return link

    def consumers(self) -> Iterator[ConsumerLink]:
        """The links that messages are delivered to."""
        return (link for link in self._by_handle.values() if isinstance(link, ConsumerLink))


def open_link(channel: Channel, attach: frames.Attach, links: Links, namespace: Namespace, claims: Claims) -> Link:
    """The link an attach asks for; refused if its entity is unknown, or no token covers it."""
    address = attach.source if attach.receiver else attach.target
    if not address:
        raise Refused(INVALID_FIELD, "The link names no entity: dynamic nodes are not supported.")
    path = entity_path(address)
    if path == _CBS:
        return _node_link(channel, attach, path, claims, links)
    entity = path.removesuffix(_MANAGEMENT_SUFFIX)
    claims.require(entity)
    if path != entity:
        namespace.entities.require(entity)
        return _node_link(channel, attach, path, Management(namespace, entity), links)
    return _entity_link(channel, attach, entity, namespace)


def _node_link(channel: Channel, attach: frames.Attach, address: str, node: Node, links: Links) -> Link:
    if not attach.receiver:
        return RequestLink(channel, attach.handle, node, links.replies, address)
    reply = ReplyLink(channel, attach.handle)
    links.replies[address] = reply
    return reply


def _entity_link(channel: Channel, attach: frames.Attach, path: str, namespace: Namespace) -> Link:
    if not attach.receiver:
        namespace.entities.require_target(path)
        return ProducerLink(channel, attach.handle, namespace, path)
    namespace.entities.require_source(path)
    if _SESSION_FILTER in attach.filters:
        raise Refused(NOT_IMPLEMENTED, f"Sessions are not supported here: '{path}' has none.")
    return ConsumerLink(channel, attach.handle, path, deletes=attach.sender_settles == _SENDER_SETTLES)
