"""The table fits the screen it lives on; elsewhere there are plain lines."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from rich.console import Console

from windowing.demo.outcome import Result
from windowing.demo.table import LiveTable, Progress, view_for

START = datetime(2026, 1, 1, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
USERS = (42, "ada", 1001, "zoë")
RESULTS = [
    Result(user, START + n * MINUTE, START + (n + 1) * MINUTE, 12, Decimal("1234567.5"), 0.125)
    for n in range(5)
    for user in USERS
]
PROGRESS = Progress(START + 6 * MINUTE, fed=999, counted=240, late=12, dead=34)


class Screen(StringIO):
    """A terminal as far as Python asks."""

    def isatty(self):
        return True


def last_frame(width: int, height: int) -> list[str]:
    console = Console(
        file=Screen(), force_terminal=True, width=width, height=height, color_system=None
    )
    with console.capture() as captured, LiveTable(console, "a title " * 20) as table:
        for _ in range(4):
            table.note("something that happened, and took long to tell " * 3)
        table.show(RESULTS, PROGRESS)
    return captured.get().replace("\x1b[?25l", "").split("\x1b", maxsplit=1)[0].splitlines()


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 50), (80, 10)])
def test_no_line_is_wider_than_the_screen(width, height):
    assert max(map(len, last_frame(width, height))) <= width


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_leaves_a_line_of_the_screen_free(width):
    assert len(last_frame(width, 24)) <= 23


def test_the_latest_results_and_the_sum_are_shown():
    frame = "\n".join(last_frame(80, 24))
    assert "zoë        10:04 – 10:05" in frame
    assert "1,234,567.50" in frame
    assert "10:00 – 10:01" not in frame
    assert "events in 999 = counted 240 + late 12 + dead 34 + in open windows 713" in frame


def test_a_pipe_gets_a_line_for_each_result_and_no_escape_codes():
    file = StringIO()
    with view_for(Console(file=file, width=160), "a title") as view:
        view.show(RESULTS[:2], PROGRESS)
        view.note("something happened")
    assert file.getvalue().splitlines() == [
        "a title",
        "10:00 – 10:01  42       events  12  total 1,234,567.50  average 0.12",
        "10:00 – 10:01  ada      events  12  total 1,234,567.50  average 0.12",
        "* something happened",
    ]


def test_a_pipe_is_no_screen_even_where_colours_are_forced():
    assert not isinstance(view_for(Console(file=StringIO(), force_terminal=True), ""), LiveTable)
    assert isinstance(view_for(Console(file=Screen(), force_terminal=True), ""), LiveTable)
