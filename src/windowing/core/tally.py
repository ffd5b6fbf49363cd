"""Events of one window -> sums by user: the innermost loop of the service.

A sum starts at `BIAS`, so that one addition is exact and bounds the decimals of the amount, too
(docs/decisions/0005).
"""

from collections import defaultdict
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import TypeAlias

from windowing.core.aggregate import Aggregate, add, shortest
from windowing.core.event import UserEvent
from windowing.core.key_group import key_group

BIAS = Decimal("5e36").quantize(Decimal("1e-18"), context=Context(prec=55))
BIASED = Context(prec=55, traps=[Inexact, InvalidOperation])
"""A sum that starts at BIAS keeps 37 digits before the point, up or down, so that 55 digits
leave 18 after it: an amount that has more raises Inexact, at no cost to those that have not."""


class Tally:
    """What has been counted of one user in one window.

    Attributes:
        count: of events.
        nulls: how many of them had no amount.
        biased_total: BIAS and the sum of the amounts.
    """

    __slots__ = ("biased_total", "count", "nulls")

    def __init__(self, nulls: int, biased_total: Decimal) -> None:
        self.count = 1
        self.nulls = nulls
        self.biased_total = biased_total


Tallies: TypeAlias = dict[int | str, Tally]
"""By user id as it is written."""


def count_all(events: list[UserEvent], tallies: Tallies) -> list[UserEvent]:
    """Count events of one window; return, uncounted, those whose amounts are odd.

    To be called in the context `BIASED`. Odd is a NaN, an infinity, 10^18 or more (or a zero that
    is written like that), or more than 18 decimal places.
    """
    odd = []
    for event in events:
        amount = event.amount
        tally = tallies.get(event.user_id)
        if amount is None:
            if tally is None:
                tallies[event.user_id] = Tally(1, BIAS)
            else:
                tally.count += 1
                tally.nulls += 1
        elif amount.adjusted() < 18 and amount.is_finite():
            try:
                if tally is None:
                    tallies[event.user_id] = Tally(0, BIAS + amount)
                else:
                    tally.biased_total += amount
                    tally.count += 1
            except Inexact:
                odd.append(event)
        else:
            odd.append(event)
    return odd


def share_out(tallies: Tallies, groups: int) -> dict[int, dict[str, Aggregate]]:
    """Return of each key group the aggregates of its users, all of one window.

    To be called in the context `BIASED`.
    """
    shares: dict[int, dict[str, Aggregate]] = defaultdict(dict)
    for user_id, tally in tallies.items():
        user = str(user_id)  # its identity, without a call
        users = shares[key_group(user, groups)]
        total = shortest(tally.biased_total - BIAS)
        aggregate = tally.count, tally.count - tally.nulls, total
        known = users.setdefault(user, aggregate)
        if known is not aggregate:  # 42 and "42" were two keys so far
            users[user] = add(known, aggregate)
    return shares
