"""The demo's command line: sets the stage, and clears it whatever happens."""

import argparse
import os
import signal
import sys
from collections.abc import Mapping
from io import TextIOWrapper
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import NoReturn

from rich.console import Console

from windowing.core.errors import WindowingError
from windowing.demo.broker import Broker, EmbeddedBroker, GivenBroker
from windowing.demo.ending import show_examples, show_flow, show_next, show_sum
from windowing.demo.errors import DemoError
from windowing.demo.flow_process import FlowProcess, project_root
from windowing.demo.outcome import OutcomeReader
from windowing.demo.player import Player
from windowing.demo.scenario import flow_settings
from windowing.demo.table import view_for
from windowing.kafka.client_config import check_client_config, read_client_config
from windowing.settings import SettingsError, load_settings

SERVERS = "WINDOWING_BOOTSTRAP_SERVERS"
KAFKA_CONFIG = "WINDOWING_KAFKA_CONFIG"
INTERRUPTED = 130
WIDTH_OF_A_FILE = 160

DESCRIPTION = """\
Shows the service at work, in about 35 seconds: starts the real flow, feeds it ten minutes of a
small shop's events in twenty seconds - out of order, some too late, some broken - and shows the
windows that it closes. At the end every event must be in a window, late or dead, once.
"""
EPILOG = f"""\
Without --bootstrap it runs on a broker inside this process and needs nothing else. On yours it
makes four topics, named windowing-demo-..., and deletes them at the end; for TLS and SASL set
{KAFKA_CONFIG} to a file of librdkafka's properties.

exit status: 0 the sum holds, 1 it does not or something went wrong, 130 Ctrl-C
"""


def main() -> int:
    """Run the demo and return the exit status."""
    bootstrap = _parser().parse_args().bootstrap
    for end in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(end, _exit)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    kafka_config = os.environ.get(KAFKA_CONFIG, "") if bootstrap else ""
    broker: Broker | None = None
    lines: list[str] = []
    status = 1
    try:
        root = project_root(Path.cwd())
        broker = EmbeddedBroker() if bootstrap is None else _given(bootstrap, kafka_config)
        broker.open()
        status = _run(broker, root, _settings(broker, kafka_config))
    except KeyboardInterrupt:
        status = INTERRUPTED
        lines.append("Stopped by Ctrl-C, and the flow with it")
    except WindowingError as error:
        lines.append(str(error))
    finally:
        # Short, and nobody is to be left half cleared.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        lines += [line] if broker and (line := broker.close()) else []
        if lines:
            text = ("; " if status == INTERRUPTED else "\n").join(lines)
            (sys.stderr if status else sys.stdout).write(f"{text}\n")
    return status


def _run(broker: Broker, root: Path, settings: Mapping[str, str]) -> int:
    console = Console(markup=False, highlight=False, emoji=False)
    if not console.is_interactive:
        console = Console(markup=False, highlight=False, emoji=False, width=WIDTH_OF_A_FILE)
    with (
        TemporaryDirectory(prefix="windowing-demo-") as folder,
        FlowProcess(root, settings, Path(folder)) as flow,
    ):
        with view_for(console, f"Windows of one minute · {broker.title}") as view:
            fed = Player(broker, flow, view).play()
        said = flow.last_lines()
    # Nothing can be added now: count again from the beginning, as a stranger would.
    reader = OutcomeReader(broker.client_config, broker.topics)
    reader.read_to_end()
    reader.close()
    show_examples(console, reader.outcome)
    holds = show_sum(console, fed, reader.outcome)
    if not holds:
        show_flow(console, said)
    show_next(console)
    return 0 if holds else 1


def _given(bootstrap: str, kafka_config: str) -> GivenBroker:
    try:
        settings = load_settings({SERVERS: bootstrap, KAFKA_CONFIG: kafka_config})
    except SettingsError as error:
        raise DemoError(str(error).replace(f"{SERVERS}=", "--bootstrap ")) from None
    config = read_client_config(settings.kafka_config, settings.bootstrap_servers)
    check_client_config(config, settings.kafka_config)
    return GivenBroker(config)


def _settings(broker: Broker, kafka_config: str) -> dict[str, str]:
    """Return the flow's settings, with nothing that is shared with another job."""
    topics = broker.topics
    return {
        **flow_settings(),
        SERVERS: broker.client_config["bootstrap.servers"],
        "WINDOWING_INPUT_TOPIC": topics.input,
        "WINDOWING_OUTPUT_TOPIC": topics.output,
        "WINDOWING_LATE_TOPIC": topics.late,
        "WINDOWING_DEAD_LETTER_TOPIC": topics.dead_letter,
        "WINDOWING_GROUP_ID": topics.input,
        "WINDOWING_HTTP_PORT": "0",
        "WINDOWING_LOG_FORMAT": "text",
        # The flow runs in another folder.
        KAFKA_CONFIG: kafka_config and str(Path(kafka_config).resolve()),
    }


def _exit(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m windowing.demo",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--bootstrap", metavar="HOST:PORT", help="a Kafka broker of yours, such as localhost:9092"
    )
    return parser
