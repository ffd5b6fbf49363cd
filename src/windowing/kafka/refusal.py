"""Why a broker does not let this client in: librdkafka's words in, the cause and the fix out."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from confluent_kafka import KafkaError

from windowing.kafka.handshake import certificate_fault, speaks_tls

FILE = "the file of WINDOWING_KAFKA_CONFIG"
# sasl_ssl://kafka:9092/bootstrap: the reason (after 5ms in state AUTH_REQ)
# TxnCoordinator: kafka:9092: the reason (after 5ms in state AUTH_REQ)
WORDS = re.compile(
    r"(?:\w+://(?P<named>\S+)/(?:bootstrap|-?\d+)|\w+Coordinator(?:: (?P<found>\S+:\d+))?)"
    r": (?P<reason>.*)",
    re.DOTALL,
)
STATE = re.compile(r" \(after \d+ms in state \w+.*\)$")

CLIENT_CERTIFICATE = re.compile(
    r"alert (?:bad certificate|certificate required|unknown ca|certificate unknown"
    r"|unsupported certificate|certificate expired|certificate revoked|access denied)"
    r"|alert handshake failure"
)
# What the broker itself has said; a connection that breaks meanwhile gives an error of SASL too.
REFUSED = re.compile(r"SASL authentication error: (?!.*\bLocal: )")
MISFIT = "mechanism handshake failed: Broker: "
NO_TOKEN = "Failed to acquire SASL OAUTHBEARER token"
WITHOUT_TLS = {"plaintext": "SSL (SASL_SSL if it wants a user)", "sasl_plaintext": "SASL_SSL"}
WITHOUT_SASL = {"sasl_ssl": "SSL", "sasl_plaintext": "PLAINTEXT"}


def refusal(heard: Iterable[KafkaError], client_config: Mapping[str, Any]) -> str | None:
    """Return why the broker refuses this client, in a line; None: it does not, as far as is known.

    Args:
        heard: what the client said of its connections; later words count more.
        client_config: for librdkafka.
    """
    errors = list({error.str(): error for error in heard}.values())
    for error in reversed(errors):
        line = _explained(error, client_config)
        if line is not None:
            return line
    if errors and all(error.code() == KafkaError._ALL_BROKERS_DOWN for error in errors):
        return _closed(client_config)
    return None


class Login:
    """Hears whether the broker still takes the user of a client that is at work.

    Attributes:
        refusal: why not, in a line; None: it does, or was not asked again yet.
    """

    def __init__(self, client_config: Mapping[str, Any]) -> None:
        self._client_config = client_config
        self.refusal: str | None = None

    def hear(self, error: KafkaError) -> None:
        """Hear what the client says of its connections; to be its `error_cb`.

        It gets over all else by itself, and logs it.
        """
        if self.refusal is None and REFUSED.search(error.str()):
            self.refusal = refusal([error], self._client_config)


def _explained(error: KafkaError, client_config: Mapping[str, Any]) -> str | None:
    said = STATE.sub("", error.str())
    match = WORDS.match(said)
    reason = match["reason"] if match else said
    address = (match and (match["named"] or match["found"])) or client_config["bootstrap.servers"]
    if REFUSED.search(reason) or MISFIT in reason:
        return _login(address, reason, client_config)
    if NO_TOKEN in reason:
        return f"{_without_values(reason, client_config)}: correct sasl.oauthbearer.* in {FILE}"
    if "certificate verify failed" in reason:
        return certificate_fault(address, client_config)
    if CLIENT_CERTIFICATE.search(reason):
        return _client_certificate(address, reason, client_config)
    if "connecting to a PLAINTEXT broker listener?" in reason:
        return (
            f"whoever answers at {address} speaks no TLS: write the port of a listener that does"
            " in WINDOWING_BOOTSTRAP_SERVERS, or for one without"
            f" security.protocol={_protocol(client_config).upper().replace('SSL', 'PLAINTEXT')}"
            f" in {FILE}"
        )
    return None


def _login(address: str, reason: str, client_config: Mapping[str, Any]) -> str:
    mechanism = client_config.get("sasl.mechanism") or client_config.get("sasl.mechanisms", "")
    who = f"the Kafka broker at {address}"
    known = re.search(r"Unsupported SASL mechanism: broker's supported mechanisms: (\S+)", reason)
    if known:
        return (
            f"{who} does not know {mechanism}: write one of {known[1].replace(',', ', ')} as"
            f" sasl.mechanism in {FILE}"
        )
    if "Request not valid in current SASL state" in reason:
        protocol = WITHOUT_SASL.get(_protocol(client_config), "SSL")
        return (
            f"{who} asks for no user there: write security.protocol={protocol} in {FILE}, or the"
            " port of a listener with SASL in WINDOWING_BOOTSTRAP_SERVERS"
        )
    if mechanism.startswith("SCRAM") or mechanism == "PLAIN":
        return (
            f"{who} refuses the user or its password for {mechanism}:"
            f" correct sasl.username and sasl.password in {FILE}, or the user on the broker"
        )
    return f"{who} refuses the login ({_without_values(reason, client_config)}): correct {FILE}"


def _client_certificate(address: str, reason: str, client_config: Mapping[str, Any]) -> str:
    who = f"the Kafka broker at {address}"
    names = ("ssl.certificate.location", "ssl.certificate.pem", "ssl.keystore.location")
    shown = [name for name in names if name in client_config]
    if not shown:
        return (
            f"{who} wants a certificate of the client: name one in ssl.certificate.location, and"
            f" its key in ssl.key.location, in {FILE}"
        )
    alert = re.search(r"alert ([a-z ]+)", reason)
    return (
        f"{who} does not take the client's certificate ({alert[1] if alert else reason}): name one"
        f" that has not expired, of a CA that the broker trusts, in {shown[0]}, in {FILE}"
    )


def _closed(client_config: Mapping[str, Any]) -> str:
    """Say what a broker may want that closes the connection and gives no reason."""
    protocol = _protocol(client_config)
    address = client_config["bootstrap.servers"]
    for one in address.split(","):
        if protocol in WITHOUT_TLS and speaks_tls(one):
            return (
                f"the Kafka broker at {one} speaks TLS: write"
                f" security.protocol={WITHOUT_TLS[protocol]} and ssl.ca.location in {FILE}"
            )
    if protocol in WITHOUT_SASL:
        return (
            f"whoever answers at {address} closes the connection: it may be no Kafka broker; see"
            " its log, or set WINDOWING_BOOTSTRAP_SERVERS"
        )
    wanted = "SASL_SSL" if protocol == "ssl" else "SASL_PLAINTEXT"
    return (
        f"whoever answers at {address} closes the connection: if it is a Kafka broker that wants"
        f" a user, write security.protocol={wanted}, sasl.mechanism, sasl.username and"
        f" sasl.password in {FILE}"
    )


def _protocol(client_config: Mapping[str, Any]) -> str:
    return str(client_config.get("security.protocol", "plaintext")).lower()


def _without_values(text: str, client_config: Mapping[str, Any]) -> str:
    """Return the text without anything that the file may keep secret."""
    for name, value in client_config.items():
        if re.search(r"password|secret|key|pem|config|assertion", name):
            text = text.replace(str(value), "***")
    return text
