"""Writes the shop's events to a topic; alone it goes on until it is stopped.

python -m windowing.demo.feed --bootstrap HOST:PORT --topic NAME
"""

import argparse
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from types import FrameType
from typing import NoReturn

from confluent_kafka import KafkaError, Message, Producer

from windowing.demo.errors import DemoError
from windowing.demo.events import Arrival, Habits, arrivals
from windowing.demo.lookup import Lookup

# As the flow has them when nothing is set.
WINDOW = timedelta(minutes=5)
OUT_OF_ORDERNESS = timedelta(seconds=10)
FLUSH_TIMEOUT_S = 5.0
LOOK_UP_TIMEOUT_S = 10.0


class Feed:
    """A producer that counts what the broker has.

    Attributes:
        written: how many records the broker has acknowledged.
    """

    def __init__(self, client_config: Mapping[str, str], topic: str) -> None:
        self.written = 0
        self._topic = topic
        self._failure: KafkaError | None = None
        # Idempotent: a retry must not write an event twice, or no sum could hold.
        self._producer = Producer({**client_config, "enable.idempotence": True, "log_level": 0})

    def send(self, arrival: Arrival) -> None:
        """Send a record; waits while the client's queue is full."""
        while True:
            try:
                self._producer.produce(
                    self._topic,
                    arrival.value,
                    arrival.key,
                    partition=arrival.partition,
                    on_delivery=self._delivered,
                )
                return
            except BufferError:
                self.poll(0.1)

    def poll(self, timeout_s: float = 0) -> None:
        """Hear what the broker has.

        Raises:
            DemoError: it has refused a record.
        """
        self._producer.poll(timeout_s)
        if self._failure is not None:
            raise DemoError(f"cannot write to topic {self._topic!r}: {self._failure.str()}")

    def flush(self) -> None:
        """Wait until the broker has everything.

        Raises:
            DemoError: it has refused a record, or does not answer.
        """
        unsent = self._producer.flush(FLUSH_TIMEOUT_S)
        self.poll()
        if unsent:
            raise DemoError(f"the broker does not take {unsent} records: is it still there?")

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        if error is None:
            self.written += 1
        else:
            self._failure = self._failure or error


def ticks(*, rate: float, number: int) -> Iterator[datetime]:
    """Yield the time of day `rate` times a second, `number` times; 0 is without an end."""
    start = time.monotonic()
    for tick in range(number) if number else count():
        time.sleep(max(0.0, start + tick / rate - time.monotonic()))
        yield datetime.now(UTC)


def main() -> int:
    """Feed a topic with events of now."""
    given = _parser().parse_args()
    signal.signal(signal.SIGTERM, _interrupt)  # as Docker stops a container
    config = {"bootstrap.servers": given.bootstrap}
    habits = Habits(window=WINDOW, out_of_orderness=OUT_OF_ORDERNESS, late_from=datetime.now(UTC))
    try:
        partitions = _partitions(config, given.topic)
        feed = Feed(config, given.topic)
        now = ticks(rate=given.rate, number=given.count)
        for arrival in arrivals(now, seed=given.seed, habits=habits):
            feed.send(arrival._replace(partition=arrival.partition % partitions))
            feed.poll()
        feed.flush()
    except KeyboardInterrupt:
        return 0
    except DemoError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _partitions(config: Mapping[str, str], topic: str) -> int:
    found = Lookup(config, remedy="mend --bootstrap").leaders(LOOK_UP_TIMEOUT_S).get(topic)
    if not found:
        raise DemoError(f"topic {topic!r} is not there: create it, or mend --topic")
    return len(found)


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m windowing.demo.feed",
        description="Write the events of a small shop to a topic, with the time of now: most in "
        "order, some too late for their window, some broken. Ctrl-C ends it.",
    )
    parser.add_argument("--bootstrap", required=True, metavar="HOST:PORT", help="the broker")
    parser.add_argument("--topic", required=True, metavar="NAME", help="it must exist")
    parser.add_argument(
        "--rate", type=_above_zero, default=50.0, metavar="EVENTS_PER_SECOND", help="default: 50"
    )
    parser.add_argument(
        "--count", type=_count, default=0, metavar="N", help="how many; default: 0, without an end"
    )
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    return parser


def _above_zero(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above zero, such as 50")
    return rate


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, such as 1000")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
