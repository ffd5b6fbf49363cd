"""The three output topics of a simulated world, and what must be in them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from tests.models import Answer, Event, Place, batch_answer
from tests.simulation.fake_record import FakeRecord
from tests.strategies import LENGTH_US, Arrival

from windowing.core.messages import PassedOn, Results

HOLE = Arrival(b"an offset without a record: the end of a transaction", None)


def header(record: PassedOn, name: str) -> str:
    """Return the text of the last header of a name."""
    value = dict(record.headers)[name]
    assert isinstance(value, bytes)
    return value.decode()


@dataclass
class Topics:
    """What was written, by user and window or by place; nothing may be written twice."""

    results: dict[tuple[str, int], bytes] = field(default_factory=dict)
    late: dict[Place, PassedOn] = field(default_factory=dict)
    dead: dict[Place, PassedOn] = field(default_factory=dict)

    def add_results(self, records: Results) -> None:
        """Take in the results of a window; their time is its end."""
        for key, value in records.records():
            where = key, records.timestamp_ms
            assert where not in self.results, f"a second record for {where}"
            self.results[where] = value

    def add_late(self, record: PassedOn) -> None:
        """Take in a late event."""
        self.late[self._new_place(record)] = record

    def add_dead(self, record: PassedOn) -> None:
        """Take in a dead letter."""
        self.dead[self._new_place(record)] = record

    def _new_place(self, record: PassedOn) -> Place:
        place = int(header(record, "source_partition")), int(header(record, "source_offset"))
        assert place not in self.late.keys() | self.dead.keys(), f"{place} was passed on twice"
        original = FakeRecord(None, place[1])
        assert record.key == original.key()
        assert record.headers[: len(original.headers() or [])] == (original.headers() or [])
        return place

    def answer(self) -> Answer:
        """Return what the results say, read as any consumer would."""
        answer: Answer = {}
        for (key, timestamp_ms), value in self.results.items():
            result = json.loads(value, parse_float=Decimal)
            amounts, total = result["amount_count"], Fraction(result["total_amount"])
            assert str(result["user_id"]) == key
            assert result["avg_amount"] == Decimal(repr(float(total / amounts if amounts else 0)))
            window = timestamp_ms * 1_000 // LENGTH_US - 1
            answer[key, window] = result["count"], amounts, total
        return answer

    def check_all(self, inputs: Sequence[Sequence[Arrival]]) -> None:
        """Check that every record of the input is in exactly one topic, and rightly there."""
        arrived = {
            (p, offset): arrival
            for p, partition in enumerate(inputs)
            for offset, arrival in enumerate(partition)
            if arrival is not HOLE
        }
        broken = {place for place, arrival in arrived.items() if arrival.event is None}
        assert self.dead.keys() == broken
        for place, record in [*self.late.items(), *self.dead.items()]:
            assert record.value == arrived[place].value
        for place, record in self.late.items():
            window_end = datetime.fromisoformat(header(record, "window_end"))
            assert window_end <= datetime.fromisoformat(header(record, "watermark")), place
        counted: list[Event] = [
            arrival.event
            for place, arrival in arrived.items()
            if arrival.event is not None and place not in self.late
        ]
        assert self.answer() == batch_answer(counted, LENGTH_US)
