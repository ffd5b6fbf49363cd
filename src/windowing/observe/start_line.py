"""The first line of a process that has found everything in place: what runs, and from where on."""

import logging
from collections.abc import Iterable, Mapping

logger = logging.getLogger(__name__)


def say_start(
    versions: Mapping[str, str],
    *,
    exactly_once: bool,
    resumed: tuple[int, int] | None,
    sees_store: bool,
    processes: int,
    workers: int,
    settings: Mapping[str, object],
    kafka_properties: Iterable[str],
) -> None:
    """Say what begins, in one line.

    Args:
        versions: of the service, as `version`, and of what it runs on.
        exactly_once: else at least once.
        resumed: number of this execution and its first epoch; None: nothing was saved before.
        sees_store: whether this process has files of the store; another knows otherwise.
        processes: of the cluster; each says this.
        workers: of one process.
        settings: none of them secret.
        kafka_properties: names alone.
    """
    delivery = "exactly once" if exactly_once else "at least once"
    execution, epoch = resumed or (0, None)
    begins = f"execution {execution}, from epoch {epoch}" if resumed else "from the beginning"
    if exactly_once and not sees_store:
        begins = "from where the process with the store goes on"
    logger.info(
        "windowing %s, %s, %s, processes: %d, workers of each: %d",
        versions["version"],
        delivery,
        begins,
        processes,
        workers,
        extra={
            **versions,
            "delivery": delivery,
            "execution": execution,
            "epoch": epoch,
            "processes": processes,
            "workers": workers,
            "settings": dict(settings),
            "kafka_properties": sorted(kafka_properties),
        },
    )
