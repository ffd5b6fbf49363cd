"""Jobs that come in by TLS and with a user, and what they give away."""

from collections.abc import Mapping
from pathlib import Path

from tests.kafka.job import Job, Running, Topics
from tests.kafka.secure_broker import SecureBroker

USER = "windowing"
PASSWORD = "correct-horse-battery-staple"
WRONG_PASSWORD = "incorrect-horse-battery-staple"
LIVE = {"WINDOW_LENGTH": "2s", "MAX_OUT_OF_ORDERNESS": "0s", "IDLE_TIMEOUT": "1s"}


def scram(broker: SecureBroker, **changes: str) -> dict[str, str]:
    """Return the properties of a client that is let in by the listener SCRAM, with changes.

    Args:
        broker: whose CA is trusted.
        changes: properties, with underscores for dots.
    """
    return {
        "security.protocol": "SASL_SSL",
        "ssl.ca.location": str(broker.authority.file),
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": USER,
        "sasl.password": PASSWORD,
    } | {name.replace("_", "."): value for name, value in changes.items()}


def tls(broker: SecureBroker, certificate: Path | None = None) -> dict[str, str]:
    """Return the properties of a client without user, with a certificate of its own or none."""
    properties = {"security.protocol": "SSL", "ssl.ca.location": str(broker.authority.file)}
    if certificate is not None:
        properties["ssl.certificate.location"] = str(certificate)
        properties["ssl.key.location"] = str(certificate)
    return properties


def secure_job(
    broker: SecureBroker,
    topics: Topics,
    folder: Path,
    *,
    listener: str,
    properties: Mapping[str, str],
    environ: Mapping[str, str] = LIVE,
) -> Job:
    """Return a job that comes in by a listener, with these properties in a file.

    Its own questions to the broker take the listener without TLS.
    """
    file = folder / "kafka.properties"
    file.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))
    settings = {"BOOTSTRAP_SERVERS": broker.addresses[listener], "KAFKA_CONFIG": str(file)}
    return Job(broker.bootstrap, topics, folder, {**environ, **settings})


def seen_from_outside(running: Running) -> str:
    """Return the command line and the environment of a process, and what it has written."""
    shown = [Path(f"/proc/{running.process.pid}/{file}") for file in ("cmdline", "environ")]
    return running.said() + "".join(
        file.read_bytes().decode(errors="replace") for file in shown if file.exists()
    )


def keeps_secrets(text: str) -> bool:
    """Whether neither password nor a piece of it is in a text, in any case."""
    return "horse" not in text.lower()
