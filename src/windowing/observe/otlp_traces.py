"""Spans by OpenTelemetry, sent over HTTP from a thread of its own."""

import logging
import time
from collections.abc import Mapping
from threading import Thread

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, set_span_in_context

from windowing.observe.traces import Attribute

NAME = "windowing"
LAST_WORDS_S = 2.0

logger = logging.getLogger(__name__)


class OtlpTraces:
    """See `Traces`. Spans wait in a queue of bounded size; when it is full, the oldest are lost.

    Those of an epoch are children of one root that lasts as long as the epoch: a trace is what one
    process did in one epoch, and a sampler takes or leaves it whole. Before its first epoch, and
    where a process has no input partition and so hears of none, each span is a trace of its own.

    A span is made when it is over. So nothing is under way when the process ends.

    Raises:
        ValueError: a variable of OpenTelemetry's has a wrong value.
    """

    on = True

    def __init__(self, process: Mapping[str, Attribute]) -> None:
        # What the code gives to `Resource.create` wins over the variables, so they come last here.
        named = Resource({"service.name": NAME, **process}).merge(OTELResourceDetector().detect())
        self._provider = TracerProvider(
            resource=Resource.create(named.attributes), shutdown_on_exit=False
        )
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer(NAME)
        self._epoch: Span | None = None

    def span(self, name: str, duration_s: float, /, **attributes: Attribute) -> None:
        """Make a span that ends now."""
        ended_ns = time.time_ns()
        self._tracer.start_span(
            name,
            Context() if self._epoch is None else set_span_in_context(self._epoch, Context()),
            attributes=_named(attributes),
            start_time=ended_ns - int(duration_s * 1e9),
        ).end(ended_ns)

    def begin_epoch(self, number: int) -> None:
        """Change to a new root."""
        ended = self._epoch
        attributes = _named({"epoch": number})
        self._epoch = self._tracer.start_span("epoch", Context(), attributes=attributes)
        if ended is not None:
            ended.end()

    def close(self, timeout_s: float) -> None:
        """Send what is left, for `LAST_WORDS_S` at the most."""
        if self._epoch is not None:
            self._epoch.end()
        # In a thread, as the library would wait for half a minute.
        last_words = Thread(target=self._provider.shutdown, daemon=True)
        last_words.start()
        last_words.join(min(timeout_s, LAST_WORDS_S))
        if last_words.is_alive():
            logger.warning("the last traces are not sent: the collector does not take them in time")


def _named(attributes: Mapping[str, Attribute]) -> dict[str, Attribute]:
    return {f"windowing.{name}": value for name, value in attributes.items()}
