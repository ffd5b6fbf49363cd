"""`windowing state`: what a recovery store holds, read while the flow runs or stands."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from windowing.cli.environment import JsonOption, RecoveryOption
from windowing.cli.screen import console, count, table, write_json
from windowing.cli.store_summary import OpenWindow, Summary, records_of
from windowing.core.aggregate import plain
from windowing.core.encode import time_text
from windowing.core.snapshot import VERSION
from windowing.core.window import microseconds
from windowing.engine.recovery_store import StoreError, require_directory
from windowing.engine.store_holder import holder_of
from windowing.engine.store_reader import StoreContents, read_store
from windowing.settings import load_settings

BOUND = "WINDOWING_MAX_OUT_OF_ORDERNESS"

UserOption = Annotated[str | None, typer.Option(help="Show this user's open windows alone.")]
TopOption = Annotated[int, typer.Option(min=1, help="How many windows, those with most events.")]


def state(
    recovery: RecoveryOption = None,
    *,
    user: UserOption = None,
    top: TopOption = 10,
    as_json: JsonOption = False,
) -> None:
    """Show what a recovery store holds: where it stands, watermarks, open windows, what is owed.

    It is what a restart would go on from: the end of the last epoch that is complete. What has been
    read since is not in it. Needs no Kafka, and holds up no flow that is at work.
    """
    if recovery is None:
        raise StoreError("no recovery store was named: name it with -r, as for the flow")
    require_directory(recovery)
    with Console(stderr=True).status("reading the store …"):
        contents = read_store(recovery)
        summary = Summary(contents)
    if user is not None:
        _show_user(summary, user, as_json=as_json)
    else:
        said = _facts(recovery, contents, summary, top)
        if as_json:
            write_json(said)
        else:
            _show(said)


def _facts(recovery: Path, contents: StoreContents, summary: Summary, top: int) -> dict[str, Any]:
    """Return all that is shown."""
    holder = holder_of(recovery)
    execution = contents.execution
    windows = summary.open_windows()
    lane = next(iter(summary.lanes.values()), None)
    return {
        "store": str(recovery),
        "format": VERSION if contents.saved else None,
        "files": len(contents.parts),
        "files_of": contents.part_count,
        "execution": execution and execution.number,
        "workers": execution and execution.workers,
        "epoch": execution and execution.resume_epoch,
        "topics": lane and lane.topics,
        "in_use_by": holder and holder.who,
        "job": holder and holder.job,
        "watermark": _time(summary.watermark_us()),
        "partitions": _partitions(summary),
        "open_windows": len(windows),
        "open_pairs": sum(window.users for window in windows),
        "windows": [
            _window(window) for window in sorted(windows, key=lambda one: -one.events)[:top]
        ],
        "lanes": [
            {
                "lane": number,
                "batch": summary.lanes[number].number,
                "records": records_of(summary.lanes[number]),
            }
            for number in sorted(summary.lanes)
        ],
    }


def _partitions(summary: Summary) -> list[dict[str, Any]]:
    # The environment is the flow's, as for the other commands; the store does not hold the bound.
    settings = load_settings({BOUND: os.environ[BOUND]} if BOUND in os.environ else {})
    bound_us = microseconds(settings.max_out_of_orderness)
    return [
        {
            "partition": number,
            "offset": summary.partitions[number].offset,
            "latest_event": _time(summary.partitions[number].latest_us),
            "watermark": _time(summary.partition_watermark_us(number, bound_us)),
            "idle": summary.is_idle(number),
        }
        for number in sorted(summary.partitions)
    ]


def _show(facts: dict[str, Any]) -> None:
    screen = console()
    screen.print(_headline(facts))
    if facts["topics"]:
        screen.print(f"job        {' → '.join(facts['topics'][:2])}")
    screen.print(f"in use by  {facts['in_use_by'] or 'nobody'}")
    screen.print(f"watermark  {facts['watermark'] or 'not begun'}")
    partitions = table(
        "partition", "offset", "latest event", "watermark", "idle", right=("partition", "offset")
    )
    for one in facts["partitions"]:
        partitions.add_row(
            str(one["partition"]),
            str(one["offset"]),
            one["latest_event"] or "none",
            one["watermark"] or "none",
            "idle" if one["idle"] else "",
        )
    screen.print(partitions)
    pairs = f"{count(facts['open_pairs'], 'pair')} of user and window"
    screen.print(f"{count(facts['open_windows'], 'open window')}, {pairs}")
    if facts["windows"]:
        _print_windows(facts["windows"], left_out=facts["open_windows"] - len(facts["windows"]))
    lanes = table(
        "lane", "last batch", "records held", right=("lane", "last batch", "records held")
    )
    for one in facts["lanes"]:
        lanes.add_row(str(one["lane"]), str(one["batch"]), f"{one['records']:,}")
    screen.print(lanes)


def _headline(facts: dict[str, Any]) -> str:
    where = f"store      {facts['store']}, {facts['files']} of {facts['files_of']} files"
    if facts["execution"] is None:
        return f"{where}; new, nothing is saved"
    return (
        f"{where}, format {facts['format']}; execution {facts['execution']} of"
        f" {count(facts['workers'], 'worker')}, goes on at epoch {facts['epoch']}"
    )


def _show_user(summary: Summary, user: str, *, as_json: bool) -> None:
    windows = [_window(window) for window in summary.windows_of(user)]
    if as_json:
        write_json({"user": user, "windows": windows})
    elif windows:
        _print_windows(windows, left_out=0)
    else:
        console().print(f"user {user} has no open window at the end of the last complete epoch")


def _print_windows(windows: list[dict[str, Any]], *, left_out: int) -> None:
    rows = table("window", "end", "users", "events", "total", right=("users", "events", "total"))
    for one in windows:
        numbers = f"{one['users']:,}", f"{one['events']:,}", one["total_amount"]
        rows.add_row(one["window_start"], one["window_end"], *numbers)
    if left_out:
        rows.add_row(f"… and {left_out:,} more with fewer events")
    console().print(rows)


def _window(window: OpenWindow) -> dict[str, Any]:
    return {
        "window_start": time_text(window.start_us),
        "window_end": time_text(window.end_us),
        "users": window.users,
        "events": window.events,
        "total_amount": plain(str(window.total)),
    }


def _time(time_us: int | None) -> str | None:
    return None if time_us is None else time_text(time_us)
