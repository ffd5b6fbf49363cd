"""Whether a recovery store can be gone on with: by this job, now, and from where."""

import os
from collections.abc import Iterator
from pathlib import Path

from windowing.cli.findings import Finding, errors, fine, not_seen, warning, wrong
from windowing.cli.screen import count
from windowing.core.errors import WindowingError
from windowing.core.snapshot import (
    GROUP,
    LANE,
    LaneSnapshot,
    kind_of,
    unpack_group,
    unpack_lane,
)
from windowing.core.window import microseconds
from windowing.engine.lane_sink import LANES, number_out
from windowing.engine.recovery_store import require_directory
from windowing.engine.store_holder import holder_of
from windowing.engine.store_reader import StoreContents, read_store
from windowing.job_names import job_line, lane_name
from windowing.kafka.client_config import ClientConfig
from windowing.kafka.marker import Marker, look_up_marker
from windowing.settings import TOPIC_FIELDS, Settings

SUBJECT = "recovery store"


def check_store(
    directory: Path | None, settings: Settings, config: ClientConfig, cluster: str, partitions: int
) -> Iterator[Finding]:
    """Yield what is found.

    Args:
        directory: of the store; None: none was named.
        settings: of the job.
        config: for Kafka clients.
        cluster: id of the Kafka cluster; empty: it is not known, and nor are the markers.
        partitions: of the input; 0: not known.
    """
    if directory is None:
        yield not_seen(
            SUBJECT,
            "none was named; without one delivery is at least once",
            "name it with -r, as for the flow",
        )
        return
    # Before the store: a lane is saved first and marked then, so the store is never behind.
    markers = _markers(settings, config) if cluster else None
    try:
        require_directory(directory)
        contents = read_store(directory)
    except WindowingError as error:
        yield from errors(SUBJECT, error)
        return
    yield from _check_files(directory, contents)
    yield _check_holder(directory, settings, cluster)
    try:
        lanes = _lanes(contents, settings, partitions)
    except WindowingError as error:
        yield from errors(SUBJECT, error)
        return
    if contents.saved:
        yield fine(SUBJECT, "is of this job: its topics, its window length, this format")
    yield from _check_markers(lanes, markers)


def _check_files(directory: Path, contents: StoreContents) -> Iterator[Finding]:
    files = f"{len(contents.parts)} of {contents.part_count} files"
    if len(contents.parts) < contents.part_count:
        yield warning(
            SUBJECT,
            f"{files} are seen from here",
            "nothing, if others of the cluster have the rest",
        )
    if not os.access(directory, os.W_OK):
        yield wrong(SUBJECT, f"{directory} may not be written", "let the flow's user write there")
    if contents.execution is None:
        yield fine(SUBJECT, f"{files}; new, nothing is saved yet")
    else:
        number, workers, epoch = contents.execution
        yield fine(
            SUBJECT,
            f"{files}; execution {number} of {count(workers, 'worker')}, goes on at epoch {epoch}",
        )


def _check_holder(directory: Path, settings: Settings, cluster: str) -> Finding:
    holder = holder_of(directory)
    if holder is None:
        return fine(SUBJECT, "nobody is at work on it")
    if cluster and holder.job != job_line(settings, cluster):
        return wrong(
            SUBJECT,
            f"in use by {holder.who}, for another job ({holder.job or 'unknown'})",
            "end that one, or use another store",
        )
    return fine(SUBJECT, f"in use by {holder.who}")


def _lanes(contents: StoreContents, settings: Settings, partitions: int) -> dict[int, LaneSnapshot]:
    """Return the saved lanes, when all that is saved is of this job.

    Raises:
        SnapshotError: it is not.
    """
    topics = [getattr(settings, field) for field in TOPIC_FIELDS]
    length_us = microseconds(settings.window_length)
    lanes = {}
    for key, _, form in contents.saved:
        kind = kind_of(form)
        if kind == LANE:
            lanes[int(key)] = unpack_lane(form, topics)
        elif kind == GROUP and partitions:
            unpack_group(form, length_us, partitions)
    return lanes


def _markers(settings: Settings, config: ClientConfig) -> dict[int, Marker | WindowingError | None]:
    found: dict[int, Marker | WindowingError | None] = {}
    for number in range(LANES):
        name = lane_name(settings, number)
        try:
            found[number] = look_up_marker(config, name, settings.output_topic)
        except WindowingError as error:
            found[number] = error
    return found


def _check_markers(
    lanes: dict[int, LaneSnapshot], markers: dict[int, Marker | WindowingError | None] | None
) -> Iterator[Finding]:
    if markers is None:
        yield not_seen("markers", "no broker tells")
        return
    for number, marker in markers.items():
        subject = f"marker of lane {number}"
        if isinstance(marker, WindowingError):
            yield from errors(subject, marker)
            continue
        lane = lanes.get(number)
        if lane is None:
            yield fine(subject, "the lane is new" if marker is None else _out(marker.number))
            continue
        try:
            out = number_out(lane, marker)
        except WindowingError as error:
            yield from errors(subject, error)
            continue
        owed = sum(len(list(output.records())) for output in lane.outputs)
        waits = owed and out < lane.number
        yield fine(subject, _out(out) + (f"; {owed:,} records are to come" if waits else ""))


def _out(number: int) -> str:
    return f"batch {number} is out" if number else "nothing is out yet"
