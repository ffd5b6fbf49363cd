"""A process takes the place of those before it: on the broker, then in the recovery store.

Whoever runs is cut off from Kafka first, sees that and ends, and so lets go of the store. One that
does not end stands still, or has no broker. It cannot write to Kafka any more; of the store it
keeps the old files, and this process goes on with copies.

The last to claim the lanes is the one that goes on: every other ends before it writes or saves.
"""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from uuid import uuid4

from windowing.engine.lane_sink import LANES
from windowing.engine.recovery_store import StoreError
from windowing.engine.store_copy import part_from_others, tidy
from windowing.engine.store_lock import Holder, StoreLock
from windowing.engine.tenure import Tenure
from windowing.kafka.transaction import LaneTransactions
from windowing.observe.health import Health

PATIENCE_S = 3.0
"""How long those before have to end; then it is said that they are waited for, as long again."""

logger = logging.getLogger(__name__)


class Succession:
    """The way of a process into its place.

    Args:
        directory: of the recovery store.
        job: what it writes, and on which Kafka: only its own like can be replaced.
        tenure, health: of this process.
        first: whether this is process 0 of its cluster, which acts for all.
        open_lane: returns the transactions of the lane of a number, for an owner.
    """

    def __init__(
        self,
        directory: Path,
        job: str,
        tenure: Tenure,
        health: Health,
        *,
        first: bool,
        open_lane: Callable[[int, str], LaneTransactions],
    ) -> None:
        self._directory = directory
        self._job = job
        self._tenure = tenure
        self._health = health
        self._first = first
        self._open_lane = open_lane
        self._owner = uuid4().hex
        self._lock = StoreLock(directory, job, self._owner)
        self._claimed: list[LaneTransactions] = []
        self._once = Lock()
        self._joined = False
        self._alone = False

    def begin(self) -> None:
        """Return when those before have ended or are cut off: before the store is read.

        Raises:
            StoreError: another job is at work on the store, which this one cannot cut off.
        """
        if not self._first:
            self._health.wait("waiting for the processes before this one to end")
            self._lock.enter(2 * PATIENCE_S, first=False)
            return
        free = self._lock.enter(0, first=True)
        if not free:
            holder = self._lock.holder()
            self._require_own_kind(holder)
            self._health.wait(f"waiting for {holder.who} to end")
        self._claim()
        # One that took long to claim may have been taken for one that stands still, and replaced.
        if not (free and self._lock.is_in_place()):
            self._wait()
        self._tenure.require()
        tidy(self._directory)

    def join(self) -> None:
        """Hear that the cluster has met; every worker may call this."""
        with self._once:
            if self._joined:
                return
            self._joined = True
            if self._first:
                self._tenure.require()
                self._tenure.end(self._claimed[0])
                for lane in self._claimed:
                    lane.close()
            else:
                owner = self._lock.join()
                # A store that is not process 0's does not tell: then it claims its lanes itself.
                self._alone = not owner
                self._owner = owner or self._owner

    def lane(self, number: int) -> LaneTransactions:
        """Return the transactions of a lane, to be taken over; the cluster must have met."""
        lane = self._open_lane(number, self._owner)
        if self._alone:
            lane.claim()
        return lane

    def _require_own_kind(self, holder: Holder) -> None:
        if holder.job != self._job:
            raise StoreError(
                f"the recovery store {self._directory} is in use by {holder.who}, for another job"
                f" ({holder.job or 'unknown'}, not {self._job}): end that one, or use another store"
            )

    def _claim(self) -> None:
        first, *others = self._claimed = [
            self._open_lane(number, self._owner) for number in range(LANES)
        ]
        # Of two that claim at once, each would be the last on some lanes: both would end.
        with self._lock.turn_to_claim(PATIENCE_S):
            first.claim()
            # Until the cluster has met, this process may itself be replaced.
            self._tenure.begin(first)
            with ThreadPoolExecutor(len(others)) as threads:
                list(threads.map(LaneTransactions.claim, others))

    def _wait(self) -> None:
        """Wait for whoever holds the store; go on with copies if the same one does not end."""
        while not self._lock.enter(PATIENCE_S, first=True):
            holder = self._lock.holder()
            self._require_own_kind(holder)
            where = f"{holder.who}, is at work on the recovery store {self._directory}"
            logger.warning("%s: waiting for it to end", where)
            if self._lock.enter(PATIENCE_S, first=True):
                return
            if self._lock.holder() == holder:
                logger.warning("%s and does not end: going on with copies of the files", where)
                part_from_others(self._directory, self._tenure.require)
                self._lock.seize()
                return
