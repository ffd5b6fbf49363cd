"""Writes records to Kafka, each at least once."""

from collections.abc import Iterable

from windowing.core.messages import Output
from windowing.kafka.clients import client_config as one_client
from windowing.kafka.sender import Sender

CHECK_EVERY_S = 1.0


class LaneWriter:
    """A producer whose `flush` returns only when everything written is acknowledged."""

    def __init__(self, client_config: dict[str, str], lane: int) -> None:
        self._sender = Sender(one_client(client_config, f"lane-{lane}"))

    def write(self, outputs: Iterable[Output]) -> None:
        """Send records.

        Raises:
            WriteError: a record could not be written, this one or an earlier.
        """
        self._sender.send(outputs)

    def flush(self) -> None:
        """Wait until every record sent is acknowledged.

        Raises:
            WriteError: a record could not be written.
        """
        while self._sender.producer.flush(CHECK_EVERY_S):
            self._sender.check()
        self._sender.check()
