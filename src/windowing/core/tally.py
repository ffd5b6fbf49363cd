"""Events of one window -> sums by user: the innermost loop of the service.

To be called in the decimal context `EXACT`: Python's default one rounds (docs/decisions/0005).
"""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import TypeAlias

from windowing.core.aggregate import Aggregate, add, total_text
from windowing.core.decode import UNREADABLE, plain_amount
from windowing.core.event import UserEvent, WrittenEvent
from windowing.core.key_group import key_group

ZERO = Decimal(0)


class Tally:
    """What has been counted of one user in one window.

    It has no `__init__`, a call of which costs as much as counting an event.

    Attributes:
        count: of events.
        nulls: how many of them had no amount.
        total: the sum of the amounts.
    """

    __slots__ = ("count", "nulls", "total")
    count: int
    nulls: int
    total: Decimal


Tallies: TypeAlias = dict[int | str, Tally]
"""By user id as it is written."""

Event: TypeAlias = WrittenEvent | UserEvent


def count_all(events: Sequence[Event], tallies: Tallies) -> list[Event]:
    """Count events of one window; return, uncounted, those whose amounts are not plain."""
    odd = []
    for event in events:
        amount = event.amount
        if type(amount) is not Decimal and amount is not None:
            try:
                amount = plain_amount(amount)
            except UNREADABLE:
                odd.append(event)
                continue
        tally = tallies.get(event.user_id)
        if tally is None:
            tallies[event.user_id] = tally = Tally()
            tally.count = 1
            tally.nulls, tally.total = (1, ZERO) if amount is None else (0, amount)
        elif amount is None:
            tally.count += 1
            tally.nulls += 1
        else:
            tally.count += 1
            tally.total += amount
    return odd


def share_out(tallies: Tallies, groups: int) -> dict[int, dict[str, Aggregate]]:
    """Return of each key group the aggregates of its users, all of one window."""
    shares: dict[int, dict[str, Aggregate]] = defaultdict(dict)
    for user_id, tally in tallies.items():
        user = str(user_id)  # its identity, without a call
        users = shares[key_group(user, groups)]
        aggregate = Aggregate(tally.count, tally.count - tally.nulls, total_text(tally.total))
        known = users.setdefault(user, aggregate)
        if known is not aggregate:  # 42 and "42" were two keys so far
            users[user] = add(known, aggregate)
    return shares
