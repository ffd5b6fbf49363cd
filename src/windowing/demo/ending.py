"""What the demo says last: an example of each odd record, and the sum that must hold."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from windowing.demo.outcome import Outcome, PassedOn

NEXT = {
    "README.md": "what the service does, and how to run it on your topics",
    "make test": "its tests, on a real broker where there is one",
    "make demo BOOTSTRAP=localhost:9092": "this on a broker of yours",
}


def show_examples(console: Console, outcome: Outcome) -> None:
    """Show a late event and a dead letter as they are in their topics, if there are any."""
    late, dead = outcome.late_example, outcome.dead_example
    if late is not None:
        missed = f"{late.headers['window_start']} to {late.headers['window_end']}"
        _show(
            console,
            "A late event: untouched in its topic, with headers that say what it missed",
            late,
            {"window": missed, "watermark": late.headers["watermark"]},
        )
    if dead is not None:
        _show(
            console,
            "A dead letter: untouched in its topic, with headers that say why",
            dead,
            {"error": dead.headers["error"]},
        )


def show_sum(console: Console, fed: int, outcome: Outcome) -> bool:
    """Show where the events are now, and return whether that is all of them, each once."""
    holds = outcome.total == fed
    mark, sign, style = ("✓", "=", "bold green") if holds else ("✗", "≠", "bold red")
    parts = f"counted {outcome.counted} + late {outcome.late} + dead {outcome.dead}"
    console.print(f"\n{mark} events in {fed} {sign} {parts}", style=style, soft_wrap=True)
    return holds


def show_flow(console: Console, lines: list[str]) -> None:
    """Show what the flow has said, as it may say why the sum does not hold."""
    for line in lines:
        console.print(f"flow: {line}", soft_wrap=True)


def show_next(console: Console) -> None:
    """Show what to do next."""
    console.print("\nWhat next", style="bold")
    _grid(console, NEXT)


def _show(console: Console, title: str, record: PassedOn, headers: dict[str, str]) -> None:
    of = record.headers
    source = f"{of['source_topic']}[{of['source_partition']}] at offset {of['source_offset']}"
    console.print(f"\n{title}", style="bold", soft_wrap=True)
    _grid(console, {"value": record.value, **headers, "source": source})


def _grid(console: Console, rows: dict[str, str]) -> None:
    width = max(map(len, rows))
    for name, text in rows.items():
        label = Text(f"  {name:{width}}  ", "cyan")
        if console.is_interactive:
            grid = Table.grid()
            grid.add_row(label, Text(text, overflow="fold"))
            console.print(grid)
        else:
            console.print(label + text, soft_wrap=True)
