"""A broker that does not let the flow in: one line with the cause and the fix, and no secret."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest
from tests.kafka.job import Topics
from tests.kafka.secure_broker import SecureBroker
from tests.kafka.secure_job import (
    PASSWORD,
    USER,
    WRONG_PASSWORD,
    keeps_secrets,
    scram,
    secure_job,
    seen_from_outside,
    tls,
)

END_S = 30.0
TOPICS = Topics("events", "results", "late", "dead")
FILE = "the file of WINDOWING_KAFKA_CONFIG"


class Case(NamedTuple):
    """A client that is refused: where it comes in, what is in its file, and what it must say.

    {at} in the line is the broker's address.
    """

    listener: str
    properties: Callable[[SecureBroker], dict[str, str]]
    line: str


class Seen(NamedTuple):
    """How a process has ended."""

    status: int
    lines: list[str]
    shown: str


REFUSED = (
    "the Kafka broker at {at} refuses the user or its password for SCRAM-SHA-%d: correct"
    f" sasl.username and sasl.password in {FILE}, or the user on the broker"
)
CASES = {
    "wrong password": Case(
        "SCRAM", lambda broker: scram(broker, sasl_password=WRONG_PASSWORD), REFUSED % 512
    ),
    "wrong password for the shorter hash": Case(
        "SCRAM",
        lambda broker: scram(broker, sasl_password=WRONG_PASSWORD, sasl_mechanism="SCRAM-SHA-256"),
        REFUSED % 256,
    ),
    "unknown user": Case(
        "SCRAM", lambda broker: scram(broker, sasl_username="nobody"), REFUSED % 512
    ),
    "a mechanism that the broker has not": Case(
        "SCRAM",
        lambda broker: scram(broker, sasl_mechanism="PLAIN"),
        "the Kafka broker at {at} does not know PLAIN: write one of SCRAM-SHA-",
    ),
    "another CA": Case(
        "SCRAM",
        lambda broker: scram(broker, ssl_ca_location=str(broker.stranger.file)),
        "the certificate of the Kafka broker at {at} is of no CA that is trusted here (unable to"
        f" get local issuer certificate): name the broker's CA in ssl.ca.location, in {FILE}",
    ),
    "an expired certificate": Case(
        "EXPIRED",
        scram,
        "the certificate of the Kafka broker at {at} has expired, or that of its CA: renew it on"
        " the broker",
    ),
    "another host's certificate": Case(
        "OTHERHOST",
        scram,
        "the certificate of the Kafka broker at {at} is for kafka.example.org: write a name that"
        " it is for in WINDOWING_BOOTSTRAP_SERVERS and in the broker's advertised.listeners, or"
        " issue a certificate for this one",
    ),
    "no TLS where it is spoken": Case(
        "TLS",
        lambda _: {"security.protocol": "PLAINTEXT"},
        "the Kafka broker at {at} speaks TLS: write security.protocol=SSL (SASL_SSL if it wants a"
        f" user) and ssl.ca.location in {FILE}",
    ),
    "a user without TLS where it is spoken": Case(
        "SCRAM",
        lambda broker: scram(broker, security_protocol="SASL_PLAINTEXT"),
        "the Kafka broker at {at} speaks TLS: write security.protocol=SASL_SSL and ssl.ca.location"
        f" in {FILE}",
    ),
    "TLS where it is not spoken": Case(
        "PLAINTEXT",
        scram,
        "whoever answers at {at} speaks no TLS: write the port of a listener that does in"
        " WINDOWING_BOOTSTRAP_SERVERS, or for one without security.protocol=SASL_PLAINTEXT in"
        f" {FILE}",
    ),
    "a user where none is asked for": Case(
        "TLS",
        scram,
        "the Kafka broker at {at} asks for no user there: write security.protocol=SSL in"
        f" {FILE}, or the port of a listener with SASL in WINDOWING_BOOTSTRAP_SERVERS",
    ),
    "no user where one is asked for": Case(
        "SCRAM",
        tls,
        "whoever answers at {at} closes the connection: if it is a Kafka broker that wants a user,"
        " write security.protocol=SASL_SSL, sasl.mechanism, sasl.username and sasl.password in"
        f" {FILE}",
    ),
    "no certificate where one is asked for": Case(
        "MUTUAL",
        tls,
        "the Kafka broker at {at} wants a certificate of the client: name one in"
        f" ssl.certificate.location, and its key in ssl.key.location, in {FILE}",
    ),
    "a certificate of a strange CA": Case(
        "MUTUAL",
        lambda broker: tls(broker, broker.stranger.client(USER)),
        "the Kafka broker at {at} does not take the client's certificate (bad certificate): name"
        " one that has not expired, of a CA that the broker trusts, in ssl.certificate.location,"
        f" in {FILE}",
    ),
}


@pytest.fixture(scope="module")
def seen(secure_broker: SecureBroker, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Seen]:
    """What is seen of each case; some run at once, as they mostly wait."""
    secure_broker.add_user(USER, PASSWORD)
    root = tmp_path_factory.mktemp("refused")

    def end(name: str) -> Seen:
        case = CASES[name]
        folder = root / name
        folder.mkdir()
        job = secure_job(
            secure_broker,
            TOPICS,
            folder,
            listener=case.listener,
            properties=case.properties(secure_broker),
        )
        running = job.start()
        shown = seen_from_outside(running)
        status = running.end(END_S)
        lines = [line for line in running.said().splitlines() if "no recovery store" not in line]
        return Seen(status, lines, shown + running.said())

    with ThreadPoolExecutor(4) as threads:
        return dict(zip(CASES, threads.map(end, CASES), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_who_is_refused_is_told_why_in_a_line(
    secure_broker: SecureBroker, seen: dict[str, Seen], name: str
) -> None:
    case = CASES[name]
    (line,) = seen[name].lines

    assert case.line.format(at=secure_broker.addresses[case.listener]) in line
    assert seen[name].status == 1
    assert keeps_secrets(seen[name].shown)
