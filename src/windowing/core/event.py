"""A user event as it stands in the input topic."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, TypeAlias

from msgspec import Meta, Struct

UserId: TypeAlias = int | Annotated[str, Meta(min_length=1, max_length=256)]


class UserEvent(Struct, frozen=True, gc=False):
    """One thing that a user did.

    Fields:
        user_id: 42 and "42" are the same user, see `identity`.
        event_type: not empty.
        timestamp: when it happened; naive means UTC. Digits beyond microseconds are rounded.
        amount: None when it is null or absent; zero is an amount.
    """

    user_id: UserId
    event_type: Annotated[str, Meta(min_length=1)]
    timestamp: datetime
    amount: Decimal | None = None


class WrittenEvent(Struct, frozen=True, gc=False):
    """An event whose amount is not checked yet, the other fields as in `UserEvent`.

    Fields:
        amount: whatever stands there. A number with a point or an exponent is a `Decimal`, see
            `windowing.core.decode.parse`.
    """

    user_id: UserId
    event_type: Annotated[str, Meta(min_length=1)]
    timestamp: datetime
    amount: Any = None


class BareEvent(WrittenEvent, frozen=True, gc=False, forbid_unknown_fields=True):
    """One without any further field."""


def identity(user_id: int | str) -> str:
    """Return the text form of a user's id, by which users are told apart."""
    return user_id if isinstance(user_id, str) else str(user_id)
