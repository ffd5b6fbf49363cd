"""The core without Kafka, Bytewax or a clock: what docs/semantics.md shows is run on this.

Times are of 2026-01-01, written as 00:04:50; the wall clock is two days further on.
"""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from windowing.core.decode import NotAnEventError, decode
from windowing.core.encode import Aside, encode_dead_letter, encode_late
from windowing.core.flow_watermark import FlowWatermark
from windowing.core.messages import Flush, Headers, PassedOn
from windowing.core.partition import BACKLOG_FLUSH_INTERVAL_US, Partition, Rules
from windowing.core.snapshot import PartitionSnapshot, pack_group, unpack_group
from windowing.core.watermark import NEVER, Watermark
from windowing.core.window import BEGINNING_US, EPOCH, MICROSECOND, microseconds
from windowing.core.window_state import WindowState

WALL = datetime(2026, 1, 3, tzinfo=UTC)
SECOND_US = 1_000_000
ASK_US = 500_000

RULES = Rules(
    window_length=timedelta(minutes=5),
    max_out_of_orderness=timedelta(seconds=10),
    idle_timeout=timedelta(seconds=30),
    max_future_skew=timedelta(hours=1),
)


class Record:
    """A record as the Kafka client hands it out."""

    def __init__(self, value: bytes | None, offset: int) -> None:
        self._value = value
        self._offset = offset

    def value(self) -> bytes | None:
        return self._value

    def key(self) -> bytes | None:
        return b"ada"

    def headers(self) -> Headers:
        return []

    def timestamp(self) -> tuple[int, int]:
        return 1, 0

    def offset(self) -> int:
        return self._offset


class Flow:
    """Some partitions and one key group.

    Attributes:
        results: `window user count total` of each that came out, in order.
        late, dead: each record's value and its headers, in order.
    """

    def __init__(self, partitions: int = 1, rules: Rules = RULES) -> None:
        self.results: list[str] = []
        self.late: list[tuple[str, dict[str, str]]] = []
        self.dead: list[tuple[str, dict[str, str]]] = []
        self.largest_record = 1_000_000
        self._rules = rules
        self._now_us = 0
        self._partitions = [
            Partition(p, rules, PartitionSnapshot(0), groups=1) for p in range(partitions)
        ]
        self._windows = WindowState(rules.length_us, FlowWatermark(partitions))

    def read(self, p: int, *events: str | bytes) -> None:
        """Read and flush events of a partition: times, or records as they are."""
        self.read_only(p, *events)
        self.flush(p)

    def read_only(self, p: int, *events: str | bytes) -> None:
        """Read without a flush."""
        for event in events:
            value = event if isinstance(event, bytes) else _value(event)
            partition = self._partitions[p]
            record = Record(value, partition.offset)
            partition.read([record], partition.offset + 1, WALL, self._now_us)

    def flush(self, p: int) -> None:
        """Flush what a partition has read."""
        self._take(self._partitions[p].flush(self._now_us + BACKLOG_FLUSH_INTERVAL_US))

    def hear_nothing_new(self, *partitions: int, seconds: float) -> None:
        """Let time pass in which the broker says, every half second, that there is nothing new."""
        for _ in range(int(seconds * SECOND_US) // ASK_US):
            self._now_us += ASK_US
            for p in partitions:
                partition = self._partitions[p]
                partition.check_answers(self._now_us)
                partition.hear_end(partition.offset, self._now_us)
                self._take(partition.flush(self._now_us))

    def hear_nothing(self, *partitions: int, seconds: float) -> None:
        """Let time pass in which the broker does not answer."""
        self._now_us += int(seconds * SECOND_US)
        for p in partitions:
            self._partitions[p].check_answers(self._now_us)
            self._take(self._partitions[p].flush(self._now_us))

    def end(self) -> None:
        """Come to the end of a bounded run."""
        for partition in self._partitions:
            partition.end()
            self._take(partition.flush(self._now_us))

    def restart(self) -> None:
        """Start again from saved state."""
        self._partitions = [
            Partition(p, self._rules, partition.snapshot(), groups=1)
            for p, partition in enumerate(self._partitions)
        ]
        saved = pack_group(self._windows)
        self._windows = unpack_group(saved, self._rules.length_us, len(self._partitions))

    def watermark(self, p: int) -> str:
        """Return a partition's watermark at its last flush."""
        flushed = self._partitions[p].snapshot()
        latest = NEVER if flushed.latest_us is None else EPOCH + flushed.latest_us * MICROSECOND
        bound_us = microseconds(self._rules.max_out_of_orderness)
        us = Watermark(bound_us, latest, flushed.floor_us).us
        return "none" if us == BEGINNING_US else f"{EPOCH + us * MICROSECOND:%H:%M:%S}"

    def _take(self, flush: Flush | None) -> None:
        if flush is None:
            return
        aside = Aside("aside", self.largest_record)
        for dead in flush.dead_letters:
            self.dead.append(_shown(encode_dead_letter(dead, aside, "user-events")))
        if 0 not in flush.groups:
            return
        closed, late = self._windows.receive(flush.groups[0])
        for window, users in closed:
            start = EPOCH + window * self._rules.window_length
            for user, each in users.items():
                self.results.append(f"{start:%H:%M} {user} {each.count} {Decimal(each.total):.2f}")
        for event in late:
            self.late.append(
                _shown(encode_late(event, self._rules.length_us, aside, "user-events"))
            )


def amount(text: str) -> str:
    """Return how an event's amount is read, or why the event is none."""
    value = _value("00:00:00").replace(b'"amount": 1', f'"amount": {text}'.encode())
    try:
        read = decode(value, WALL).amount
    except NotAnEventError as error:
        return str(error)
    return "none" if read is None else format(read, "f").rstrip("0").removesuffix(".")


def _value(time: str) -> bytes:
    event = {"user_id": "ada", "event_type": "view", "timestamp": f"2026-01-01T{time}Z"}
    return json.dumps({**event, "amount": 1}).encode()


def _shown(output: PassedOn) -> tuple[str, dict[str, str]]:
    return _text(output.value), {name: _text(part) for name, part in output.headers}


def _text(part: str | bytes | None) -> str:
    return part if isinstance(part, str) else (part or b"").decode()
