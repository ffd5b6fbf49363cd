"""Hypothesis strategies: events, their JSON, disorder, and how an input is cut up."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

from hypothesis import strategies as st
from tests.models import Event

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
"""When the simulated job starts; at the start of a window of any length used here."""
START_US = int(START.timestamp()) * 1_000_000
LENGTH_US = 60_000_000
BOUND_US = 20_000_000

USERS: list[int | str] = [1, "1", 42, "42", -7, "ada", "ünsal", "4 2"]

FIELDS = '"user_id":1,"event_type":"a","timestamp":"2026-01-01T12:00:00Z"'
BROKEN: list[bytes | None] = [
    None,
    b"",
    b"\xff\xfe",
    b"no json",
    b"[" * 100_000,
    b'{"user_id":true,"event_type":"a","timestamp":"2026-01-01T12:00:00Z"}',
    b'{"user_id":1,"event_type":"a","timestamp":"2099-01-01T00:00:00Z"}',
    b'{"user_id":1,"event_type":"a","timestamp":"1969-12-31T23:59:59Z"}',
    f'{{{FIELDS},"amount":"NaN"}}'.encode(),
    f'{{{FIELDS},"amount":1e18}}'.encode(),
    f'{{{FIELDS},"amount":-0.1111111111111111111}}'.encode(),
    f'{{{FIELDS},"amount":1e99999999999999999999}}'.encode(),
    f'{{{FIELDS},"amount":1e-99999999999999999999}}'.encode(),
    f'{{{FIELDS},"x":"\xff"}}'.encode("latin-1"),
]
"""Records that are no events, at any time of the simulated clock."""


def time_written(time_us: int, style: int = 0) -> str:
    """Return a time as RFC 3339, in one of the ways in which the same time may be written."""
    time = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time_us)
    if style % 3 == 1:
        return time.replace(tzinfo=None).isoformat()
    if style % 3 == 2:
        return time.astimezone(timezone(timedelta(hours=5, minutes=30))).isoformat()
    return time.isoformat().replace("+00:00", "Z")


def event_json(event: Event, style: int = 0) -> bytes:
    """Return an event as the bytes of a record; `style` chooses among equal spellings."""
    fields: dict[str, object] = {
        "user_id": event.user,
        "event_type": "click",
        "timestamp": time_written(event.time_us, style),
    }
    text = json.dumps(fields, ensure_ascii=style % 2 == 0)
    if event.amount is not None:
        # As written, so that no float comes between.
        amount = f'"{event.amount}"' if style % 5 == 1 else event.amount
        text = f'{text[:-1]}, "amount": {amount}}}'
    elif style % 5 == 2:
        text = f'{text[:-1]}, "amount": null}}'
    if style % 7 == 3:
        text = f'{{"unknown": [1.5, {{"x": null}}], {text[1:]}'
    return text.encode()


def styles() -> st.SearchStrategy[int]:
    """Ways to write an event."""
    return st.integers(0, 209)


@st.composite
def amounts(draw: st.DrawFn) -> str:
    """Numbers within 18 digits before and after the point, as JSON may write them."""
    places = draw(st.integers(0, 18))
    most = 10 ** (18 + places) - 1
    digits = draw(st.integers(-(10**4), 10**4) | st.integers(-most, most))
    sign, text = "-" if digits < 0 else "", str(abs(digits)).zfill(places + 1)
    if not places:
        return sign + text
    if draw(st.booleans()):
        return f"{sign}{text.lstrip('0') or '0'}e-{places}"
    return f"{sign}{text[:-places].lstrip('0') or '0'}.{text[-places:]}"


def times_us(windows: int = 6) -> st.SearchStrategy[int]:
    """Times in the first windows after the start, often on a boundary."""
    within = st.one_of(
        st.sampled_from([0, 1, LENGTH_US - 1, BOUND_US]), st.integers(0, LENGTH_US - 1)
    )
    return st.builds(
        lambda window, rest: START_US + window * LENGTH_US + rest,
        st.integers(0, windows - 1),
        within,
    )


def events(windows: int = 6) -> st.SearchStrategy[Event]:
    """Events of a few users in a few windows."""
    return st.builds(Event, st.sampled_from(USERS), times_us(windows), st.none() | amounts())


class Arrival(NamedTuple):
    """A record as it comes to a partition: an event in some spelling, or no event at all."""

    value: bytes | None
    event: Event | None


def arrival(event: Event, style: int = 0) -> Arrival:
    """Return an event's arrival."""
    return Arrival(event_json(event, style), event)


def broken() -> st.SearchStrategy[Arrival]:
    """Records that are no events."""
    return st.sampled_from(BROKEN).map(lambda value: Arrival(value, None))


def arrivals(windows: int = 6) -> st.SearchStrategy[Arrival]:
    """Records in any order: often late, sometimes broken."""
    good = st.builds(arrival, events(windows), styles())
    return st.one_of(good, good, good, good, broken())


@st.composite
def within_bound(draw: st.DrawFn, max_size: int = 40) -> list[Arrival]:
    """Records of one partition in an order that `BOUND_US` allows for."""
    delayed = draw(
        st.lists(st.tuples(events(), st.integers(0, BOUND_US), styles()), max_size=max_size)
    )
    in_order = sorted(delayed, key=lambda d: d[0].time_us + d[1])
    return [arrival(event, style) for event, _, style in in_order]


def cuts(most: int = 12) -> st.SearchStrategy[list[int]]:
    """How many records to read at a time; used round and round."""
    return st.lists(st.integers(1, most), min_size=1, max_size=8)
