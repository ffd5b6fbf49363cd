"""Bytes of a record -> `UserEvent`, or the reason why they are none."""

from datetime import UTC, datetime
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow
from typing import cast

import msgspec

from windowing.core.errors import WindowingError
from windowing.core.event import BareEvent, UserEvent, WrittenEvent
from windowing.core.window import EPOCH, as_utc

STEP = Decimal("1e-18")
"""The last decimal place of an amount, as in SQL's numeric(36, 18)."""

PLAIN = Context(prec=19, Emin=0, Emax=17, traps=[Inexact, Overflow, InvalidOperation])
"""Takes a number of at most 19 digits, 18 of them before the point and 18 after, as it is: its
last place is Emin - prec + 1. Raises an ArithmeticError for any other, but a NaN or infinity."""

parse = msgspec.json.Decoder(WrittenEvent, float_hook=PLAIN.create_decimal).decode
"""Bytes -> WrittenEvent, the fast half of `decode`: raises any of `UNREADABLE`, checks no time.
Each `Decimal` that it makes is an amount; what it refuses may still be one."""

parse_bare = msgspec.json.Decoder(BareEvent, float_hook=PLAIN.create_decimal).decode
"""The same for events without further fields: since it skips nothing, what it takes is UTF-8."""

bounded = Context(prec=36, traps=[Inexact, InvalidOperation]).quantize
"""bounded(amount, STEP) is the amount with 18 decimal places, or raises an ArithmeticError:
36 digits leave 18 before the point, and a digit cut off after it is inexact. Lets a NaN pass."""

LONGEST_ZERO = 20
"""Characters of a zero in a string that is taken as it is: with an exponent that no other decimal
could have, the careful way refuses it."""

UNREADABLE: tuple[type[Exception], ...] = (
    ValueError,
    TypeError,
    ArithmeticError,
    RecursionError,
    msgspec.MsgspecError,
)
"""What parsing, comparing and bounding an event that is none can raise."""

_parse_event = msgspec.json.Decoder(UserEvent).decode


class NotAnEventError(WindowingError):
    """The bytes are not an event; the text says why, in a line."""


def decode(value: bytes | None, latest_allowed: datetime) -> UserEvent:
    """Return the event in `value`, its time as written and its amount with 18 decimal places.

    Args:
        value: the record's bytes; None is Kafka's null value.
        latest_allowed: aware; no event may be later.

    Raises:
        NotAnEventError: `value` is not an event of the schema, or a field is out of its range.
    """
    if value is None:
        raise NotAnEventError("value is null")
    _check_utf8(value)
    try:
        event = _parse_last_wins(value)
    except RecursionError:
        raise NotAnEventError("nested too deeply") from None
    except (msgspec.MsgspecError, ValueError) as error:
        raise NotAnEventError(_one_line(str(error))) from None
    _check_time(event.timestamp, latest_allowed)
    if event.amount is None:
        return event
    return msgspec.structs.replace(event, amount=_checked_amount(event.amount))


def plain_amount(written: object) -> Decimal:
    """Return an amount that is written as an integer, or as a number in a string.

    Raises:
        TypeError, ArithmeticError: it is something else; a string may still hold an amount.
    """
    if type(written) not in (int, str):  # True is an int to others
        raise TypeError
    amount = PLAIN.create_decimal(cast("int | str", written))
    if not amount.is_finite() or (not amount and len(str(written)) > LONGEST_ZERO):
        raise InvalidOperation
    return amount


def _parse_last_wins(value: bytes) -> UserEvent:
    """Parse an event; of a repeated field only the last value must be right."""
    try:
        return _parse_event(value)
    except msgspec.ValidationError as error:
        try:
            fields = _parse_any(value)
            if isinstance(fields, dict):
                return msgspec.convert(fields, UserEvent)
        except msgspec.MsgspecError:
            pass  # the first error tells what there is to tell
        raise error


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError:  # an exponent that no Decimal holds
        return Decimal("NaN") if text.strip("-0.").lower()[:1] != "e" else Decimal(0)


_parse_any = msgspec.json.Decoder(float_hook=_number).decode


def _check_time(timestamp: datetime, latest_allowed: datetime) -> None:
    try:
        time = as_utc(timestamp)
    except OverflowError:
        raise NotAnEventError(f"timestamp {timestamp.isoformat()} is out of range") from None
    if time < EPOCH:
        raise NotAnEventError(f"timestamp {_shown(time)} is before 1970")
    if time > latest_allowed:
        raise NotAnEventError(
            f"timestamp {_shown(time)} is in the future: later than {_shown(latest_allowed)},"
            " the wall clock plus WINDOWING_MAX_FUTURE_SKEW"
        )


def _checked_amount(amount: Decimal) -> Decimal:
    if not amount.is_finite():
        raise NotAnEventError(f"amount {_one_line(str(amount), 60)} is not a finite number")
    try:
        return bounded(amount, STEP)
    except ArithmeticError:
        raise NotAnEventError(
            f"amount {_one_line(str(amount), 60)} has more than 18 digits before or after the point"
        ) from None


def _check_utf8(value: bytes) -> None:
    try:
        value.decode()
    except UnicodeDecodeError as error:
        raise NotAnEventError(f"not UTF-8: {error.reason} at byte {error.start}") from None


def _shown(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _one_line(text: str, limit: int = 300) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[:limit]}…"
