"""Topics are made, and ready when that is said."""

import time
from collections.abc import Iterable
from typing import NamedTuple

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic as ClientsNewTopic

from windowing.kafka.topics import ANSWER_TIMEOUT_S, BrokerError, TopicError

BROKERS_CHOICE = -1
"""In place of a number of replicas: the broker's default."""
LOOK_EVERY_S = 0.05

REFUSALS = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED: "grant CREATE on it, or on the cluster",
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: "grant CREATE on it, or on the cluster",
    KafkaError.INVALID_REPLICATION_FACTOR: "ask for no more replicas than there are brokers",
    KafkaError.POLICY_VIOLATION: "ask those who run the cluster what its policy allows",
}


class NewTopic(NamedTuple):
    """A topic as it is to be made."""

    name: str
    partitions: int
    replicas: int
    config: dict[str, str]


class TopicMaker:
    """Makes topics; every question waits for at most `ANSWER_TIMEOUT_S`."""

    def __init__(self, client_config: dict[str, str]) -> None:
        self._address = client_config["bootstrap.servers"]
        self._admin = AdminClient({**client_config})

    def existing(self) -> dict[str, int]:
        """Return how many partitions each topic has that this user may see.

        Raises:
            BrokerError: no broker answers.
        """
        return {name: len(leaders) for name, leaders in self._leaders().items()}

    def make(self, topics: Iterable[NewTopic]) -> None:
        """Make topics; one that somebody else has made meanwhile is left as it is.

        Raises:
            TopicError: some are refused; a line for each.
            BrokerError: no broker answers.
        """
        new = [
            ClientsNewTopic(
                one.name,
                num_partitions=one.partitions,
                replication_factor=one.replicas,
                config=one.config,
            )
            for one in topics
        ]
        if not new:
            return
        refused = []
        for name, made in self._admin.create_topics(new, request_timeout=ANSWER_TIMEOUT_S).items():
            try:
                made.result()
            except KafkaException as error:
                code, text = error.args[0].code(), error.args[0].str()
                if code != KafkaError.TOPIC_ALREADY_EXISTS:
                    fix = REFUSALS.get(code, "see the broker's log")
                    refused.append(f"topic {name!r} is not made ({text}): {fix}")
        if refused:
            raise TopicError("\n".join(refused))
        self._wait_for({one.topic for one in new})

    def _wait_for(self, names: set[str]) -> None:
        """Wait until the topics can be used, as they soon can."""
        deadline_s = time.monotonic() + ANSWER_TIMEOUT_S
        while time.monotonic() < deadline_s:
            ready = {name for name, leaders in self._leaders().items() if min(leaders) >= 0}
            if names <= ready:
                return
            time.sleep(LOOK_EVERY_S)
        raise BrokerError(f"topics are made but not ready at {self._address}: try again")

    def _leaders(self) -> dict[str, list[int]]:
        try:
            cluster = self._admin.list_topics(timeout=ANSWER_TIMEOUT_S)
        except KafkaException as error:
            raise BrokerError(
                f"no Kafka broker answers at {self._address} ({error.args[0].str()}):"
                " start it, or set WINDOWING_BOOTSTRAP_SERVERS"
            ) from None
        return {
            name: [partition.leader for partition in topic.partitions.values()]
            for name, topic in cluster.topics.items()
            if topic.error is None and topic.partitions
        }
