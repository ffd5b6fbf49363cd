"""The inputs: how many users and events, over what span, how many of them late or broken."""

from datetime import timedelta
from typing import NamedTuple


class Load(NamedTuple):
    """An input in two sizes; the smaller one is the beginning of the larger one.

    Fields:
        users: all equally busy, numbered from 0; each keeps to one partition.
        span: of event time, in the larger size.
        sizes: how many events, small and large.
        partitions: of the input topic.
        late_share: 0 to 1, of events that are an hour late.
        broken_share: 0 to 1, of records that are no event.
        payload_bytes: of a field that nobody asks for, in each event.
    """

    name: str
    users: int
    span: timedelta
    sizes: tuple[int, int]
    partitions: int = 4
    late_share: float = 0.0
    broken_share: float = 0.0
    payload_bytes: int = 0

    def in_sizes(self, small: int, large: int) -> "Load":
        """Return the load in other sizes, with as many events per second of event time."""
        return self._replace(span=self.span * large / self.sizes[1], sizes=(small, large))


FEW_USERS = Load("100 users", 100, timedelta(hours=1), (1_000_000, 4_000_000))
USERS = Load("10,000 users", 10_000, timedelta(hours=1), (1_000_000, 4_000_000))
MANY_USERS = Load("1,000,000 users", 1_000_000, timedelta(hours=1), (1_000_000, 3_000_000))
SPARSE = Load("sparse: 1 event a window", 1_000, timedelta(days=4 * 365), (105_000, 420_000))
LOADS = (FEW_USERS, USERS, MANY_USERS, SPARSE)
