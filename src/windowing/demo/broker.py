"""Where the demo runs: on a broker in its own process, or on one that is given."""

import time
from collections.abc import Mapping
from concurrent.futures import Future, wait
from typing import NamedTuple, Protocol
from uuid import uuid4

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.cimpl import NewTopic

from windowing.demo.errors import DemoError
from windowing.demo.lookup import Lookup
from windowing.demo.scenario import PARTITIONS

FIRST_ANSWER_TIMEOUT_S = 5.0
ANSWER_TIMEOUT_S = 10.0
DELETE_TIMEOUT_S = 1.5


class Topics(NamedTuple):
    """The four topics of the flow."""

    input: str
    output: str
    late: str
    dead_letter: str


USUAL = Topics("user-events", "user-aggregates", "user-events-late", "user-events-dead-letter")


class Broker(Protocol):
    """What the demo asks of either.

    Attributes:
        client_config: for librdkafka.
        topics: there once it is open.
        title: for people.
    """

    client_config: dict[str, str]
    topics: Topics
    title: str

    def open(self) -> None:
        """Return when the topics can be used."""

    def close(self) -> str | None:
        """Leave nothing behind, within two seconds; return what there is to say about it."""


class EmbeddedBroker:
    """librdkafka's in-process mock of a broker: it speaks Kafka's protocol to any process."""

    def __init__(self) -> None:
        self.topics = USUAL
        self.title = "embedded broker"

    def open(self) -> None:
        """Start the broker; it makes a topic of four partitions when somebody asks for it."""
        self._owner = Producer(
            {"bootstrap.servers": "unused", "test.mock.num.brokers": 1, "log_level": 0}
        )
        brokers = self._owner.list_topics(timeout=ANSWER_TIMEOUT_S).brokers
        (address,) = (f"{broker.host}:{broker.port}" for broker in brokers.values())
        self.client_config = {"bootstrap.servers": address}
        for topic in self.topics:
            self._owner.list_topics(topic, timeout=ANSWER_TIMEOUT_S)

    def close(self) -> None:
        """Do nothing: it ends with the process."""


class GivenBroker:
    """A broker of somebody's, on topics that are made for the demo and deleted after it."""

    def __init__(self, client_config: Mapping[str, str]) -> None:
        self.client_config = dict(client_config)
        self._prefix = f"windowing-demo-{uuid4().hex[:6]}-"
        self.topics = Topics(*(self._prefix + topic for topic in USUAL))
        self.title = f"broker {client_config['bootstrap.servers']}, topics {self._prefix}…"
        self._made = False

    def open(self) -> None:
        """Make the topics.

        Raises:
            DemoError: no broker answers, or it refuses.
        """
        self._lookup = Lookup(
            self.client_config, remedy="leave --bootstrap out for the embedded one"
        )
        self._lookup.leaders(FIRST_ANSWER_TIMEOUT_S)
        self._made = True
        new = [NewTopic(topic, num_partitions=PARTITIONS) for topic in self.topics]
        for topic, made in self._lookup.admin.create_topics(new).items():
            try:
                made.result(ANSWER_TIMEOUT_S)
            except (KafkaException, TimeoutError) as error:
                reason = _reason(error)
                raise DemoError(
                    f"cannot make topic {topic!r} ({reason}): mend that, or leave"
                    " --bootstrap out for the embedded broker"
                ) from None
        self._wait_for_leaders()

    def close(self) -> str | None:
        """Delete the topics."""
        if not self._made:
            return None
        deleted = self._lookup.admin.delete_topics(
            list(self.topics), request_timeout=DELETE_TIMEOUT_S
        )
        wait(deleted.values(), DELETE_TIMEOUT_S)
        left = [topic for topic, future in deleted.items() if not _is_gone(future)]
        if left:
            return f"could not delete the topics {', '.join(left)}"
        return f"deleted the topics {self._prefix}*"

    def _wait_for_leaders(self) -> None:
        deadline = time.monotonic() + ANSWER_TIMEOUT_S
        while time.monotonic() < deadline:
            found = self._lookup.leaders(ANSWER_TIMEOUT_S)
            leaders = [leader for topic in self.topics for leader in found.get(topic, [])]
            if len(leaders) == len(self.topics) * PARTITIONS and min(leaders) >= 0:
                return
        raise DemoError(
            f"the new topics {self._prefix}* have no leaders after {ANSWER_TIMEOUT_S:.0f} s:"
            " look after the cluster, or leave --bootstrap out for the embedded broker"
        )


def _is_gone(deleted: Future[None]) -> bool:
    if not deleted.done():
        return False
    error = deleted.exception()
    if error is None:
        return True
    return (
        isinstance(error, KafkaException)
        and error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART
    )


def _reason(error: Exception) -> str:
    return error.args[0].str() if isinstance(error, KafkaException) else "no answer"
