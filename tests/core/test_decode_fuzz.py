"""Random and mutated records: nothing but an answer comes out, and both ways of folding agree.

FUZZ_RECORDS=1000000 FUZZ_SEED=7 pytest tests/core/test_decode_fuzz.py runs more of them.
"""

import os
from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from itertools import islice
from random import Random

from tests.models import Event
from tests.simulation.fake_record import FakeRecord
from tests.strategies import BROKEN, START, START_US, USERS, event_json

from windowing.core.decode import NotAnEventError, decode
from windowing.core.event import identity
from windowing.core.fold import Fold
from windowing.core.watermark import Watermark

RECORDS = int(os.environ.get("FUZZ_RECORDS", "20000"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))

LATEST = START + timedelta(hours=1)
LENGTH_US = 60_000_000
NOTHING_IS_LATE_US = 10**17
LONGEST_REASON = 1_000

AMOUNTS = [
    None,
    "0",
    "-0.0",
    "12.50",
    "-1e3",
    "999999999999999999",
    "-0.00000000000000001",
    "5e-18",
]
TOKENS = [
    *[b'"', b"\\", b"\\u", b"\\ud800", b"{", b"}", b"[", b"]", b":", b",", b" ", b"\n", b"\0"],
    *[b"\xff", b"\xc3", b"\xc3\xbc", b"\xed\xa0\x80", b"\xf0\x9f\x98\x80", b"\xef\xbb\xbf"],
    *[
        b"0",
        b"-",
        b"+",
        b".",
        b"e",
        b"E",
        b"1e400",
        b"e9",
        b"e" + b"9" * 20,
        b"9" * 19,
        b"0" * 19,
        b"9" * 4_400,
    ],
    *[b"NaN", b"Infinity", b"null", b"true", b"sNaN", b'"user_id":', b'"amount":', b'"x":'],
    *[b"T", b"Z", b"+05:30", b"-23:59", b"1969", b"0001", b"9999", b"2099", b".9999999"],
    *[b'"event_type":1,', b'"timestamp":"2026-01-01T12:00:00",', b"[" * 2_000],
]


def an_event(random: Random) -> bytes:
    time_us = START_US + random.randrange(-60, 3_700) * 1_000_000 + random.choice([0, 1, 999_999])
    event = Event(random.choice(USERS), time_us, random.choice(AMOUNTS))
    return event_json(event, random.randrange(210))


def mutated(random: Random, value: bytes, other: bytes) -> bytes:
    """Flip a bit, overwrite, cut out, truncate, repeat, splice or insert."""
    if value and random.randrange(8) == 0:
        changed = bytearray(value)
        changed[random.randrange(len(value))] ^= 1 << random.randrange(8)
        return bytes(changed)
    at, to = sorted((random.randrange(len(value) + 1), random.randrange(len(value) + 1)))
    token = random.choice([random.choice(TOKENS), random.randbytes(random.randrange(1, 9))])
    middle, end = random.choice(
        [
            (token, at + 1),
            (b"", to),
            (b"", len(value)),
            (value[at:to], at),
            (other[random.randrange(len(other) + 1) :], len(value)),
            (token, at),
            (token, to),
        ]
    )
    return value[:at] + middle + value[end:]


def records(random: Random) -> Iterator[FakeRecord]:
    """Make records: a third untouched, so that runs are folded at once now and then."""
    for offset in range(RECORDS):
        value: bytes | None = an_event(random)
        kind = random.randrange(30)
        if kind == 0:
            value = random.choice(BROKEN)
        elif kind == 1:
            value = random.randbytes(random.randrange(40))
        elif kind > 10:
            for _ in range(random.choice([1, 1, 1, 2, 5])):
                value = mutated(random, value or b"", an_event(random))
        yield FakeRecord(value, offset)


def test_decoding_gives_an_event_or_a_reason_in_one_line():
    events = 0
    for record in records(Random(SEED)):
        value = record.value()
        try:
            event = decode(value, LATEST)
        except NotAnEventError as error:
            reason = str(error)
            assert reason.splitlines() == [reason], value
            assert len(reason) < LONGEST_REASON, value
            assert reason.encode(), value
        else:
            events += 1
            assert len(identity(event.user_id).encode()) >= 1, value
            assert event.event_type, value
            assert event.amount is None or event.amount.is_finite(), value
            assert value is not None
            assert value.decode()
    assert RECORDS // 4 < events < RECORDS * 3 // 4


def new_fold() -> Fold:
    return Fold(0, LENGTH_US, timedelta(hours=1), Watermark(NOTHING_IS_LATE_US))


def taken(fold: Fold) -> dict[tuple[int, str], tuple[int, int, Fraction]]:
    """Take what was folded; here nothing stays unfolded."""
    partials, unfolded = fold.take(1)
    assert unfolded == []
    return {
        (window, user): (each.count, each.amount_count, Fraction(each.total))
        for window, users in partials.get(0, {}).items()
        for user, each in users.items()
    }


def test_records_folded_together_and_one_by_one_give_the_same():
    random = Random(SEED)
    left = records(Random(SEED))
    while lot := list(islice(left, 500)):
        together = new_fold()
        rest = lot
        while rest:
            count = random.choice([1, 3, 49, 51, 500])
            together.read(rest[:count], START)
            rest = rest[count:]
        alone: dict[tuple[int, str], tuple[int, int, Fraction]] = {}
        dead = []
        for record in lot:
            fold = new_fold()
            fold.read([record], START)
            dead += fold.take_dead_letters()
            for key, (count, amounts, total) in taken(fold).items():
                before = alone.get(key, (0, 0, Fraction(0)))
                alone[key] = before[0] + count, before[1] + amounts, before[2] + total
        assert taken(together) == alone, [record.value() for record in lot]
        assert together.take_dead_letters() == dead, [record.value() for record in lot]
