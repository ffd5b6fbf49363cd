"""A properties file in, a configuration for librdkafka out; its secrets never get into an error.

The file is Java's: `#` and `!` comments, `key=value`, `key: value`, escapes, continued lines; a
space at the end of a value belongs to it, and the last of two equal keys counts. It is UTF-8.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import javaproperties
from confluent_kafka import Consumer, KafkaException, Producer

from windowing.core.errors import WindowingError

# What is not shaped like this is never shown: a line broken in two may begin with half a secret.
NAME = re.compile(r"[a-z0-9]+(?:\.[a-z0-9]+)+|acks|debug|log_level|partitioner|retries")
# librdkafka would stop reading at a NUL, and half a surrogate pair is no UTF-8.
NOT_TEXT = re.compile("[\0\ud800-\udfff]")

SERVERS = "has a setting of its own: write WINDOWING_BOOTSTRAP_SERVERS"
POSITION = "is decided by the service, which keeps its position itself: remove it"
WRITES = "is decided by the service, whose delivery rests on it: remove it"
DECIDED = {
    "bootstrap.servers": SERVERS,
    "metadata.broker.list": SERVERS,
    "auto.commit.enable": POSITION,
    "enable.auto.commit": POSITION,
    "enable.auto.offset.store": POSITION,
    "auto.offset.reset": "has a setting of its own: write WINDOWING_STARTING_OFFSET",
    "enable.partition.eof": "is decided by the service, which asks for the end itself: remove it",
    "group.id": "is decided by the service, which joins no group: remove it",
    "group.instance.id": "is decided by the service, which joins no group: remove it",
    "isolation.level": "is decided by the service, which reads committed records only: remove it",
    "acks": WRITES,
    "request.required.acks": WRITES,
    "enable.idempotence": WRITES,
    "transactional.id": WRITES,
    "delivery.report.only.error": WRITES,
    "default.topic.config": "is no line of a file: write each property that it holds as its own",
}

PEM = "librdkafka reads PEM without a password: remove it"
BYTES = "the service reads and writes bytes itself: remove it"
JAVA = {
    "ssl.truststore.location": "use ssl.ca.location, the path of a PEM file",
    "ssl.truststore.certificates": "use ssl.ca.pem",
    "ssl.truststore.password": PEM,
    "ssl.truststore.type": PEM,
    "ssl.keystore.key": "use ssl.key.pem",
    "ssl.keystore.certificate.chain": "use ssl.certificate.pem",
    "ssl.keystore.type": "use ssl.keystore.location, the path of a PKCS#12 file, alone",
    "sasl.jaas.config": "use sasl.username and sasl.password",
    "sasl.login.callback.handler.class": "use sasl.oauthbearer.method=oidc",
    "fetch.max.wait.ms": "use fetch.wait.max.ms",
    "max.request.size": "use message.max.bytes",
    "buffer.memory": "use queue.buffering.max.kbytes",
    "key.serializer": BYTES,
    "key.deserializer": BYTES,
    "value.serializer": BYTES,
    "value.deserializer": BYTES,
}

# What librdkafka says -> what we say: its own text holds values. The first match counts; {0} is
# the property, {1} a range.
REFUSALS = {
    r'No such configuration property: "(.*)"$': "{0} is no property of librdkafka: see its manual",
    r'Configuration property "(.*)" value \S+ is outside allowed range ([-+.e0-9]+)\s*$': (
        "{0} is out of range: write a number in {1}"
    ),
    r'Expected bool value for "(.*)": ': "{0} is neither true nor false: write true or false",
    r'.* for configuration property "(\S*)"': (
        "{0} has a value that librdkafka does not take: see its manual"
    ),
    r'(?:Internal p|P|.* p)roperty "(\S*)"': "{0} cannot be set in this build: remove it",
    r"sasl.username and sasl.password must": "sasl.username or sasl.password is missing: add it",
    r".*SASL mechanism": (
        "sasl.mechanism is none of this build's: write PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or "
        "OAUTHBEARER"
    ),
    r"Private key check failed": "the key and the certificate are no pair: use those of one client",
}
# librdkafka's checks of one property against another are constants of its source (2.12 to 2.16,
# rd_kafka_conf_finalize): they open with a name in backticks and hold no value.
CROSS_CHECK = re.compile(r"(?:Mutually exclusive properties set\. )?`[a-z0-9._]+`")


class ClientConfigError(WindowingError):
    """The properties file is not one for this service: one line per fault, never a value."""


class ClientConfig(dict[str, str]):
    """Properties for a client of confluent-kafka; its repr shows the names alone."""

    def __repr__(self) -> str:
        return f"ClientConfig({', '.join(self)})"


def read_client_config(path: Path | None, bootstrap_servers: str) -> ClientConfig:
    """Return the properties in the file at `path`, None for no file, and `bootstrap.servers`.

    Raises:
        ClientConfigError: the file cannot be read, or has lines that are not for this service.
    """
    config = ClientConfig()
    faults = []
    for line, name, value in _properties(path) if path is not None else ():
        config[name] = value
        fault = _fault(name, value)
        if fault:
            faults.append(f"{_shown(path)}:{line}: {fault}")
    if faults:
        raise ClientConfigError("\n".join(faults))
    config["bootstrap.servers"] = bootstrap_servers
    # Errors yes, but not a line for each retry that the client gets over by itself.
    config.setdefault("log_level", "3")
    return config


def check_client_config(config: Mapping[str, str], path: Path | None) -> None:
    """Let librdkafka judge `config`, which came from `path`, without a connection to a broker.

    Raises:
        ClientConfigError: librdkafka refuses it; one line, which names the property.
    """
    refusal = _refusal(config)
    if refusal is not None:
        raise ClientConfigError(f"{_shown(path)}: {_translated(refusal, config)}")


def _properties(path: Path) -> Iterator[tuple[int, str, str]]:
    """Yield line number, name and value."""
    line = 1
    try:
        for element in javaproperties.parse(path.read_text(encoding="utf-8-sig")):
            if isinstance(element, javaproperties.KeyValue):
                yield line, element.key, element.value
            line += element.source.count("\n")
        return
    except OSError as error:
        fault = f": cannot be read ({error.strerror}): mend the path or its permissions"
    except UnicodeDecodeError:
        fault = ": is not UTF-8: save it as UTF-8"
    except javaproperties.InvalidUEscapeError:
        fault = rf":{line}: has \u without four hexadecimal digits: write \\u for a plain \u"
    # Raised here, not above: those errors hold pieces of the file, and none may hang on ours.
    raise ClientConfigError(_shown(path) + fault)


def _fault(name: str, value: str) -> str | None:
    topic_free = name.removeprefix("topic.")  # librdkafka takes topic.acks for acks.
    if topic_free in DECIDED:
        return f"{name} {DECIDED[topic_free]}"
    if name in JAVA:
        return f"{name} is a name of the Java client's: {JAVA[name]}"
    if not NAME.fullmatch(name) or not value:
        return "is not name=value with a name of librdkafka's: complete or remove it"
    if NOT_TEXT.search(value):
        return f"{name} has a NUL or half a surrogate pair: write plain UTF-8"
    if name == "ssl.keystore.location" and value.lower().endswith(".jks"):
        return f"{name} names a Java keystore: convert it to PKCS#12 with keytool -importkeystore"
    return None


def _refusal(config: Mapping[str, str]) -> str | None:
    """Return librdkafka's own words, which may hold secrets."""
    silent = logging.Logger("silent")
    silent.addHandler(logging.NullHandler())
    # Without servers there is nothing to connect to.
    properties = {name: config[name] for name in config if name != "bootstrap.servers"}
    writes = {"enable.idempotence": "true", "transactional.id": "check"}
    try:
        Consumer({**properties, "group.id": "check"}, logger=silent).close()
        Producer({**properties, **writes}, logger=silent)
    except KafkaException as error:
        return re.sub(r"^Failed to create (?:consumer|producer): ", "", error.args[0].str())
    return None


def _translated(refusal: str, config: Mapping[str, str]) -> str:
    def may_show(name: str) -> bool:
        strange = name not in config and any(name in value for value in config.values())
        return NAME.fullmatch(name) is not None and not strange

    if CROSS_CHECK.match(refusal):
        return f"{refusal}: correct the file"
    for pattern, line in REFUSALS.items():
        match = re.match(pattern, refusal)
        if match and all(may_show(name) for name in match.groups()[:1]):
            return line.format(*match.groups())
    named = [name for name in config if name in refusal and may_show(name)]
    if named:
        # A path further on in the text may hold the name of another.
        first = min(named, key=refusal.index)
        return f"{first} cannot be used: check the file or the text that it names"
    return "librdkafka refuses these properties: remove one at a time to find out which"


def _shown(path: Path | None) -> str:
    text = "the client configuration" if path is None else str(path)
    return text if text.isprintable() else ascii(text)
