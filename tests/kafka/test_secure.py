"""The flow through TLS, with a user or a certificate: exactly once, and no secret comes out."""

from pathlib import Path

import pytest
from tests.kafka.job import (
    Job,
    end_well,
    event,
    eventually,
    free_ports,
    killed_at_the_end,
    make_topics,
)
from tests.kafka.secure_broker import SecureBroker
from tests.kafka.secure_job import (
    PASSWORD,
    USER,
    keeps_secrets,
    scram,
    secure_job,
    seen_from_outside,
    tls,
)
from tests.kafka.topics import produce
from tests.observe.scrape import get

FIRST = [event("a", 0, 1), event("a", 1, 2), event("b", 1, 3, partition=1)]
SECOND = [event("a", 2, 5), event("b", 3, 7, partition=1)]


def totals(job: Job) -> list[tuple[object, object, object]]:
    """Return user, end of the window and total of every result."""
    return sorted(
        (str(r["user_id"]), str(r["window_end"])[-6:-1], str(r["total_amount"]))
        for r in job.results()
    )


def test_with_scram_over_tls_a_killed_flow_goes_on_exactly_once(
    secure_broker: SecureBroker, tmp_path: Path
) -> None:
    secure_broker.add_user(USER, PASSWORD)
    topics = make_topics(secure_broker.bootstrap, 2)
    job = secure_job(
        secure_broker, topics, tmp_path, listener="SCRAM", properties=scram(secure_broker)
    )
    store = job.store()
    produce(job.bootstrap, topics.events, FIRST)
    [port] = free_ports(1)
    first = job.start(*store, HTTP_PORT=str(port))
    with killed_at_the_end(first):
        eventually(job.results, lambda results: len(results) >= 2)
        served = [get(port, path).body for path in ("/metrics", "/health", "/ready", "/other")]
        assert all(served)
        assert keeps_secrets("".join(served))
        assert keeps_secrets(seen_from_outside(first))
    produce(job.bootstrap, topics.events, SECOND)
    second = job.start(*store, UNTIL_END="true")
    end_well([second])

    assert totals(job) == [
        ("a", "00:02", "3"),
        ("a", "00:04", "5"),
        ("b", "00:02", "3"),
        ("b", "00:04", "7"),
    ]
    assert keeps_secrets(first.said() + second.said())


@pytest.mark.parametrize("way", ["SCRAM-SHA-256", "a certificate"])
def test_the_flow_is_let_in(secure_broker: SecureBroker, tmp_path: Path, way: str) -> None:
    secure_broker.add_user(USER, PASSWORD)
    topics = make_topics(secure_broker.bootstrap, 2)
    if way == "a certificate":
        listener = "MUTUAL"
        properties = tls(secure_broker, secure_broker.authority.client(USER))
    else:
        listener, properties = "SCRAM", scram(secure_broker, sasl_mechanism=way)
    job = secure_job(secure_broker, topics, tmp_path, listener=listener, properties=properties)
    produce(job.bootstrap, topics.events, FIRST)
    running = job.start(UNTIL_END="true")
    end_well([running])

    assert totals(job) == [("a", "00:02", "3"), ("b", "00:02", "3")]
    assert keeps_secrets(running.said())


@pytest.mark.parametrize("options", [("-s", "1"), ("store",)], ids=["at least once", "exactly"])
def test_a_user_that_is_removed_while_the_flow_runs_ends_it_with_a_line(
    secure_broker: SecureBroker, tmp_path: Path, options: tuple[str, ...]
) -> None:
    user = f"windowing-{tmp_path.name}"
    secure_broker.add_user(user, PASSWORD)
    secure_broker.allow_all(user)
    topics = make_topics(secure_broker.bootstrap, 2)
    properties = scram(secure_broker, sasl_username=user)
    job = secure_job(secure_broker, topics, tmp_path, listener="BRIEF", properties=properties)
    produce(job.bootstrap, topics.events, FIRST)
    running = job.start(*(job.store() if options == ("store",) else options))
    with killed_at_the_end(running):
        eventually(job.results, lambda results: len(results) >= 2)
        secure_broker.remove_user(user)

        assert running.end() == 1
    [last] = [line for line in running.said().splitlines() if line.startswith("CRITICAL")]
    assert last == (
        f"CRITICAL the Kafka broker at {secure_broker.addresses['BRIEF']} refuses the user or its"
        " password for SCRAM-SHA-512: correct sasl.username and sasl.password in the file of"
        " WINDOWING_KAFKA_CONFIG, or the user on the broker"
    )
    assert keeps_secrets(running.said())


def test_librdkafkas_own_log_keeps_the_password(
    secure_broker: SecureBroker, tmp_path: Path
) -> None:
    secure_broker.add_user(USER, PASSWORD)
    topics = make_topics(secure_broker.bootstrap, 1)
    properties = scram(secure_broker, debug="all")
    job = secure_job(secure_broker, topics, tmp_path, listener="SCRAM", properties=properties)
    running = job.start(UNTIL_END="true", LOG_LEVEL="debug")
    end_well([running])

    assert "SASL" in running.said()
    assert keeps_secrets(running.said())
