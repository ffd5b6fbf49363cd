"""The benchmarks: `python -m benchmarks --help` lists them.

Each sub-command is the function of its name in a module of its own.
"""

from importlib import import_module

import typer

COMMANDS = {
    "ladder": "benchmarks.ladder",
    "phases": "benchmarks.phases",
    "capacity": "benchmarks.capacity",
    "sla": "benchmarks.sla",
    "recovery": "benchmarks.recovery",
    "scale": "benchmarks.scale",
    "soak": "benchmarks.soak",
    "report": "benchmarks.report",
    "compare": "benchmarks.compare",
}
"""The module of each sub-command."""

app = typer.Typer(
    help="What the flow costs, what it sustains, and how it recovers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for _command, _module in COMMANDS.items():
    app.command(_command)(getattr(import_module(_module), _command))

if __name__ == "__main__":
    app(prog_name="python -m benchmarks")
