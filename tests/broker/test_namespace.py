"""The rules of messages by an injected clock: duplicates, expiry, locks, schedules, across restarts too."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from local.broker import codec, sections
from local.broker.entities import Entities, Queue, Topic
from local.broker.namespace import Namespace, Settlement
from local.broker.refusal import Refused
from local.broker.store import ACTIVE, DEFERRED, SCHEDULED, Store, StoreInUse

ENTITIES = Entities(
    queues=(
        Queue("plain", lock_seconds=30, max_deliveries=2),
        Queue("unique", duplicate_window_seconds=600),
        Queue("fleeting", time_to_live_seconds=10),
        Queue("forgetful", time_to_live_seconds=10, dead_letter_expired=False),
    ),
    topics=(Topic("news", (Queue("first"), Queue("second")), duplicate_window_seconds=600),),
)
DEAD = "/$deadletterqueue"


class Clock:
    """A clock that only moves when told."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        """The time in seconds."""
        return self.seconds


class Bench:
    """A namespace over a file, with its clock."""

    def __init__(self, path: Path) -> None:
        self.clock = Clock()
        self._path = path
        self._open()

    def _open(self) -> None:
        self.store = Store(self._path)
        self.namespace = Namespace(self.store, ENTITIES, self.clock)

    def crash(self) -> None:
        """Lose what is not committed, and start again."""
        self.store.close()
        self._open()

    def pass_time(self, seconds: float) -> None:
        """Let time pass and do what is due."""
        self.clock.seconds += seconds
        self.namespace.sweep()

    def bodies(self, path: str) -> list[str]:
        """What lies in an entity."""
        return [codec.decode_message(each.payload).data[0].decode() for each in self.namespace.peek(path, 0, 99)]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """An empty namespace."""
    bench = Bench(tmp_path / "store")
    yield bench
    bench.store.close()


def _message(body: str, *, message_id: str | None = None, ttl: int | None = None, due: float | None = None) -> bytes:
    header = codec.encode_described(sections.HEADER, [None, None, codec.uint(ttl)])
    annotations = codec.symbol_map(
        [(codec.symbol("x-opt-scheduled-enqueue-time"), codec.timestamp(int((due or 0) * 1000)))]
    )
    return (
        (header if ttl is not None else b"")
        + (codec.encode_section(sections.MESSAGE_ANNOTATIONS, annotations) if due is not None else b"")
        + codec.encode_described(sections.PROPERTIES, [codec.string(message_id)])
        + codec.encode_section(0x75, codec.binary(body.encode()))
    )


def _take(bench: Bench, path: str = "plain") -> UUID:
    message = bench.namespace.receive(path, delete=False)
    assert message is not None
    assert message.token is not None
    return message.token


def test_duplicates_are_dropped_within_the_window(bench: Bench) -> None:
    """Duplicate detection takes a message id once in ten minutes, also within a batch."""
    bench.namespace.send("unique", [_message("1", message_id="a"), _message("2", message_id="a")])
    bench.pass_time(599)
    bench.namespace.send("unique", [_message("3", message_id="a"), _message("4", message_id="b")])
    bench.pass_time(2)
    bench.namespace.send("unique", [_message("5", message_id="a")])
    assert bench.bodies("unique") == ["1", "4", "5"]


def test_duplicates_are_detected_at_the_topic(bench: Bench) -> None:
    """A topic with duplicate detection copies a message id once to each subscription."""
    bench.namespace.send("news", [_message("1", message_id="a")])
    bench.namespace.send("news", [_message("2", message_id="a")])
    assert bench.bodies("news/subscriptions/first") == bench.bodies("news/subscriptions/second") == ["1"]


def test_duplicates_pass_where_detection_is_off(bench: Bench) -> None:
    """A queue without duplicate detection takes a message id as often as it comes."""
    bench.namespace.send("plain", [_message("1", message_id="a"), _message("2", message_id="a")])
    assert bench.bodies("plain") == ["1", "2"]


def test_duplicates_are_known_after_a_restart(bench: Bench) -> None:
    """The ids that were seen survive with the messages."""
    bench.namespace.send("unique", [_message("1", message_id="a")])
    bench.store.commit()
    bench.crash()
    bench.namespace.send("unique", [_message("2", message_id="a")])
    assert bench.bodies("unique") == ["1"]


def test_uncommitted_is_lost_and_committed_is_not(bench: Bench) -> None:
    """A crash undoes exactly what was not committed."""
    bench.namespace.send("plain", [_message("kept")])
    bench.store.commit()
    bench.namespace.send("plain", [_message("lost")])
    bench.crash()
    assert bench.bodies("plain") == ["kept"]


def test_lock_survives_a_restart_with_its_expiry(bench: Bench) -> None:
    """After a crash a locked message stays locked until its old expiry, and its holder can settle it."""
    bench.namespace.send("plain", [_message("1"), _message("2")])
    first, second = _take(bench), _take(bench)
    bench.store.commit()
    bench.crash()
    bench.pass_time(29)
    assert bench.namespace.receive("plain", delete=False) is None
    bench.namespace.settle("plain", first, Settlement.COMPLETE)
    bench.pass_time(2)
    again = bench.namespace.receive("plain", delete=False)
    assert again is not None
    assert (again.deliveries, again.token == second) == (1, False)


def test_expired_locks_count_towards_the_limit(bench: Bench) -> None:
    """A message whose locks expire as often as the queue allows is dead-lettered."""
    bench.namespace.send("plain", [_message("1")])
    for _ in range(2):
        _take(bench)
        bench.pass_time(31)
    [dead] = bench.namespace.peek("plain" + DEAD, 0, 9)
    assert (dead.reason, dead.deliveries) == ("MaxDeliveryCountExceeded", 2)


def test_renewal_counts_from_now(bench: Bench) -> None:
    """A renewed lock lasts for the whole duration again; one that is over cannot be renewed."""
    bench.namespace.send("plain", [_message("1")])
    token = _take(bench)
    bench.pass_time(20)
    assert bench.namespace.renew("plain", [token]) == [(1000 + 20 + 30) * 1000]
    bench.pass_time(29)
    bench.clock.seconds += 2
    with pytest.raises(Refused, match="lock-lost"):
        bench.namespace.renew("plain", [token])


def test_release_does_not_count(bench: Bench) -> None:
    """A message that is given back untouched keeps its delivery count and its place."""
    bench.namespace.send("plain", [_message("1"), _message("2")])
    for _ in range(5):
        bench.namespace.settle("plain", _take(bench), Settlement.RELEASE)
    message = bench.namespace.receive("plain", delete=False)
    assert message is not None
    assert (message.deliveries, message.sequence) == (0, 1)


def test_token_of_another_entity_settles_nothing(bench: Bench) -> None:
    """A lock token is good at its own entity only."""
    bench.namespace.send("plain", [_message("1")])
    token = _take(bench)
    with pytest.raises(Refused, match="lock-lost"):
        bench.namespace.settle("unique", token, Settlement.COMPLETE)


def test_abandoned_deferred_message_stays_deferred(bench: Bench) -> None:
    """A deferred message that is abandoned, or whose lock expires, is still deferred."""
    bench.namespace.send("plain", [_message("1")])
    bench.namespace.settle("plain", _take(bench), Settlement.DEFER)
    bench.namespace.receive_deferred("plain", [1], delete=False)
    bench.pass_time(31)
    assert [each.state for each in bench.namespace.peek("plain", 0, 9)] == [DEFERRED]


def test_shorter_time_to_live_wins(bench: Bench) -> None:
    """A message expires by its own time to live or the queue's, whichever ends first."""
    bench.namespace.send("fleeting", [_message("short", ttl=1000), _message("long", ttl=60_000)])
    bench.pass_time(2)
    assert bench.bodies("fleeting") == ["long"]
    bench.pass_time(9)
    assert bench.bodies("fleeting" + DEAD) == ["short", "long"]
    assert {each.reason for each in bench.namespace.peek("fleeting" + DEAD, 0, 9)} == {"TTLExpiredException"}


def test_nothing_expires_under_a_lock_or_in_the_dead_letter_queue(bench: Bench) -> None:
    """A locked message outlives its time to live; a dead-lettered one never expires."""
    bench.namespace.send("fleeting", [_message("1")])
    token = _take(bench, "fleeting")
    bench.pass_time(20)
    bench.namespace.settle("fleeting", token, Settlement.DEAD_LETTER, "why", "because")
    bench.pass_time(10_000)
    assert bench.bodies("fleeting" + DEAD) == ["1"]


def test_expired_messages_can_be_dropped(bench: Bench) -> None:
    """A queue that does not dead-letter expired messages forgets them."""
    bench.namespace.send("forgetful", [_message("1")])
    bench.pass_time(11)
    assert bench.bodies("forgetful") == bench.bodies("forgetful" + DEAD) == []


def test_schedule_by_annotation(bench: Bench) -> None:
    """A message sent with a time waits for it, and is then enqueued under a new number."""
    bench.namespace.send("plain", [_message("later", due=1010), _message("now")])
    assert [each.state for each in bench.namespace.peek("plain", 0, 9)] == [SCHEDULED, ACTIVE]
    bench.pass_time(11)
    assert bench.bodies("plain") == ["now", "later"]


def test_scheduled_topic_message_is_copied_when_due(bench: Bench) -> None:
    """A message scheduled at a topic can be cancelled as one, and reaches every subscription when due."""
    kept, cancelled = (bench.namespace.schedule("news", _message(body, due=1010)) for body in ("kept", "gone"))
    bench.namespace.cancel("news", [cancelled])
    bench.pass_time(11)
    assert bench.bodies("news/subscriptions/first") == bench.bodies("news/subscriptions/second") == ["kept"]
    with pytest.raises(Refused, match="could not be found"):
        bench.namespace.cancel("news", [kept])


def test_sequence_numbers_are_never_used_again(bench: Bench) -> None:
    """A number stays taken after its message is gone, across a restart too."""
    bench.namespace.send("plain", [_message("1")])
    bench.namespace.settle("plain", _take(bench), Settlement.COMPLETE)
    bench.store.commit()
    bench.crash()
    bench.namespace.send("plain", [_message("2")])
    assert [each.sequence for each in bench.namespace.peek("plain", 0, 9)] == [2]


def test_batch_is_all_or_nothing(bench: Bench) -> None:
    """One bad message refuses its whole batch."""
    with pytest.raises(Refused, match="decode-error"):
        bench.namespace.send("plain", [_message("good"), b"\x00\x53\x75\xff"])
    assert bench.bodies("plain") == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda good: good[:-1],
        lambda good: b"\x00\x53\x99\x40" + good,
        lambda good: codec.encode_section(sections.MESSAGE_ANNOTATIONS, "no map") + good,
        lambda good: codec.encode_section(sections.APPLICATION_PROPERTIES, [1]) + good,
        lambda good: codec.encode_described(sections.HEADER, [None, "high"]) + good,
        lambda good: b"\x00" * 40 + good,
    ],
    ids=["cut off", "unknown section", "annotations", "application properties", "header", "zeros"],
)
def test_messages_that_could_not_be_delivered_are_refused(bench: Bench, spoil: Callable[[bytes], bytes]) -> None:
    """What could not be rendered later is refused when it is sent."""
    with pytest.raises(Refused, match="decode-error"):
        bench.namespace.send("plain", [spoil(_message("x"))])


@pytest.mark.usefixtures("bench")
def test_one_process_per_state(tmp_path: Path) -> None:
    """A second broker over the same state is refused."""
    with pytest.raises(StoreInUse, match="in use"):
        Store(tmp_path / "store")
