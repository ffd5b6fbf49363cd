"""Records of the late or dead-letter topic written into another, each once."""

import sys
from typing import Annotated, NamedTuple, TypeAlias

import typer
from confluent_kafka.admin import AclOperation

from windowing.cli.aside_topic import AsideTopic, Kind
from windowing.cli.replay_selection import Plan, Selection
from windowing.cli.screen import console, count, table
from windowing.core.errors import WindowingError
from windowing.kafka.client_config import ClientConfig
from windowing.kafka.replay import Replay
from windowing.kafka.topics import Broker, Wanted
from windowing.settings import TOPIC_FIELDS, Settings

MOST_CUT_SHOWN = 10

MostOption: TypeAlias = Annotated[
    int | None, typer.Option(min=1, help="No more than so many; the next run goes on after them.")
]
DryRunOption: TypeAlias = Annotated[bool, typer.Option("--dry-run", help="Count, write nothing.")]
YesOption: TypeAlias = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


class TargetError(WindowingError):
    """Records may not be written into this topic, or not without a word."""


class Order(NamedTuple):
    """What is to be replayed.

    Fields:
        target: the topic to write to.
        kind: of the records, None: all.
        limit: how many at the most, None: no limit.
        dry_run: write nothing.
        yes: ask nothing.
    """

    target: str
    kind: str | None
    limit: int | None
    dry_run: bool
    yes: bool


def replay_records(
    aside: AsideTopic, settings: Settings, config: ClientConfig, order: Order, kind_of: Kind
) -> None:
    """Count what is to be written, ask, and write it.

    Raises:
        WindowingError: it may not be done, or cannot be gone on with.
    """
    _require_target(settings, order.target)
    setting = "the option --to"
    wanted = [Wanted(order.target, setting, AclOperation.WRITE)]
    partitions = Broker(config).partitions(wanted)[order.target]
    name = f"{settings.group_id}.{aside.topic}.to.{order.target}"
    replay = Replay(config, name, aside.topic)
    try:
        selection = Selection(
            aside, order.target, set(partitions), kind_of, kind=order.kind, limit=order.limit
        )
        plan = selection.plan(replay.positions(aside.partitions))
        _show(plan, order)
        if order.dry_run or not plan.to_write or not _confirmed(plan, order):
            return
        replay.take_over()
        positions = replay.positions(aside.partitions)
        written = 0
        for batch in selection.batches(positions):
            positions = replay.copy(batch, order.target, positions)
            written += len(batch)
    finally:
        replay.close()
    console().print(f"{count(written, 'record')} written to {order.target}")


def _require_target(settings: Settings, target: str) -> None:
    for field in TOPIC_FIELDS[1:]:
        if getattr(settings, field) == target:
            raise TargetError(f"{target} is written by the flow: name another topic with --to")


def _show(plan: Plan, order: Order) -> None:
    screen = console()
    if plan.to_write:
        rows = table(
            "reason", f"to write to {order.target}", right=(f"to write to {order.target}",)
        )
        for kind, number in plan.to_write.most_common():
            rows.add_row(kind, f"{number:,}")
        screen.print(rows)
    else:
        screen.print(f"nothing to write to {order.target}")
    if plan.done:
        screen.print(f"{count(plan.done, 'record')} left out, written there by an earlier replay")
    elif plan.to_write:
        screen.print(
            "none of them is known to be there already (the broker forgets a replay after"
            " offsets.retention.minutes)"
        )
    if plan.foreign:
        screen.print(f"{count(plan.foreign, 'record')} left out, not written by the flow")
    for one in plan.cut[:MOST_CUT_SHOWN]:
        screen.print(
            "left out, cut to fit its topic: the whole is at {}[{}]@{}".format(*one.source)
        )
    if len(plan.cut) > MOST_CUT_SHOWN:
        screen.print(f"… and {len(plan.cut) - MOST_CUT_SHOWN:,} more that are cut")


def _confirmed(plan: Plan, order: Order) -> bool:
    if order.yes:
        return True
    if not sys.stdin.isatty():
        raise TargetError("nobody can be asked here: look with --dry-run, then say --yes")
    number = count(plan.to_write.total(), "record")
    return typer.confirm(f"Write {number} to {order.target}?")
