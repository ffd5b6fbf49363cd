"""A live run that holds many users' windows open: its memory, its store, its pauses.

The windows are filled first and never close; then events come at a steady pace to users all over,
so that each epoch has to save every key group whole.
"""

import re
import signal
from pathlib import Path
from typing import NamedTuple

from tests.kafka.job import Job, Running, killed_at_the_end, make_topics
from tests.kafka.topics import delete_topics

from benchmarks.pair_feed import PARTITIONS, Feed, PairFeeder, wait_until_filled
from benchmarks.pauses import PAUSES, Pause, read_pauses
from benchmarks.store_size import file_bytes, snapshot_bytes

SETTINGS = {"IDLE_TIMEOUT": "0s"}  # so that no window closes by itself
STOPPED_AT_THE_LIMIT = 143


class OpenPairs(NamedTuple):
    """What it took to hold so many (user, window) pairs open.

    Fields:
        resident_mib, peak_mib: of the process, when it was asked to stop.
        snapshot_bytes: of the key groups in the recovery store, the newest of each.
        file_bytes: of the store's files.
        pauses: since the windows were filled.
        stopped_in_time: whether the state could be saved before the service ends at any rate.
    """

    pairs: int
    resident_mib: float
    peak_mib: float
    snapshot_bytes: int
    file_bytes: int
    pauses: list[Pause]
    stopped_in_time: bool


def hold_open(
    bootstrap: str, pairs: int, folder: Path, *, events: int, feed: Feed, epoch_s: int
) -> OpenPairs:
    """Run the flow with so many open pairs, and stop it with SIGTERM.

    Args:
        bootstrap: the broker's address.
        pairs: users, each with one open window.
        folder: an empty one, for the recovery store and what the flow says.
        events: that open the windows; no fewer than pairs.
        feed: what comes after that.
        epoch_s: of the flow.

    Raises:
        RuntimeError: the flow ended otherwise; the text has what it said.
        TimeoutError: the flow was too slow.
    """
    topics = make_topics(bootstrap, PARTITIONS)
    feeder = PairFeeder(bootstrap, topics.events, pairs)
    feeder.fill(events)
    pauses = folder / PAUSES
    job = Job(bootstrap, topics, folder, SETTINGS, dataflow="benchmarks.timed_flow")
    option, store = job.store()[:2]
    running = job.start(option, store, "-s", str(epoch_s), "-b", "0")
    with killed_at_the_end(running):
        wait_until_filled(bootstrap, topics.dead, lambda: _check_alive(running))
        filling = len(read_pauses(pauses))
        feeder.feed(feed)
        resident_mib, peak_mib = memory_mib(running.process.pid)
        running.signal(signal.SIGTERM)
        status = running.end()
        if status not in (0, STOPPED_AT_THE_LIMIT):
            raise RuntimeError(f"the flow ended with status {status}: {running.said()}")
    delete_topics(bootstrap, [topics.events, topics.results, topics.late, topics.dead])
    return OpenPairs(
        pairs,
        resident_mib,
        peak_mib,
        snapshot_bytes(Path(store)),
        file_bytes(Path(store)),
        read_pauses(pauses)[filling:],
        status == 0,
    )


def memory_mib(pid: int) -> tuple[float, float]:
    """Return the resident memory of a process, and its peak since it runs its program.

    Not `ru_maxrss`, which begins with the peak of the process that started it.
    """
    status = Path(f"/proc/{pid}/status").read_text()
    kib = {name: int(size) for name, size in re.findall(r"(VmRSS|VmHWM):\s+(\d+) kB", status)}
    return kib["VmRSS"] / 1024, kib["VmHWM"] / 1024


def bytes_per_pair(many_mib: float, few_mib: float, pairs: int) -> float:
    """Return the memory of each of so many pairs that one run held open more than another."""
    return (many_mib - few_mib) * 2**20 / pairs


def _check_alive(running: Running) -> None:
    if running.process.poll() is not None:
        raise RuntimeError(f"the flow ended while it was filled: {running.said()}")
