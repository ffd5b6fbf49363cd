"""Why a record is a dead letter, as one of a few kinds: the reasons themselves hold values."""

from enum import StrEnum


class Reason(StrEnum):
    """A kind of reason; the fields of an event that can be wrong have one each."""

    NULL_VALUE = "null_value"
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    NESTED_TOO_DEEPLY = "nested_too_deeply"
    NOT_AN_OBJECT = "not_an_object"
    MISSING_FIELD = "missing_field"
    BAD_USER_ID = "bad_user_id"
    BAD_EVENT_TYPE = "bad_event_type"
    BAD_TIMESTAMP = "bad_timestamp"
    BEFORE_1970 = "before_1970"
    IN_THE_FUTURE = "in_the_future"
    BAD_AMOUNT = "bad_amount"
    OTHER = "other"


_OPENINGS = {
    "value is null": Reason.NULL_VALUE,
    "not UTF-8": Reason.NOT_UTF8,
    "JSON is malformed": Reason.NOT_JSON,
    "Input data was truncated": Reason.NOT_JSON,
    "nested too deeply": Reason.NESTED_TOO_DEEPLY,
    "Object missing required field": Reason.MISSING_FIELD,
    "Expected `object`": Reason.NOT_AN_OBJECT,
    "amount ": Reason.BAD_AMOUNT,
}
_FIELDS = {
    "user_id": Reason.BAD_USER_ID,
    "event_type": Reason.BAD_EVENT_TYPE,
    "timestamp": Reason.BAD_TIMESTAMP,
    "amount": Reason.BAD_AMOUNT,
}


def kind_of(reason: str) -> Reason:
    """Return the kind of a reason that `decode` gave, by its text: it is all that a topic keeps."""
    for opening, kind in _OPENINGS.items():
        if reason.startswith(opening):
            return kind
    if reason.startswith("timestamp "):
        if " is in the future" in reason:
            return Reason.IN_THE_FUTURE
        return Reason.BEFORE_1970 if reason.endswith(" is before 1970") else Reason.BAD_TIMESTAMP
    field = reason.rpartition(" - at `$.")[2].rstrip("`")
    return _FIELDS.get(field, Reason.OTHER)
