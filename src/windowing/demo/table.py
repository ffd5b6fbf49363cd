"""The results as they come out: a table that lives on a terminal, or plain lines elsewhere."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from windowing.demo.outcome import Result

MOST_ROWS = 16
FEWEST_ROWS = 3
LINES_AROUND = 12
"""Lines of the screen that are not rows of the table, with one to spare."""


@dataclass(frozen=True)
class Progress:
    """How far the demo has come; the numbers are of events."""

    event_time: datetime | None
    fed: int
    counted: int
    late: int
    dead: int


class View(Protocol):
    """What the demo tells to either."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the screen in order."""

    def note(self, text: str) -> None:
        """Say something."""

    def show(self, results: list[Result], progress: Progress) -> None:
        """Show results that are new, and how far it has come."""


def view_for(console: Console, title: str) -> View:
    """Return the view that suits where the output goes."""
    # Rich can be told that a pipe is a terminal, for its colours; it moves no cursor even so.
    live = console.is_interactive and console.file.isatty()
    return LiveTable(console, title) if live else Lines(console, title)


class LiveTable:
    """The latest results, the sum and the story, on a place of the screen of their own."""

    def __init__(self, console: Console, title: str) -> None:
        self._title = title
        self._console = console
        self._results: deque[Result] = deque(maxlen=MOST_ROWS)
        self._notes: list[str] = []
        self._live = Live(console=console, auto_refresh=False)

    def __enter__(self) -> Self:
        """Take the place."""
        self._live.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Leave the last state on the screen."""
        self._live.stop()

    def note(self, text: str) -> None:
        """Add to the story."""
        self._notes.append(text)

    def show(self, results: list[Result], progress: Progress) -> None:
        """Draw it all anew."""
        self._results.extend(results)
        closed = max((result.window_end for result in self._results), default=None)
        story = [Text(f"• {note}", "yellow") for note in self._notes]
        title = Text(self._title, "bold")
        lines = [_times(progress, closed), *story, _sum(progress)]
        for line in (title, *lines):
            # A line too long for the screen would move all below.
            line.no_wrap, line.overflow = True, "ellipsis"
        self._live.update(Group(title, self._table(), *lines), refresh=True)

    def _table(self) -> Table:
        rows = min(MOST_ROWS, max(FEWEST_ROWS, self._console.height - LINES_AROUND))
        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        table.add_column("user", min_width=8)
        table.add_column("window (UTC)")
        for column in ("events", "total", "average"):
            table.add_column(column, justify="right", min_width=9)
        shown = list(self._results)[-rows:]
        latest = shown[-1].window_start if shown else None
        for result in shown:
            table.add_row(*_cells(result), style="" if result.window_start == latest else "dim")
        for _ in range(rows - len(shown)):
            table.add_row()
        return table


class Lines:
    """A line for each result and each note: for pipes, files and logs."""

    def __init__(self, console: Console, title: str) -> None:
        self._console = console
        self._title = title

    def __enter__(self) -> Self:
        """Begin."""
        self._say(self._title)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """End with all that was said."""

    def note(self, text: str) -> None:
        """Write a line."""
        self._say(f"* {text}")

    def show(self, results: list[Result], progress: Progress) -> None:  # noqa: ARG002
        """Write a line for each result."""
        for result in results:
            user, window, events, total, average = _cells(result)
            self._say(f"{window}  {user:8} events {events:>3}  total {total:>9}  average {average}")

    def _say(self, line: str) -> None:
        self._console.print(line, soft_wrap=True)
        # Whoever reads along sees it now.
        self._console.file.flush()


def _cells(result: Result) -> tuple[str, str, str, str, str]:
    return (
        str(result.user_id),
        f"{result.window_start:%H:%M} – {result.window_end:%H:%M}",
        str(result.count),
        f"{result.total_amount:,.2f}",
        f"{result.avg_amount:,.2f}",
    )


def _times(progress: Progress, closed: datetime | None) -> Text:
    if progress.event_time is None:
        return Text("starting the flow …")
    so_far = f"event time {progress.event_time:%H:%M:%S}"
    return Text(so_far if closed is None else f"{so_far} · windows closed up to {closed:%H:%M}")


def _sum(progress: Progress) -> Text:
    still_open = progress.fed - progress.counted - progress.late - progress.dead
    return Text(
        f"events in {progress.fed} = counted {progress.counted} + late {progress.late}"
        f" + dead {progress.dead} + in open windows {still_open}",
        "bold",
    )
