"""When a broker that has just been started can be used."""

import time
from collections.abc import Callable

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

READY_TIMEOUT_S = 120.0


def wait_until_ready(bootstrap: str, *, check_alive: Callable[[], None]) -> None:
    """Return once the broker answers, which Kafka does only when it has joined its cluster.

    Args:
        bootstrap: host:port.
        check_alive: called between two questions; raises when waiting has become useless.

    Raises:
        TimeoutError: no answer within `READY_TIMEOUT_S`.
    """
    # Silent, as a refused connection is what is waited for.
    client = AdminClient(
        {"bootstrap.servers": bootstrap, "log_level": 0, "reconnect.backoff.max.ms": 200}
    )
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline:
        check_alive()
        try:
            if client.list_topics(timeout=1.0).brokers:
                return
        except KafkaException:
            continue
    raise TimeoutError(f"Kafka at {bootstrap} gave no answer within {READY_TIMEOUT_S:.0f} s")
