"""Tables and JSON on standard output; progress on standard error, on a terminal only."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

WIDTH_OF_A_FILE = 160


def console() -> Console:
    """Return standard output, wide enough for a table where there is no terminal."""
    screen = Console(markup=False, highlight=False, emoji=False)
    if screen.is_terminal:
        return screen
    return Console(markup=False, highlight=False, emoji=False, width=WIDTH_OF_A_FILE)


def table(*columns: str, right: tuple[str, ...] = (), title: str | None = None) -> Table:
    """Return an empty table.

    Args:
        columns: their headings.
        right: those of numbers.
        title: above it.
    """
    made = Table(box=SIMPLE_HEAD, pad_edge=False, title=title, title_justify="left")
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return made


def write_json(value: Any) -> None:
    """Write a value as one line of JSON."""
    sys.stdout.write(orjson.dumps(value).decode() + "\n")


class Bar:
    """How far something has come; nothing is shown where there is no terminal."""

    def __init__(self, progress: Progress, what: str, total: int) -> None:
        self._progress = progress
        self._task = progress.add_task(what, total=total)

    def show(self, done: int) -> None:
        """Show that so much is done."""
        self._progress.update(self._task, completed=done)


@contextmanager
def bar(what: str, total: int) -> Iterator[Bar]:
    """Show how far something has come, as long as it lasts."""
    errors = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(
        *columns,
        TimeRemainingColumn(),
        console=errors,
        transient=True,
        disable=not errors.is_terminal,
    ) as progress:
        yield Bar(progress, what, total)


def count(number: int, one: str, several: str | None = None) -> str:
    """Return a number with its noun: 1 dead letter, 1,200 dead letters."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"
