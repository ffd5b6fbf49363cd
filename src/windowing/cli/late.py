"""`windowing late`: events whose window had closed, how late they were, and elsewhere with them."""

import heapq
from collections import Counter
from datetime import datetime, timedelta
from typing import Annotated, Literal, NamedTuple

import typer
from rich.table import Table

from windowing.cli.aside_topic import AsideTopic, LimitOption, SinceOption, as_json, shown
from windowing.cli.environment import JsonOption, read_environment
from windowing.cli.replay import (
    DryRunOption,
    MostOption,
    Order,
    TargetError,
    YesOption,
    replay_records,
)
from windowing.cli.screen import console, count, table, write_json
from windowing.core.aside import LATE_HEADERS, AsideRecord
from windowing.core.encode import time_text
from windowing.kafka.client_config import ClientConfig
from windowing.settings import Settings

VALUE_CHARACTERS = 60
LATE = "late"
BOUNDS = {
    "1s": timedelta(seconds=1),
    "10s": timedelta(seconds=10),
    "1m": timedelta(minutes=1),
    "10m": timedelta(minutes=10),
    "1h": timedelta(hours=1),
    "1d": timedelta(days=1),
}

MORE = "more"


class Lateness(NamedTuple):
    """Of a window: how many events were late for it, and by how much the worst."""

    events: int
    most: timedelta


late = typer.Typer(help="Late events: those whose window had closed.", no_args_is_help=True)


def _topic(settings: Settings, config: ClientConfig) -> AsideTopic:
    return AsideTopic(config, settings.late_topic, "WINDOWING_LATE_TOPIC", LATE_HEADERS)


def lateness(one: AsideRecord) -> timedelta:
    """Return by how much the watermark had passed the end of an event's window."""
    watermark = datetime.fromisoformat(one.added["watermark"])
    return watermark - datetime.fromisoformat(one.added["window_end"])


@late.command()
def show(*, limit: LimitOption = 20, since: SinceOption = None, json: JsonOption = False) -> None:
    """Show late events, in the order of their time. With --json a line each, values whole."""
    records = (one for one in _topic(*read_environment()).read_since(since) if one.added)
    newest = sorted(heapq.nlargest(limit, records, key=_age), key=_age) if limit else records
    if json:
        for one in newest:
            write_json(as_json(one, late_by_s=lateness(one).total_seconds()))
        return
    rows = table("at", "time", "read from", "window", "late by", "value")
    for one in newest:
        record = one.record
        rows.add_row(
            f"{record.partition}:{record.offset}",
            time_text(record.timestamp_ms // 1000 * 1_000_000),
            "{}[{}]@{}".format(*one.source),
            one.added["window_start"],
            str(lateness(one)),
            shown(record.value, VALUE_CHARACTERS),
        )
    console().print(rows)


def _age(one: AsideRecord) -> tuple[int, int, int]:
    return one.record.timestamp_ms, one.record.partition, one.record.offset


@late.command("count")
def count_(
    *,
    since: SinceOption = None,
    by: Annotated[Literal["window", "lateness"], typer.Option()] = "window",
    json: JsonOption = False,
) -> None:
    """Count late events by the window that they missed, or by how late they were.

    By lateness it says how many would have been counted had WINDOWING_MAX_OUT_OF_ORDERNESS been
    larger by so much.
    """
    windows: dict[str, Lateness] = {}
    bounds: Counter[str] = Counter()
    for one in _topic(*read_environment()).read_since(since):
        if one.added:
            window, late_by = one.added["window_start"], lateness(one)
            events, most = windows.get(window, Lateness(0, late_by))
            windows[window] = Lateness(events + 1, max(most, late_by))
            bounds[_bound(late_by)] += 1
    if by == "window":
        _show_windows(windows, as_json=json)
    else:
        _show_bounds(bounds, as_json=json)


def _bound(late_by: timedelta) -> str:
    """Return the first of `BOUNDS` that is above a lateness."""
    return next((name for name, bound in BOUNDS.items() if late_by < bound), MORE)


def _show_windows(windows: dict[str, Lateness], *, as_json: bool) -> None:
    total = sum(one.events for one in windows.values())
    if as_json:
        said = [
            {"window_start": start, "events": one.events, "most_s": one.most.total_seconds()}
            for start, one in sorted(windows.items())
        ]
        write_json({"total": total, "windows": said})
        return
    rows = table("window", "late events", "late by up to", right=("late events", "late by up to"))
    for start, one in sorted(windows.items()):
        rows.add_row(start, f"{one.events:,}", str(one.most))
    _print(rows, total)


def _show_bounds(bounds: Counter[str], *, as_json: bool) -> None:
    total = bounds.total()
    if as_json:
        write_json({"total": total, "late_by_less_than": {n: bounds[n] for n in [*BOUNDS, MORE]}})
        return
    numbers = "late events", "in time with so much more"
    rows = table("late by less than", *numbers, right=numbers)
    so_far = 0
    for name in [*BOUNDS, MORE]:
        so_far += bounds[name]
        share = f"{so_far / total:.1%}" if total and name != MORE else ""
        rows.add_row(name, f"{bounds[name]:,}", share)
    _print(rows, total)


def _print(rows: Table, total: int) -> None:
    screen = console()
    screen.print(rows)
    screen.print(count(total, "late event"))


@late.command()
def replay(
    *,
    to: Annotated[str | None, typer.Option(help="The topic to write to; not the input.")] = None,
    limit: MostOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
) -> None:
    """Write late events into another topic, for a job of its own to count them.

    Not into the input: their windows have closed there, and they would be late again. Key, value,
    headers and timestamp are as they came. Each is written once, however often the command is run
    or killed.
    """
    settings, config = read_environment()
    if to is None or to == settings.input_topic:
        raise TargetError(
            f"late events written to {settings.input_topic} would be late again, as their windows"
            " have closed there: name another topic with --to, and let a job with other output"
            " topics and another WINDOWING_GROUP_ID count them"
        )
    order = Order(to, None, limit, dry_run=dry_run, yes=yes)
    replay_records(_topic(settings, config), settings, config, order, lambda _: LATE)
