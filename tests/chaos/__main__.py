"""Chaos: python -m tests.chaos --seed 1 --minutes 3.

The seed chooses the events, the deeds and their moments; how far the flow has come by then is up
to the machine, so a seed repeats the story and not each word.
"""

import argparse
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.chaos.run import run
from tests.chaos.sabotage import SABOTAGES
from tests.kafka.broker import NoBroker, OwnBroker, kafka_broker

SABOTAGED = "tests.chaos.sabotaged_flow"


def main() -> None:
    """Run as the command line says; exit with status 1 when anything was wrong."""
    parser = argparse.ArgumentParser("python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--kills", type=int, help="end after so many deeds")
    parser.add_argument("--sabotage", choices=SABOTAGES, help="what to break first")
    options = parser.parse_args()
    if options.sabotage:
        os.environ["SABOTAGE"] = options.sabotage
    try:
        with kafka_broker() as broker, TemporaryDirectory(prefix="windowing-chaos-") as folder:
            if not isinstance(broker, OwnBroker):
                sys.exit("chaos restarts its broker: unset KAFKA_TEST_BOOTSTRAP")
            report = run(
                options.seed,
                options.minutes * 60,
                broker,
                Path(folder),
                kills=options.kills,
                dataflow=SABOTAGED if options.sabotage else None,
                aloud=True,
            )
    except NoBroker as missing:
        sys.exit(str(missing))
    if report.wrong:
        print(report.history)  # noqa: T201
    print(report.summary())  # noqa: T201
    sys.exit(bool(report.wrong))


main()
