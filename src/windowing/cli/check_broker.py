"""Whether Kafka gives a job what exactly once takes: permissions, and a long enough memory."""

from collections.abc import Iterator

from confluent_kafka.admin import AclOperation

from windowing.cli.findings import Finding, fine, not_seen, warning, wrong
from windowing.engine.lane_sink import LANES
from windowing.job_names import lane_name
from windowing.kafka.client_config import ClientConfig
from windowing.kafka.inspection import Inspection
from windowing.settings import Settings

DEFAULT_TRANSACTION_TIMEOUT_MS = 60_000
"""Of librdkafka."""
LONGEST_WAIT_MS = 300_000
"""For how long the service waits for a broker; a transaction is to be over by then."""
DAY_MINUTES = 1_440
SAFE_COPIES = 3


def check_broker(
    settings: Settings, config: ClientConfig, inspection: Inspection, brokers: list[str]
) -> Iterator[Finding]:
    """Yield what is found about permissions and the broker's configuration."""
    yield from _check_groups(settings, inspection)
    lanes = lane_name(settings, 0).removesuffix("0")
    yield not_seen(
        f"transactional ids {lanes}*",
        "Kafka tells only those who begin a transaction",
        "WRITE is needed; the flow says at its start if it is missing",
    )
    found = inspection.broker_settings(brokers[0]) if brokers else None
    if found is None:
        yield not_seen(
            "broker's configuration", "is hidden", "grant DESCRIBE_CONFIGS on the cluster to see it"
        )
        return
    yield _transaction_timeout(config, found)
    yield _memory(found)
    if len(brokers) >= SAFE_COPIES:
        yield from _copies(found)


def _check_groups(settings: Settings, inspection: Inspection) -> Iterator[Finding]:
    lanes = [lane_name(settings, lane) for lane in range(LANES)]
    without = [name for name in lanes if AclOperation.READ not in inspection.group_operations(name)]
    subject = f"groups {lanes[0].removesuffix('0')}*"
    if without:
        yield wrong(subject, f"no READ on {', '.join(without)}", "grant READ on them")
    else:
        yield fine(subject, "may READ, for the markers")
    if AclOperation.READ in inspection.group_operations(settings.group_id):
        yield fine(f"group {settings.group_id}", "may READ, to show how far the job is")
    else:
        yield warning(
            f"group {settings.group_id}",
            "no READ: the consumer lag will not be seen",
            f"grant READ on group {settings.group_id}",
        )


def _transaction_timeout(config: ClientConfig, found: dict[str, str]) -> Finding:
    asked_ms = int(config.get("transaction.timeout.ms", DEFAULT_TRANSACTION_TIMEOUT_MS))
    most_ms = int(found["transaction.max.timeout.ms"])
    subject = "transaction.timeout.ms"
    if asked_ms > most_ms:
        return wrong(
            subject,
            f"{asked_ms} is more than the broker's transaction.max.timeout.ms={most_ms}",
            "lower the one in WINDOWING_KAFKA_CONFIG, or raise the other",
        )
    if asked_ms > LONGEST_WAIT_MS:
        return warning(
            subject,
            f"{asked_ms}: readers may be held up for as long after a kill",
            f"set it to {LONGEST_WAIT_MS} or less in WINDOWING_KAFKA_CONFIG",
        )
    return fine(subject, f"{asked_ms}; the broker allows {most_ms}")


def _memory(found: dict[str, str]) -> Finding:
    minutes = int(found["offsets.retention.minutes"])
    subject, days = "offsets.retention.minutes", minutes / DAY_MINUTES
    if minutes < DAY_MINUTES:
        return warning(
            subject,
            f"{minutes}: after a pause of {minutes / 60:,.1f} h the broker has forgotten what is"
            " written",
            "set 10080 on the broker, Kafka's default, or more",
        )
    return fine(subject, f"{minutes}: the job may be down for {days:,.0f} d")


def _copies(found: dict[str, str]) -> Iterator[Finding]:
    for name in "offsets.topic.replication.factor", "transaction.state.log.replication.factor":
        if int(found[name]) < SAFE_COPIES:
            yield warning(
                name,
                f"{found[name]}: with that broker's disk goes what tells what is written",
                f"give the broker's internal topics {SAFE_COPIES} replicas",
            )
