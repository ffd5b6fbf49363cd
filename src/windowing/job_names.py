"""What a job is called on the broker, and the topics that it needs there."""

from confluent_kafka.admin import AclOperation

from windowing.kafka.topics import Wanted
from windowing.settings import Settings


def lane_name(settings: Settings, lane: int) -> str:
    """Return the name of a lane's transactions, and of the group that holds its marker."""
    return f"{settings.group_id}.{settings.output_topic}.lane-{lane}"


def job_line(settings: Settings, cluster: str) -> str:
    """Return what tells a job on a Kafka cluster from all others; only its own like replace it."""
    return f"{settings.group_id} on topic {settings.output_topic} of Kafka cluster {cluster}"


def wanted_topics(settings: Settings, *, transactions: bool) -> list[Wanted]:
    """Return the topics that a job needs, and for what.

    Args:
        transactions: whether the job has a recovery store, and so writes in transactions.
    """
    read, write = AclOperation.READ, AclOperation.WRITE
    wanted = [
        Wanted(settings.input_topic, "WINDOWING_INPUT_TOPIC", read),
        Wanted(settings.output_topic, "WINDOWING_OUTPUT_TOPIC", write),
        Wanted(settings.late_topic, "WINDOWING_LATE_TOPIC", write),
        Wanted(settings.dead_letter_topic, "WINDOWING_DEAD_LETTER_TOPIC", write),
    ]
    if transactions:  # their markers are offsets of this topic, which are for readers to commit
        wanted.append(Wanted(settings.output_topic, "WINDOWING_OUTPUT_TOPIC", read))
    return wanted
