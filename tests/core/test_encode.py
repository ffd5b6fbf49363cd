"""The exact bytes of the three output topics."""

import json
from decimal import Decimal

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.strategies import amounts

from windowing.core.aggregate import Aggregate, average, plain
from windowing.core.encode import (
    Aside,
    average_json,
    encode_dead_letter,
    encode_late,
    encode_results,
    time_text,
    user_json,
)
from windowing.core.messages import (
    ClosedWindow,
    DeadLetter,
    Headers,
    Late,
    SourceRecord,
    Unfolded,
)

FIVE_MINUTES_US = 300_000_000
NEW_YEAR_US = 1_767_225_600_000_000
WINDOW = NEW_YEAR_US // FIVE_MINUTES_US
NONE = "0"


def test_a_result_has_the_bytes_of_the_contract():
    aggregate = Aggregate(7, 3, "12.500000000000000000")
    output = encode_results(ClosedWindow(WINDOW, {"42": aggregate}), FIVE_MINUTES_US, "results")
    assert output.topic == "results"
    assert output.timestamp_ms == NEW_YEAR_US // 1_000 + 300_000
    assert output.headers == []
    assert list(output.records()) == [
        (
            "42",
            b'{"user_id":42,"window_start":"2026-01-01T00:00:00Z",'
            b'"window_end":"2026-01-01T00:05:00Z","count":7,"amount_count":3,'
            b'"total_amount":12.5,"avg_amount":4.166666666666667}',
        )
    ]


def test_every_user_of_a_window_has_a_record_under_the_text_form():
    users = dict.fromkeys(["ada", "ünsal", "7"], Aggregate(1, 0, NONE))
    output = encode_results(ClosedWindow(WINDOW, users), FIVE_MINUTES_US, "results")
    assert [key for key, _ in output.records()] == ["ada", "ünsal", "7"]
    assert [json.loads(value)["user_id"] for _, value in output.records()] == ["ada", "ünsal", 7]


@given(st.text(min_size=1, max_size=20), st.integers(1, 10**9), st.none() | amounts())
def test_a_result_parses_back(user, count, amount):
    total = Decimal(amount or 0)
    aggregate = Aggregate(count, 0 if amount is None else 1, str(total))
    output = encode_results(ClosedWindow(WINDOW, {user: aggregate}), FIVE_MINUTES_US, "results")
    [(key, value)] = output.records()
    result = json.loads(value, parse_float=Decimal, parse_int=Decimal)
    assert list(result) == [
        "user_id",
        "window_start",
        "window_end",
        "count",
        "amount_count",
        "total_amount",
        "avg_amount",
    ]
    assert key == str(result["user_id"]) == user
    assert result["count"] == count
    assert result["total_amount"] == total
    assert float(result["avg_amount"]) == float(total)
    assert b" " not in value.replace(user_json(user).encode(), b"")


@given(amounts(), st.integers(1, 3))
@example("12.5", 2)
@example("0.0001", 1)
@example("0.00001", 1)
@example("-123456789012345.6", 1)
@example("0.1000000000000000055", 1)
def test_an_average_is_written_as_the_shortest_text_of_its_double(total, amount_count):
    text = plain(str(Decimal(total)))
    mean = average(text, amount_count)
    assert average_json(text, amount_count) == orjson.dumps(mean).decode()


@pytest.mark.parametrize(
    "user", ["0", "7", "-7", "1234567890", str(2**63 - 1), str(-(2**63)), "100", "-10"]
)
def test_a_canonical_integer_of_64_bits_is_a_number(user):
    assert user_json(user) == user


@pytest.mark.parametrize(
    "user",
    [
        *["-0", "007", "+7", "7 ", " 7", "7.0", "1e3", "1_000", "٤٢", "²", "0x10", "-", "--5"],
        *["-٤", "0-", "true", "null", "NaN"],
        *[str(2**63), str(-(2**63) - 1), str(2**64), "9" * 20, "-" + "9" * 20, "1" * 256],
    ],
)
def test_any_other_user_is_a_string(user):
    assert json.loads(user_json(user)) == user
    assert user_json(user).startswith('"')


@given(st.text(min_size=1) | st.integers().map(str))
def test_a_user_is_a_number_only_if_that_leads_back_to_the_text(user):
    shown = json.loads(user_json(user))
    assert str(shown) == user
    is_canonical = user == str(shown) and isinstance(shown, int)
    assert is_canonical == (isinstance(shown, int) and -(2**63) <= shown < 2**63)


@given(st.integers(-(2**63), 2**63 - 1))
def test_all_integers_of_64_bits_are_numbers(number):
    assert user_json(str(number)) == str(number)


@pytest.mark.parametrize(
    ("average", "shown"),
    [("0.1", "0.1"), ("100", "100.0"), ("0", "0.0"), ("1e-18", "1e-18")],
)
def test_an_average_is_a_short_text_of_the_same_double(average, shown):
    aggregate = Aggregate(1, 1, str(Decimal(average)))
    output = encode_results(ClosedWindow(WINDOW, {"a": aggregate}), FIVE_MINUTES_US, "results")
    [(_, value)] = output.records()
    assert str(value).endswith(f'"avg_amount":{shown}}}\'')


ASIDE = Aside("aside", max_record_bytes=1_000)
RECORD = SourceRecord(b"\xff raw", b"key", [("a", b"\xfe"), ("a", None)], 1_234, 3, 99)
SOURCE = [("source_topic", b"events"), ("source_partition", b"3"), ("source_offset", b"99")]


def test_a_late_event_is_untouched_and_says_what_it_missed():
    event = Unfolded("42", WINDOW, Aggregate(1, 0, NONE), NEW_YEAR_US, RECORD)
    watermark_us = NEW_YEAR_US + FIVE_MINUTES_US + 1_500_000
    output = encode_late(Late(event, watermark_us), FIVE_MINUTES_US, ASIDE, "events")
    assert (output.topic, output.timestamp_ms) == ("aside", 1_234)
    assert list(output.records()) == [(b"key", b"\xff raw")]
    assert output.headers == [
        ("a", b"\xfe"),
        ("a", None),
        ("window_start", b"2026-01-01T00:00:00Z"),
        ("window_end", b"2026-01-01T00:05:00Z"),
        ("watermark", b"2026-01-01T00:05:01.500000Z"),
        *SOURCE,
    ]


def test_a_dead_letter_is_untouched_and_says_why():
    dead = DeadLetter(RECORD, "not UTF-8 é")
    output = encode_dead_letter(dead, ASIDE, "events")
    assert (output.topic, output.timestamp_ms) == ("aside", 1_234)
    assert list(output.records()) == [(b"key", b"\xff raw")]
    assert output.headers == [
        ("a", b"\xfe"),
        ("a", None),
        ("error", "not UTF-8 é".encode()),
        *SOURCE,
    ]


def test_null_keys_and_values_stay_null():
    tombstone = SourceRecord(None, None, [], 0, 0, 0)
    output = encode_dead_letter(DeadLetter(tombstone, "value is null"), ASIDE, "events")
    assert list(output.records()) == [(None, None)]


def size(key: bytes | None, value: bytes | None, headers: Headers) -> int:
    """Return the bytes of a record without its frame."""
    parts = [key, value, *(part for header in headers for part in header)]
    return sum(len(part.encode() if isinstance(part, str) else part) for part in parts if part)


@pytest.mark.parametrize("room", range(500, 1_500, 50))
@pytest.mark.parametrize("header", [b"", b"x" * 300, b"x" * 1_000])
def test_what_is_too_large_for_the_topic_is_cut_and_says_so(room, header):
    value = b"v" * 800
    record = RECORD._replace(value=value, headers=[("a", header)])
    output = encode_dead_letter(DeadLetter(record, "why"), Aside("aside", room), "events")
    [(key, kept)] = output.records()
    headers = dict(output.headers)
    assert kept is not None
    assert value.startswith(kept)
    assert headers["error"] == b"why"
    assert headers["source_offset"] == b"99"
    if kept == value:
        assert "truncated_from" not in headers
        assert (key, headers["a"]) == (b"key", header)
    else:
        assert headers["truncated_from"] == b"800"
    assert kept == b"" or size(key, kept, output.headers) <= room


def test_what_fits_is_not_cut():
    record = RECORD._replace(value=b"v" * 100_000)
    aside = Aside("aside", 101_000)
    output = encode_dead_letter(DeadLetter(record, "why"), aside, "events")
    assert list(output.records()) == [(b"key", b"v" * 100_000)]


def test_a_tombstone_with_headers_too_large_for_the_topic_is_cut_too():
    record = RECORD._replace(value=None, headers=[("a", b"x" * 10_000)])
    output = encode_dead_letter(DeadLetter(record, "value is null"), ASIDE, "events")
    assert size(None, None, output.headers) <= 1_000


@pytest.mark.parametrize(
    ("time_us", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (NEW_YEAR_US, "2026-01-01T00:00:00Z"),
        (NEW_YEAR_US + 1_000, "2026-01-01T00:00:00.001000Z"),
    ],
)
def test_a_time_is_rfc_3339_in_utc(time_us, text):
    assert time_text(time_us) == text
