"""What travels between the steps of the flow."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol, TypeAlias

import msgspec

from windowing.core.aggregate import Aggregate

Headers: TypeAlias = list[tuple[str, bytes | None]]
Partials: TypeAlias = dict[int, dict[str, Aggregate]]
"""Of each window and user the aggregate of some of their events."""


class Record(Protocol):
    """A record of the input topic as the Kafka client hands it out."""

    def value(self) -> bytes | None: ...
    def key(self) -> bytes | None: ...
    def headers(self) -> Any: ...
    def timestamp(self) -> tuple[int, int]:
        """Its type and its milliseconds since the epoch."""
        ...

    def offset(self) -> Any: ...


class SourceRecord(NamedTuple):
    """A record to pass on untouched, and where it was read."""

    value: bytes | None
    key: bytes | None
    headers: Headers
    timestamp_ms: int
    partition: int
    offset: int

    @classmethod
    def of(cls, record: Record, partition: int) -> "SourceRecord":
        """Copy what matters of the client's record."""
        return cls(
            record.value(),
            record.key(),
            record.headers() or [],
            max(record.timestamp()[1], 0),  # 0: it has none
            partition,
            record.offset(),
        )


class DeadLetter(NamedTuple):
    """A record that is not an event, and why, in a line."""

    record: SourceRecord
    reason: str


class Unfolded(NamedTuple):
    """An event that may be late, with the partition's watermark as it stood when it was read."""

    user: str
    window: int
    aggregate: Aggregate
    watermark_us: int
    record: SourceRecord


class Progress(NamedTuple):
    """How far a partition has come, and whether it stands aside."""

    watermark_us: int
    idle: bool


class GroupFlush(NamedTuple):
    """What a partition has for one key group since its last flush, in the order of judgement."""

    partition: int
    partials: Partials
    unfolded: list[Unfolded]
    progress: Progress | None

    def __reduce__(self) -> tuple[Callable[[bytes], "GroupFlush"], tuple[bytes]]:
        """Cross to another process as MessagePack: a sixth of what pickled decimals cost."""
        return _unpack_group_flush, (_encode_group_flush(self),)


_encode_group_flush = msgspec.msgpack.Encoder().encode
_decode_group_flush = msgspec.msgpack.Decoder(GroupFlush).decode


def _unpack_group_flush(packed: bytes) -> GroupFlush:
    return _decode_group_flush(packed)


class Flush(NamedTuple):
    """All that a partition has read since its last flush."""

    partition: int
    groups: dict[int, GroupFlush]
    dead_letters: list[DeadLetter]


class Durable(NamedTuple):
    """Word from an input partition: all that was sent in earlier epochs is saved everywhere."""

    partition: int


class ClosedWindow(NamedTuple):
    """A window that has closed, with its users' final aggregates."""

    window: int
    users: dict[str, Aggregate]


class Late(NamedTuple):
    """An event whose window had closed, and the flow's watermark that had closed it."""

    event: Unfolded
    watermark_us: int


class Results(NamedTuple):
    """The records of a closed window.

    Fields:
        keys: of each record.
        lines: the values, JSON each, joined by newlines: one large piece costs much less to make,
            hold and hand on than many small ones.
    """

    topic: str
    timestamp_ms: int
    keys: list[str]
    lines: bytes

    @property
    def headers(self) -> Headers:
        """Results have none."""
        return []

    def records(self) -> Iterator[tuple[str, bytes]]:
        """Return keys and values."""
        return zip(self.keys, self.lines.split(b"\n"), strict=True)


class PassedOn(NamedTuple):
    """A late event's record, or a dead letter's."""

    topic: str
    timestamp_ms: int
    headers: Headers
    key: bytes | None
    value: bytes | None

    def records(self) -> Iterator[tuple[bytes | None, bytes | None]]:
        """Return keys and values: one of each."""
        return iter([(self.key, self.value)])


Output: TypeAlias = Results | PassedOn
"""Records to write that have all but their keys and values in common."""
