"""A process takes the place of those before it: on the broker, then in the recovery store.

Whoever runs is cut off from Kafka first, sees that and ends, and so lets go of the store. One that
does not end stands still, or has no broker: it asks the broker before it saves anything, and ends
then.
"""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

from windowing.engine.recovery_store import StoreError
from windowing.engine.store_lock import Holder, StoreLock
from windowing.engine.tenure import Tenure
from windowing.kafka.transaction import LaneTransactions

PATIENCE_S = 3.0
"""How long to wait for those before to end; then they are cut off once more, and get as long."""

logger = logging.getLogger(__name__)


class Succession:
    """The way of a process into its place.

    Args:
        directory: of the recovery store.
        job: what it writes, and on which Kafka: only its own like can be replaced.
        tenure: of this process.
        lanes: all there are, for process 0 of a cluster, which acts for all; empty: for others.
    """

    def __init__(
        self, directory: Path, job: str, tenure: Tenure, lanes: Sequence[LaneTransactions]
    ) -> None:
        self._directory = directory
        self._job = job
        self._tenure = tenure
        self._lanes = lanes
        self._lock = StoreLock(directory, job)
        self._first = bool(lanes)
        self._once = Lock()
        self._joined = False

    def begin(self) -> None:
        """Return when those before have ended or are cut off: before the store is read.

        Raises:
            StoreError: another job is at work on the store, which this one cannot cut off.
        """
        if not self._first:
            self._lock.enter(2 * PATIENCE_S, first=False)
            return
        free = self._lock.enter(0, first=True)
        if not free:
            self._require_own_kind(self._lock.holder())
        self._claim()
        # Until the cluster has met, this process may itself be replaced.
        self._tenure.begin(self._lanes[0])
        if not free and not self._lock.enter(PATIENCE_S, first=True):
            self._insist(self._lock.holder())

    def _require_own_kind(self, holder: Holder) -> None:
        if holder.job != self._job:
            raise StoreError(
                f"the recovery store {self._directory} is in use by {holder.who}, for another job"
                f" ({holder.job or 'unknown'}, not {self._job}): end that one, or use another store"
            )

    def _insist(self, holder: Holder) -> None:
        where = f"{holder.who}, is at work on the recovery store {self._directory}"
        logger.warning("%s: waiting for it to end", where)
        self._claim()  # it may itself have been starting, and have taken the lanes over since
        if not self._lock.enter(PATIENCE_S, first=True):
            logger.warning("%s and does not end: going on; it ends before it saves", where)
            self._lock.seize()

    def join(self) -> None:
        """Hear that the cluster has met; every worker may call this."""
        with self._once:
            if self._joined:
                return
            self._joined = True
            if not self._first:
                self._lock.join()
                return
            self._tenure.require()
            self._tenure.end(self._lanes[0])
            for lane in self._lanes:
                lane.close()

    def _claim(self) -> None:
        with ThreadPoolExecutor(len(self._lanes)) as threads:
            list(threads.map(LaneTransactions.claim, self._lanes))
