"""Which failures of a transaction may pass, and what the others mean."""

from confluent_kafka import KafkaError, KafkaException

FENCED = {
    KafkaError._FENCED,
    KafkaError.PRODUCER_FENCED,
    KafkaError.INVALID_PRODUCER_EPOCH,
}
FORBIDDEN = {
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
}
FINAL = FENCED | FORBIDDEN | {KafkaError.INVALID_TRANSACTION_TIMEOUT}


def may_pass(error: BaseException) -> bool:
    """Return whether another attempt makes sense."""
    return isinstance(error, KafkaException) and error.args[0].code() not in FINAL


def reason(error: KafkaError, name: str, topic: str) -> str:
    """Return in a line why a transaction failed, and the fix.

    Args:
        error: the last one; not one of `FENCED`.
        name: of the transactions and of the group of their marker.
        topic: that the marker is an offset of.
    """
    code = error.code()
    if code == KafkaError.INVALID_TRANSACTION_TIMEOUT:
        return (
            "transaction.timeout.ms is more than the broker's transaction.max.timeout.ms:"
            " lower the one in WINDOWING_KAFKA_CONFIG, or raise the other"
        )
    if code in FORBIDDEN:
        if code == KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
            missing = f"WRITE on the transactional id {name!r}"
        elif code == KafkaError.GROUP_AUTHORIZATION_FAILED:
            missing = f"READ on the group {name!r}"
        else:
            missing = f"READ on topic {topic!r}"
        return f"no permission for transactions ({error.str()}): grant {missing}, for every lane"
    return f"the transaction of {name} failed: {error.str()}"
