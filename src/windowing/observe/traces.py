"""Spans of what the process does, for a collector that speaks OTLP; docs/traces.md lists them.

OpenTelemetry comes with the extra `windowing[otel]`. It is imported only where its variables name a
collector.
"""

import logging
from collections.abc import Mapping
from typing import Protocol, TypeAlias

COLLECTOR = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOL = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
SPOKEN = "http/protobuf"

Attribute: TypeAlias = str | int

logger = logging.getLogger(__name__)


class Traces(Protocol):
    """The spans of this process; any thread may call it, and is never held up.

    Attributes:
        on: whether they go anywhere; what only they need is not worked out otherwise.
    """

    on: bool

    def span(self, name: str, duration_s: float, /, **attributes: Attribute) -> None:
        """Hear what has just ended, and how long it took."""

    def begin_epoch(self, number: int, /) -> None:
        """Hear that an epoch has begun, and so the one before has ended."""

    def close(self, timeout_s: float, /) -> None:
        """Send what is left, but wait no longer than this for the collector."""


class NoTraces:
    """Where there is no collector."""

    on = False

    def span(self, _name: str, _duration_s: float, /, **_attributes: Attribute) -> None:
        """Forget it."""

    def begin_epoch(self, _number: int, /) -> None:
        """Forget it."""

    def close(self, _timeout_s: float, /) -> None:
        """Have nothing to send."""


def start_traces(environ: Mapping[str, str], process: Mapping[str, Attribute]) -> Traces:
    """Return the traces of this process; OpenTelemetry itself reads its variables.

    What is wrong with them is said in a line, and the process goes on without.

    Args:
        process: attributes of all its spans, beside OTEL_RESOURCE_ATTRIBUTES.
    """
    collector = _first(environ, COLLECTOR)
    if not collector or environ.get("OTEL_TRACES_EXPORTER", "").strip() == "none":
        return NoTraces()
    protocol = _first(environ, PROTOCOL)
    if protocol and environ[protocol] != SPOKEN:
        logger.warning(
            "%s='%s' is not spoken here, traces are sent as %s: let %s name where the collector"
            " listens for that (by custom on port 4318)",
            *(protocol, environ[protocol], SPOKEN, collector),
        )
    try:
        # Not at the top: that would need the extra.
        from windowing.observe.otlp_traces import OtlpTraces  # noqa: PLC0415

        return OtlpTraces(process)
    except ImportError as missing:
        # The address itself may hold a password.
        logger.warning(
            "%s is set, but no traces are sent (%s): install the extra,"
            " pip install '.[otel]', or unset it",
            *(collector, missing),
        )
    except ValueError as error:
        logger.warning(
            "%s is set, but no traces are sent: a variable OTEL_... is wrong: %s",
            *(collector, error),
        )
    return NoTraces()


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> str:
    """Return the name of the first variable that is set; empty: none is."""
    return next((name for name in names if environ.get(name)), "")
