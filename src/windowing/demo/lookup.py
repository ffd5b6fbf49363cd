"""Which topics a broker has, or why it does not say."""

import time
from collections.abc import Mapping
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from windowing.demo.errors import DemoError

LOOK_AGAIN_S = 0.5
"""The client's call does not hear Ctrl-C, so each is short."""


class Lookup:
    """Asks until there is an answer.

    Attributes:
        admin: the client that it asks with.
    """

    def __init__(self, client_config: Mapping[str, str], *, remedy: str) -> None:
        """Take what to advise when there is no answer, beside starting the broker."""
        self._servers = client_config["bootstrap.servers"]
        self._remedy = remedy
        self._last_error: KafkaError | None = None
        config: dict[str, Any] = {**client_config, "log_level": 0, "error_cb": self._hear}
        self.admin = AdminClient(config)

    def leaders(self, timeout_s: float) -> dict[str, list[int]]:
        """Return of each topic the leaders of its partitions; below 0: none.

        Raises:
            DemoError: no broker answers within `timeout_s`.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                topics = self.admin.list_topics(timeout=LOOK_AGAIN_S).topics
            except KafkaException as error:
                self.admin.poll(0)
                if time.monotonic() < deadline:
                    continue
                reason = (self._last_error or error.args[0]).str()
                raise DemoError(
                    f"no Kafka broker answers at {self._servers} ({reason}): start it,"
                    f" or {self._remedy}"
                ) from None
            return {name: [p.leader for p in topics[name].partitions.values()] for name in topics}

    def _hear(self, error: KafkaError) -> None:
        # "All brokers are down" hides the reason that came before it.
        if error.code() != KafkaError._ALL_BROKERS_DOWN:
            self._last_error = error
