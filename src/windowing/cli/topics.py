"""`windowing topics`: creates the topics of a job that are missing, and leaves the others."""

from datetime import timedelta
from typing import Annotated

import typer

from windowing.cli.durations import duration
from windowing.cli.environment import read_environment
from windowing.cli.screen import console, table
from windowing.kafka.topic_maker import BROKERS_CHOICE, NewTopic, TopicMaker
from windowing.settings import Settings

PARTITIONS = 4
ASIDE_PARTITIONS = 1
BY_BROKER = {"message.timestamp.type": "LogAppendTime"}
"""Retention then counts from when a record was written, not from the time of its event."""
REPLICAS_TO_LOSE_ONE = 3

MILLISECOND = timedelta(milliseconds=1)

PartitionsOption = Annotated[
    int, typer.Option(min=1, help="Of the input and of the output; the two others get 1.")
]
ReplicationOption = Annotated[
    int | None,
    typer.Option(min=1, help="How many copies of each; the broker's default if not set."),
]
RetentionOption = Annotated[
    timedelta | None,
    typer.Option(
        parser=duration,
        metavar="DURATION",
        help="How long all four keep records, such as 30d; the broker's default if not set.",
    ),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would be made, no more.")]


def topics(
    *,
    partitions: PartitionsOption = PARTITIONS,
    replication: ReplicationOption = None,
    retention: RetentionOption = None,
    dry_run: DryRunOption = False,
) -> None:
    """Create the topics that are missing, as README.md does. Those that exist stay as they are."""
    settings, config = read_environment()
    wanted = _wanted(settings, partitions, replication or BROKERS_CHOICE, retention)
    maker = TopicMaker(config)
    existing = maker.existing()
    missing = [topic for topic in wanted if topic.name not in existing]
    if not dry_run:
        maker.make(missing)
    rows = table("", "topic", "partitions", "replicas", "configuration", right=("partitions",))
    for topic in wanted:
        if topic in missing:
            said = "would be made" if dry_run else "made"
            copies = "default" if replication is None else str(replication)
            shown = " ".join(f"{name}={value}" for name, value in topic.config.items())
            rows.add_row(said, topic.name, str(topic.partitions), copies, shown)
        else:
            rows.add_row("exists", topic.name, str(existing[topic.name]), "", "left as it is")
    console().print(rows)


def _wanted(
    settings: Settings, partitions: int, replicas: int, retention: timedelta | None
) -> list[NewTopic]:
    config = {} if retention is None else {"retention.ms": str(retention // MILLISECOND)}
    if replicas >= REPLICAS_TO_LOSE_ONE:
        config["min.insync.replicas"] = str(REPLICAS_TO_LOSE_ONE - 1)
    output = {**BY_BROKER, **config}
    return [
        NewTopic(settings.input_topic, partitions, replicas, config),
        NewTopic(settings.output_topic, partitions, replicas, output),
        NewTopic(settings.late_topic, ASIDE_PARTITIONS, replicas, output),
        NewTopic(settings.dead_letter_topic, ASIDE_PARTITIONS, replicas, output),
    ]
