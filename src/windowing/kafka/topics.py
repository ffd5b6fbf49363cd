"""What there is on the broker, looked up once at the start."""

import logging
from typing import NamedTuple

from confluent_kafka import IsolationLevel, KafkaError, KafkaException, TopicCollection
from confluent_kafka import TopicPartition as Where
from confluent_kafka.admin import (
    AclOperation,
    AdminClient,
    ClusterMetadata,
    ConfigResource,
    OffsetSpec,
    ResourceType,
    TopicMetadata,
)

from windowing.core.errors import WindowingError
from windowing.kafka.clients import client_config as one_client
from windowing.kafka.refusal import refusal

logger = logging.getLogger(__name__)

FIRST_LOOK_S = 2.0
"""Whoever is refused is told by then; a broker that is about to start has the time below."""
ANSWER_TIMEOUT_S = 10.0
DEFAULT_MAX_RECORD_BYTES = 1_048_588


class BrokerError(WindowingError):
    """The broker does not answer or refuses; the text names its address or the topic."""


class TopicError(WindowingError):
    """Topics are missing or forbidden; a line for each."""


class Wanted(NamedTuple):
    """A topic that the job needs, the setting that names it, and what it is needed for."""

    topic: str
    setting: str
    operation: AclOperation


class Broker:
    """Looks things up on the broker; every question waits for at most `ANSWER_TIMEOUT_S`.

    Attributes:
        cluster: the id that the Kafka cluster has given itself; known once `partitions` is.
    """

    def __init__(self, client_config: dict[str, str]) -> None:
        self._address = client_config["bootstrap.servers"]
        self._client_config = client_config
        self._heard: list[KafkaError] = []
        self._has_controller = False
        self.cluster = ""
        config = one_client(client_config, "admin")
        self._admin = AdminClient(config | {"log_level": 0, "error_cb": self._heard.append})

    def partitions(self, wanted: list[Wanted]) -> dict[str, list[int]]:
        """Return the partitions of each topic, once all are there and may be used as wanted.

        Raises:
            BrokerError: no broker answers at the address, or it does not let this client in.
            TopicError: topics are missing or forbidden.
        """
        cluster = self._look()
        self.cluster = cluster.cluster_id or ""
        problems = [
            self._missing(topic, [one for one in wanted if one.topic == topic])
            for topic in dict.fromkeys(one.topic for one in wanted)
            if not _is_there(cluster.topics.get(topic))
        ]
        # librdkafka's embedded broker has no controller and answers no further question.
        self._has_controller = cluster.controller_id in cluster.brokers
        if not problems and self._has_controller:
            problems = self._forbidden(wanted)
        if problems:
            raise TopicError("\n".join(problems))
        return {topic.topic: sorted(cluster.topics[topic.topic].partitions) for topic in wanted}

    def offsets(self, topic: str, partitions: list[int], spec: OffsetSpec) -> dict[int, int]:
        """Return where the partitions begin or end for a reader of committed records."""
        futures = self._admin.list_offsets(
            {Where(topic, partition): spec for partition in partitions},
            isolation_level=IsolationLevel.READ_COMMITTED,
            request_timeout=ANSWER_TIMEOUT_S,
        )
        try:
            return {where.partition: future.result().offset for where, future in futures.items()}
        except KafkaException as error:
            raise self._unreachable(error) from None

    def max_record_bytes(self, topic: str) -> int:
        """Return the largest record that a topic takes; Kafka's default if that is hidden."""
        if not self._has_controller:
            return DEFAULT_MAX_RECORD_BYTES
        resource = ConfigResource(ResourceType.TOPIC, topic)
        futures = self._admin.describe_configs([resource], request_timeout=ANSWER_TIMEOUT_S)
        try:
            return int(futures[resource].result()["max.message.bytes"].value)
        except KafkaException as error:
            if error.args[0].code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
                logger.warning(
                    "no permission to see how large a record topic %r takes: %d bytes are assumed,"
                    " Kafka's default; grant DESCRIBE_CONFIGS on it",
                    topic,
                    DEFAULT_MAX_RECORD_BYTES,
                )
            return DEFAULT_MAX_RECORD_BYTES
        except KeyError:
            return DEFAULT_MAX_RECORD_BYTES

    def _look(self) -> ClusterMetadata:
        try:
            return self._admin.list_topics(timeout=FIRST_LOOK_S)
        except KafkaException:
            self._require_no_refusal()
        try:
            return self._admin.list_topics(timeout=ANSWER_TIMEOUT_S)
        except KafkaException as error:
            raise self._unreachable(error) from None

    def _missing(self, topic: str, wanted: list[Wanted]) -> str:
        operations = " and ".join(one.operation.name for one in wanted)
        return (
            f"topic {topic!r} is not at {self._address}, or not for this user to see:"
            f" create it, grant {operations} on it, or set {wanted[0].setting}"
        )

    def _forbidden(self, wanted: list[Wanted]) -> list[str]:
        topics = TopicCollection(list({topic.topic for topic in wanted}))
        futures = self._admin.describe_topics(
            topics, include_authorized_operations=True, request_timeout=ANSWER_TIMEOUT_S
        )
        problems = []
        for topic in wanted:
            try:
                allowed = futures[topic.topic].result().authorized_operations
            except KafkaException as error:
                raise self._unreachable(error) from None
            if allowed is not None and topic.operation not in allowed:
                problems.append(
                    f"no permission for topic {topic.topic!r}: grant {topic.operation.name} on it,"
                    f" or set {topic.setting}"
                )
        return problems

    def _unreachable(self, error: KafkaException) -> BrokerError:
        self._require_no_refusal()
        # "All brokers are down" hides the reason that came before it.
        reasons = [one for one in self._heard if one.code() != KafkaError._ALL_BROKERS_DOWN]
        reason = (reasons[-1] if reasons else error.args[0]).str()
        return BrokerError(
            f"no Kafka broker answers at {self._address} ({reason}):"
            " start it, or set WINDOWING_BOOTSTRAP_SERVERS"
        )

    def _require_no_refusal(self) -> None:
        self._admin.poll(0)  # hands over what the client has to say
        line = refusal(self._heard, self._client_config)
        if line is not None:
            raise BrokerError(line)


def _is_there(found: TopicMetadata | None) -> bool:
    return found is not None and found.error is None
