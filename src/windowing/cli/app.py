"""The command line as a whole: its commands, and how it ends."""

import sys

import typer

from windowing.cli.check import check
from windowing.cli.dead_letters import dead_letters
from windowing.cli.late import late
from windowing.cli.state import state
from windowing.cli.topics import topics
from windowing.core.errors import WindowingError

app = typer.Typer(
    name="windowing",
    help="Look after an event-time windowing job. It reads the same WINDOWING_ environment as the"
    " flow, and writes nothing unless the command is one that writes.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(check)
app.command()(topics)
app.command()(state)
app.add_typer(dead_letters, name="dead-letters")
app.add_typer(late, name="late")


def run() -> None:
    """Run a command; what goes wrong for a reason outside is a line, and exit status 1."""
    try:
        app()
    except WindowingError as error:
        sys.exit(str(error))
