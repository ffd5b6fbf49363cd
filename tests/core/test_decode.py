"""What is an event, and what is not and why."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Context, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import amounts, event_json, events, styles

from windowing.core.decode import NotAnEventError, decode
from windowing.core.event import UserEvent, identity
from windowing.core.window import as_utc, microseconds_since_epoch

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LATEST = NOON + timedelta(hours=1)
DEEP = 100_000


def written(**changes: str | None) -> bytes:
    """Return the JSON of an event; changes are JSON too, and None leaves a field out."""
    fields: dict[str, str | None] = {
        "user_id": "1",
        "event_type": '"click"',
        "timestamp": '"2026-01-01T12:00:00Z"',
    }
    pairs = [f'"{name}": {value}' for name, value in {**fields, **changes}.items() if value]
    return f"{{{', '.join(pairs)}}}".encode()


def reason(value: bytes | None) -> str:
    """Return why a record is no event; it is one line."""
    with pytest.raises(NotAnEventError) as refused:
        decode(value, LATEST)
    text = str(refused.value)
    assert text.splitlines() == [text]
    return text


def amount_of(value: str) -> Decimal | None:
    return decode(written(amount=value), LATEST).amount


@given(events(windows=50), styles())
def test_an_event_is_what_was_written_whatever_the_spelling(event, style):
    read = decode(event_json(event, style), LATEST)
    assert identity(read.user_id) == str(event.user)
    assert microseconds_since_epoch(as_utc(read.timestamp)) == event.time_us
    if event.amount is None:
        assert read.amount is None
    else:
        assert read.amount is not None
        assert Fraction(read.amount) == Fraction(event.amount)
        assert read.amount.as_tuple().exponent == -18


@given(st.dictionaries(st.text(), st.none() | st.text() | st.floats() | st.lists(st.integers())))
def test_unknown_fields_are_ignored(unknown):
    known = {"user_id": 1, "event_type": "click", "timestamp": "2026-01-01T12:00:00Z"}
    unknown.pop("amount", None)
    text = json.dumps({**unknown, **known}).replace("NaN", "1e999").replace("Infinity", "1e999")
    assert decode(text.encode(), LATEST) == UserEvent(1, "click", NOON)


# Not JSON, or not of this shape


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, "value is null"),
        (b"", "truncated"),
        (b"   ", "truncated"),
        (b"hello", "malformed"),
        (b"\x00", "malformed"),
        (b'{"user_id": 1', "truncated"),
        (written() + b"}", "trailing"),
        (written() + written(), "trailing"),
        (b"\xef\xbb\xbf" + written(), "malformed"),
        (written().decode().encode("utf-16"), "not UTF-8"),
        (b"null", "Expected `object`, got `null`"),
        (b"[]", "Expected `object`, got `array`"),
        (b'"text"', "Expected `object`"),
        (b"1", "Expected `object`"),
        (b"1e400", "out of range"),
        (b"{}", "`user_id`"),
        (written(amount="NaN"), "malformed"),
        (written(amount="Infinity"), "malformed"),
        (written(amount="-"), "malformed"),
        (written(amount="1."), "malformed"),
        (written(amount="01"), "malformed"),
        (written(other="'x'"), "malformed"),
        (written(user_id='"\\ud800"'), "surrogate"),
    ],
)
def test_what_is_not_such_json_is_refused_and_says_why(value, why):
    assert why in reason(value)


@pytest.mark.parametrize(
    "value",
    [
        b"[" * DEEP,
        b"[" * DEEP + b"]" * DEEP,
        b'{"a":' * DEEP + b"1" + b"}" * DEEP,
        written(other="[" * DEEP + "]" * DEEP),
        written(other="[" * DEEP),
        written(other='{"a":' * DEEP + "1" + "}" * DEEP),
        written(user_id="[" * DEEP + "]" * DEEP),
        written(event_type="1", other="[" * DEEP + "]" * DEEP),
    ],
)
def test_what_is_nested_past_all_reason_is_refused(value):
    assert reason(value) == "nested too deeply"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'{"user_id": "', b'", "event_type": "a", "timestamp": "2026-01-01T12:00:00Z"}'),
        (b'{"event_type": "', b'", "user_id": 1, "timestamp": "2026-01-01T12:00:00Z"}'),
        (written()[:-1] + b', "ignored": "', b'"}'),
        (written()[:-1] + b', "ignored": ["', b'"]}'),
        (written()[:-1] + b', "', b'": 1}'),
    ],
)
@pytest.mark.parametrize(
    "wrong", [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf"]
)
def test_what_is_not_utf8_is_refused_also_in_what_is_ignored(before, wrong, after):
    assert decode(before + "ü".encode() + after, LATEST)
    assert "not UTF-8" in reason(before + wrong + after)


def test_the_place_of_what_is_not_utf8_is_that_in_the_record():
    assert reason(b'{"user_id": "\xff"}').endswith("at byte 13")


# Fields


@pytest.mark.parametrize("field", ["user_id", "event_type", "timestamp"])
@pytest.mark.parametrize("value", [None, "null", "true", "1.5", "[]", "{}", '""'])
def test_a_missing_or_ill_typed_field_is_named(field, value):
    assert field in reason(written(**{field: value}))


@pytest.mark.parametrize(
    "user", ["true", "false", "1.0", "1e3", "-1.5", "[1]", f'"{"x" * 257}"', f'"{"é" * 257}"']
)
def test_a_user_is_neither_a_bool_nor_a_float_nor_longer_than_256_characters(user):
    assert "user_id" in reason(written(user_id=user))


@pytest.mark.parametrize(
    "user",
    [
        0,
        -1,
        2**63 - 1,
        -(2**63),
        2**63,
        2**64,
        10**40,
        "x",
        "x" * 256,
        "é" * 256,
        "😀" * 256,
        " ",
        "\0",
    ],
)
def test_a_user_is_any_integer_or_a_text_of_up_to_256_characters(user):
    value = json.dumps(user, ensure_ascii=False)
    assert decode(written(user_id=value), LATEST).user_id == user
    assert decode(written(user_id=json.dumps(user)), LATEST).user_id == user


@pytest.mark.parametrize("user", ["9" * 5_000, "-" + "9" * 5_000])
def test_an_integer_past_all_reason_is_refused_and_the_field_named(user):
    assert "user_id" in reason(written(user_id=user))


@pytest.mark.parametrize("amount", ["true", "[]", "{}", '""', '"abc"', '"0x10"', '"null"', '"1,5"'])
def test_an_amount_is_a_number_or_a_text_that_holds_one(amount):
    assert "amount" in reason(written(amount=amount))


def test_an_amount_may_be_absent_or_null_and_zero_is_one():
    assert decode(written(), LATEST).amount is None
    assert amount_of("null") is None
    assert amount_of("0") == amount_of("-0.0") == amount_of('"0e400"') == amount_of("0e-400") == 0


@given(amounts())
def test_an_amount_is_exact_as_a_number_and_as_a_text(amount):
    assert amount_of(amount) == amount_of(f'"{amount}"') == Context(prec=60).create_decimal(amount)


@pytest.mark.parametrize(
    "amount", ["NaN", "nan", "-NaN", "sNaN", "NaN123", "Infinity", "-Infinity", "inf"]
)
def test_an_amount_is_finite(amount):
    assert "not a finite number" in reason(written(amount=f'"{amount}"'))


@pytest.mark.parametrize(
    "amount",
    [
        "9" * 18,
        "-" + "9" * 18,
        "0." + "9" * 18,
        f"{'9' * 18}.{'9' * 18}",
        f"-{'9' * 18}.{'9' * 18}",
        "1e17",
        "1e-18",
        "1.5" + "0" * 100,
        "0.000000000000000001" + "0" * 5_000,
        "1000e-21",
    ],
)
def test_up_to_18_digits_before_and_after_the_point_are_taken_exactly(amount):
    assert amount_of(amount) == amount_of(f'"{amount}"') == Decimal(amount)


@pytest.mark.parametrize(
    "amount",
    [
        "1" + "0" * 18,
        "-1" + "0" * 18,
        "9" * 19,
        "1e18",
        "1e400",
        "-1e400",
        "1e-19",
        "123e-20",
        "1e-400",
        "0." + "1" * 19,
        "-0." + "1" * 19,
        "1." + "0" * 18 + "1",
        f"{'9' * 18}.{'9' * 19}",
        "1e999999999999999999",
        "1e-999999999999999999",
        "9" * 6_000,
    ],
)
def test_more_digits_than_18_before_or_after_the_point_are_refused(amount):
    for value in (amount, f'"{amount}"'):
        text = reason(written(amount=value))
        assert text.startswith("amount ")
        assert "more than 18 digits" in text
        assert len(text) < 300


@pytest.mark.parametrize("exponent", ["1e99999999999999999999", "1e-99999999999999999999"])
@pytest.mark.parametrize(
    "value",
    [
        '{{"user_id": 1, "event_type": "a", "timestamp": "2026-01-01T12:00:00Z", "amount": {}}}',
        '{{"user_id": true, "event_type": "a", "timestamp": "2026-01-01T12:00:00Z", "x": {}}}',
        "{}",
        "[{}]",
    ],
)
def test_an_exponent_past_all_reason_is_refused(value, exponent):
    reason(value.format(exponent).encode())


def test_an_exponent_past_all_reason_in_an_ignored_field_is_ignored():
    assert decode(written(ignored="1e99999999999999999999"), LATEST) == decode(written(), LATEST)


def test_a_reason_is_short_whatever_the_value():
    assert len(reason(written(amount=f'"NaN{"1" * 100_000}"'))) < 1_000


# Times


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-01-01T12:00:00Z", NOON),
        ("2026-01-01t12:00:00z", NOON),
        ("2026-01-01 12:00:00Z", NOON),
        ("2026-01-01T12:00:00", NOON),
        ("2026-01-01T12:00:00-00:00", NOON),
        ("2026-01-01T17:30:00+05:30", NOON),
        ("2025-12-31T12:01:00-23:59", NOON),
        ("2026-01-01T12:00:00.5", NOON + timedelta(milliseconds=500)),
        ("2026-01-01T12:00:00.123456Z", NOON + timedelta(microseconds=123_456)),
        ("2026-01-01T12:00:00.1234564Z", NOON + timedelta(microseconds=123_456)),
        ("2026-01-01T12:00:00.1234566Z", NOON + timedelta(microseconds=123_457)),
        ("2026-01-01T11:59:59.9999999Z", NOON),
        ("2025-12-31T23:59:59.9999996+05:30", datetime(2025, 12, 31, 18, 30, tzinfo=UTC)),
        ("2026-01-01T12:00:00." + "0" * 100 + "1Z", NOON),
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("1970-01-01T05:30:00+05:30", datetime(1970, 1, 1, tzinfo=UTC)),
        ("1969-12-31T23:00:00-01:00", datetime(1970, 1, 1, tzinfo=UTC)),
        ("2026-01-01T13:00:00Z", LATEST),
        ("2026-01-01T14:00:00+01:00", LATEST),
    ],
)
def test_a_time_is_rfc_3339_and_utc_unless_it_says_otherwise(text, time):
    assert as_utc(decode(written(timestamp=f'"{text}"'), LATEST).timestamp) == time


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-01",
        "2026-01-01T12:00Z",
        "12:00:00Z",
        "1767268800",
        "2026-02-30T12:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T12:00:00+24:00",
        "2026-01-01T12:00:00,5Z",
        "2026-01-01T12:00:00Z ",
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59.9999999Z",
        "yesterday",
    ],
)
def test_what_is_no_such_time_is_refused(text):
    assert "timestamp" in reason(written(timestamp=f'"{text}"'))


@pytest.mark.parametrize("number", ["1767268800", "1767268800.5", "-1"])
def test_a_number_is_no_time(number):
    assert "timestamp" in reason(written(timestamp=number))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1969-12-31T23:59:59.999999Z", "timestamp 1969-12-31T23:59:59.999999Z is before 1970"),
        ("1970-01-01T00:59:59+01:00", "timestamp 1969-12-31T23:59:59Z is before 1970"),
        ("1969-12-31T23:59:59", "is before 1970"),
        ("0001-01-01T00:00:00Z", "is before 1970"),
        ("0001-01-01T00:00:00+00:01", "timestamp 0001-01-01T00:00:00+00:01 is out of range"),
        ("9999-12-31T23:59:59-00:01", "timestamp 9999-12-31T23:59:59-00:01 is out of range"),
        ("2026-01-01T13:00:00.000001Z", "timestamp 2026-01-01T13:00:00.000001Z is in the future"),
        ("2026-01-01T14:00:00.000001+01:00", "2026-01-01T13:00:00.000001Z is in the future"),
        ("2026-01-01T13:00:00.0000006", "timestamp 2026-01-01T13:00:00.000001Z is in the future"),
        ("2099-01-01T00:00:00Z", "later than 2026-01-01T13:00:00Z"),
    ],
)
def test_a_time_before_1970_or_too_far_ahead_is_refused(text, why):
    assert why in reason(written(timestamp=f'"{text}"'))


def test_how_far_ahead_is_told_in_any_time_zone():
    east = LATEST.astimezone(timezone(timedelta(hours=5)))
    assert decode(written(timestamp='"2026-01-01T13:00:00"'), east)
    with pytest.raises(NotAnEventError, match="later than 2026-01-01T13:00:00Z"):
        decode(written(timestamp='"2026-01-01T13:00:00.000001"'), east)


# Repeated fields


@pytest.mark.parametrize(
    ("field", "right"),
    [
        ("user_id", '"last"'),
        ("event_type", '"last"'),
        ("timestamp", '"2026-01-01T12:30:00Z"'),
        ("amount", "7.25"),
        ("amount", "null"),
    ],
)
@pytest.mark.parametrize(
    "wrong", ["null", "true", "1.5", "[1]", '""', '"NaN"', "1e400", '"2099-01-01T00:00:00Z"']
)
def test_of_a_repeated_field_the_last_value_counts(field, right, wrong):
    rest = written(**{field: None})[1:-1]
    last_right = b'{"%s": %s, %s, "%s": %s}' % (
        field.encode(),
        wrong.encode(),
        rest,
        field.encode(),
        right.encode(),
    )
    assert decode(last_right, LATEST) == decode(written(**{field: right}), LATEST)


@pytest.mark.parametrize("field", ["user_id", "event_type", "timestamp", "amount"])
def test_of_a_repeated_field_the_last_value_is_also_what_is_wrong(field):
    assert field in reason(written(amount="1")[:-1] + b', "%s": true}' % field.encode())


def test_a_careful_second_look_reads_the_same_event():
    """An ill-typed first value sends the whole record another way; nothing else may change."""
    for user, amount in [(2**63 - 1, "123456789012345678"), (10**40, "0.10"), ("é", '"5e-18"')]:
        plain = written(user_id=json.dumps(user), amount=amount)
        assert decode(b'{"event_type": 1, ' + plain[1:], LATEST) == decode(plain, LATEST)


def test_of_a_repeated_field_any_number_may_have_come_first():
    value = b'{"user_id": 1e99999999999999999999, %s}' % written()[1:-1]
    assert decode(value, LATEST) == decode(written(), LATEST)
