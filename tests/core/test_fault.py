"""Every reason of a dead letter is of a kind, and the kinds are few."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from windowing.core.decode import NotAnEventError, decode
from windowing.core.fault import KINDS, fault_kind

LATEST = datetime(2026, 1, 1, 13, tzinfo=UTC)


def written(fields: str) -> bytes:
    """Return an event's JSON with other fields; of a repeated one the last counts."""
    return f'{{"user_id":1,"event_type":"e","timestamp":"2026-01-01T12:00:00Z",{fields}}}'.encode()


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "null"),
        (b"", "not_json"),
        (b"hello", "not_json"),
        (written('"x":1}'), "not_json"),
        (b'"\xff"', "not_utf8"),
        (written('"other":"\xff"').decode().encode("latin-1"), "not_utf8"),
        (b"[" * 100_000, "nested_too_deeply"),
        (b"7", "schema"),
        (b"{}", "schema"),
        (written('"user_id":true'), "schema"),
        (written('"event_type":""'), "schema"),
        (written('"timestamp":"yesterday"'), "schema"),
        (written('"amount":"much"'), "schema"),
        (written('"amount":"Infinity"'), "amount"),
        (written('"amount":1e18'), "amount"),
        (written('"amount":"0.0000000000000000001"'), "amount"),
        (written('"timestamp":"1969-12-31T23:59:59Z"'), "timestamp"),
        (written('"timestamp":"0001-01-01T00:00:00+01:00"'), "timestamp"),
        (written('"timestamp":"2026-01-01T13:00:01Z"'), "future"),
        (written('"timestamp":"9999-12-31T23:59:59-01:00"'), "timestamp"),
    ],
)
def test_a_reason_is_of_the_kind_of_the_fault(value, kind):
    with pytest.raises(NotAnEventError) as refused:
        decode(value, LATEST)
    assert fault_kind(str(refused.value).encode()) == kind


@given(st.binary())
def test_whatever_the_reason_its_kind_is_one_of_a_few(reason):
    assert fault_kind(reason) in KINDS
