"""What keeps a live run from being made or measured, told in a line."""

from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import KafkaException
from tests.kafka.broker import NoBroker


class LiveRunError(Exception):
    """A live run cannot be made or measured; the text is one line."""


@contextmanager
def told_in_a_line() -> Iterator[None]:
    """End the process with one line and status 1 on an error that is not the benchmark's fault."""
    try:
        yield
    except (NoBroker, LiveRunError, KafkaException) as error:
        raise SystemExit(str(error)) from None
