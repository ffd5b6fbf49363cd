"""What a broker tells of itself, of topics and of groups to whoever looks a job over.

Nothing here writes. What this user may not see is None, and no error.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

from confluent_kafka import KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import (
    AclOperation,
    AdminClient,
    ConfigResource,
    OffsetSpec,
    ResourceType,
)
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from windowing.kafka.topics import ANSWER_TIMEOUT_S, BrokerError

T = TypeVar("T")

HIDDEN = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
}

LOADING = {
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
}
"""What a broker says of groups that it has not loaded yet, or for which there was no place yet."""
LOOK_EVERY_S = 0.2


class Inspection:
    """Asks a cluster; every question waits for at most `ANSWER_TIMEOUT_S`."""

    def __init__(self, client_config: dict[str, str]) -> None:
        self._admin = AdminClient({**client_config})

    def brokers(self) -> list[str]:
        """Return the ids of the brokers that are up."""
        node_ids = _asked(
            lambda: [
                node.id
                for node in self._admin.describe_cluster(request_timeout=ANSWER_TIMEOUT_S)
                .result()
                .nodes
            ]
        )
        return [str(node_id) for node_id in node_ids or ()]

    def broker_settings(self, broker: str) -> dict[str, str] | None:
        """Return a broker's configuration by name."""
        return self._settings(ConfigResource(ResourceType.BROKER, broker))

    def topic_settings(self, topic: str) -> dict[str, str] | None:
        """Return a topic's configuration by name, defaults included."""
        return self._settings(ConfigResource(ResourceType.TOPIC, topic))

    def replicas(self, topic: str) -> int | None:
        """Return how many copies there are of the topic's worst partition."""

        def ask() -> int:
            described = self._admin.describe_topics(
                TopicCollection([topic]), request_timeout=ANSWER_TIMEOUT_S
            )
            partitions = described[topic].result().partitions
            return min(len(partition.replicas) for partition in partitions)

        return _asked(ask)

    def newest_ms(self, topic: str, partitions: Iterable[int]) -> int | None:
        """Return the largest timestamp in a topic, in milliseconds since the epoch."""
        question = {TopicPartition(topic, p): OffsetSpec.max_timestamp() for p in partitions}

        def ask() -> int:
            answers = self._admin.list_offsets(question, request_timeout=ANSWER_TIMEOUT_S)
            return max(int(answer.result().timestamp) for answer in answers.values())

        newest = _asked(ask)
        return None if newest is None or newest < 0 else newest

    def group_operations(self, group: str) -> set[AclOperation]:
        """Return what this user may do with a consumer group, whether it exists or not."""

        def ask() -> set[AclOperation]:
            described = self._admin.describe_consumer_groups(
                [group], include_authorized_operations=True, request_timeout=ANSWER_TIMEOUT_S
            )
            return set(described[group].result().authorized_operations or ())

        return _asked(ask) or set()

    def _settings(self, resource: ConfigResource) -> dict[str, str] | None:
        def ask() -> dict[str, str]:
            described = self._admin.describe_configs([resource], request_timeout=ANSWER_TIMEOUT_S)
            entries = described[resource].result()
            return {name: entry.value for name, entry in entries.items()}

        return _asked(ask)


def _asked(ask: Callable[[], T]) -> T | None:
    try:
        return Retrying(
            retry=retry_if_exception(lambda error: _code(error) in LOADING),
            wait=wait_fixed(LOOK_EVERY_S),
            stop=stop_after_delay(ANSWER_TIMEOUT_S),
            reraise=True,
        )(ask)
    except KafkaException as error:
        if _code(error) in HIDDEN:
            return None
        reason = f"{error.args[0].name()} {error.args[0].str()}".strip()
        raise BrokerError(f"the broker does not answer ({reason}): try again") from None


def _code(error: BaseException) -> int | None:
    return error.args[0].code() if isinstance(error, KafkaException) else None
