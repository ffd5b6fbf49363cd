"""The late or dead-letter topic as the commands see it: read whole, or the later part."""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any, TypeAlias

import typer
from confluent_kafka.admin import AclOperation, OffsetSpec

from windowing.cli.durations import duration
from windowing.cli.screen import bar
from windowing.core.aside import AsideRecord, take_apart
from windowing.core.encode import time_text
from windowing.kafka.topic_reader import Span, read_topic
from windowing.kafka.topics import Broker, Wanted

SinceOption: TypeAlias = Annotated[
    timedelta | None,
    typer.Option(
        parser=duration,
        metavar="DURATION",
        help="Those whose Kafka timestamp is no older than this.",
    ),
]
LimitOption: TypeAlias = Annotated[
    int, typer.Option(min=0, help="How many, the newest by their Kafka timestamp; 0: all.")
]


class AsideTopic:
    """A topic of records that were passed on.

    Attributes:
        topic: its name.
        partitions: their numbers.
    """

    def __init__(
        self, client_config: dict[str, str], topic: str, setting: str, headers: tuple[str, ...]
    ) -> None:
        """Look the topic up.

        Args:
            client_config: for Kafka clients.
            topic: its name.
            setting: the variable that names it.
            headers: that the flow adds there.

        Raises:
            WindowingError: no broker answers, or the topic may not be read.
        """
        self.topic = topic
        self._config = client_config
        self._headers = headers
        self._broker = Broker(client_config)
        wanted = [Wanted(topic, setting, AclOperation.READ)]
        self.partitions = self._broker.partitions(wanted)[topic]

    def spans(self) -> dict[int, Span]:
        """Return where the partitions begin and end now."""
        firsts = self._broker.offsets(self.topic, self.partitions, OffsetSpec.earliest())
        ends = self._broker.offsets(self.topic, self.partitions, OffsetSpec.latest())
        return {partition: Span(firsts[partition], ends[partition]) for partition in firsts}

    def spans_since(self, age: timedelta | None) -> tuple[dict[int, Span], int]:
        """Return spans that hold all records no older than `age`, and the oldest timestamp."""
        spans = self.spans()
        if age is None:
            return spans, 0
        oldest_ms = int((time.time() - age.total_seconds()) * 1000)
        spec = OffsetSpec.for_timestamp(max(oldest_ms, 0))
        firsts = self._broker.offsets(self.topic, self.partitions, spec)
        later = {
            # -1: there is none.
            p: Span(firsts[p] if firsts[p] >= 0 else span.end, span.end)
            for p, span in spans.items()
        }
        return later, oldest_ms

    def read(self, spans: Mapping[int, Span], what: str) -> Iterator[AsideRecord]:
        """Yield the records of some spans, and show how far it is.

        Raises:
            ReadError: the topic cannot be read.
        """
        total = sum(max(span.end - span.first, 0) for span in spans.values())
        with bar(what, total) as progress:
            for read in read_topic(self._config, self.topic, spans):
                for record in read.records:
                    yield take_apart(record, self._headers)
                progress.show(read.offsets_done)

    def read_since(self, age: timedelta | None) -> Iterator[AsideRecord]:
        """Yield the records no older than `age`; None: all."""
        spans, oldest_ms = self.spans_since(age)
        for one in self.read(spans, f"reading {self.topic}"):
            if one.record.timestamp_ms >= oldest_ms:
                yield one


def as_json(one: AsideRecord, **more: str | float) -> dict[str, Any]:
    """Return a record for machines, whole: what is not UTF-8 is given in hexadecimal digits."""
    record = one.record
    said: dict[str, Any] = {
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": time_text(record.timestamp_ms * 1000),
        **more,
        **one.added,
        **_text("key", record.key),
        **_text("value", record.value),
    }
    if record.headers:
        said["headers"] = [_text("value", value) | {"name": name} for name, value in record.headers]
    for name in "source_partition", "source_offset", "truncated_from":
        if name in said:
            said[name] = int(said[name])
    return said


def _text(name: str, value: bytes | None) -> dict[str, str | None]:
    if value is None:
        return {name: None}
    try:
        return {name: value.decode()}
    except UnicodeDecodeError:
        return {f"{name}_hex": value.hex()}


def shown(value: bytes | None, most: int) -> str:
    """Return the beginning of a value, on one line."""
    if value is None:
        return "(null)"
    text = value[: 4 * most].decode(errors="replace")
    line = "".join(c if c.isprintable() else "·" for c in text)
    return line if len(line) <= most and len(value) <= 4 * most else f"{line[: most - 1]}…"


Kind: TypeAlias = Callable[[AsideRecord], str]
