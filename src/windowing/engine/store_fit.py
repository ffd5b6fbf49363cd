"""Whether a recovery store fits the job, looked at before anybody is cut off for it.

Each step refuses what does not fit it, but later, when the flow that was at work has had to end.
"""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from windowing.core.snapshot import (
    GROUP,
    LANE,
    LaneSnapshot,
    kind_of,
    unpack_group,
    unpack_lane,
)
from windowing.engine.lane_sink import LANES, number_out
from windowing.engine.store_reader import BusyStoreError, StoreContents, read_store
from windowing.kafka.marker import Marker

logger = logging.getLogger(__name__)


def require_fit(
    directory: Path,
    topics: Sequence[str],
    length_us: int,
    partitions: int,
    marker_of: Callable[[int], Marker | None],
) -> None:
    """Raise what the steps of the flow would raise of a store, and warn of one that is empty.

    Args:
        directory: of the store.
        topics: of the job.
        length_us: of its windows.
        partitions: of its input.
        marker_of: returns the marker of a lane.

    Raises:
        WindowingError: the store cannot be read, is of another job, or is not the newest.
    """
    # Before the store: a lane is saved first and marked then, so the store is never behind.
    with ThreadPoolExecutor(LANES) as threads:
        markers = list(threads.map(marker_of, range(LANES)))
    if not any(directory.glob("*.sqlite3")):
        return  # others of the cluster may see the files
    try:
        contents = read_store(directory)
    except BusyStoreError:
        return  # the flow that is at work on it is this job's
    lanes = saved_lanes(contents, topics, length_us, partitions)
    for number, lane in lanes.items():
        number_out(lane, markers[number])
    written = sum(marker.number for marker in markers if marker is not None)
    if written and not lanes and len(contents.parts) == contents.part_count:
        logger.warning(
            "the recovery store %s is new, and this job has written from another: it begins anew,"
            " what it reads again is written again, and the other store is of no use any more; if"
            " that is not meant, end this process and give the other store",
            directory,
        )


def saved_lanes(
    contents: StoreContents, topics: Sequence[str], length_us: int, partitions: int
) -> dict[int, LaneSnapshot]:
    """Return the saved lanes, when all that is saved is of this job.

    Args:
        contents: of the store.
        topics: of the job.
        length_us: of its windows.
        partitions: of its input; 0: not known.

    Raises:
        SnapshotError: it is not of this job.
    """
    lanes = {}
    for key, _, form in contents.saved:
        kind = kind_of(form)
        if kind == LANE:
            lanes[int(key)] = unpack_lane(form, list(topics))
        elif kind == GROUP and partitions:
            unpack_group(form, length_us, partitions)
    return lanes
