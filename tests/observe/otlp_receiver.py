"""A collector of traces in the test's own process: OTLP over HTTP, protobuf."""

import gzip
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage

PATH = "/v1/traces"


@dataclass(frozen=True)
class Span:
    """A span as it came."""

    name: str
    attributes: dict[str, str | int]
    resource: dict[str, str | int]
    trace_id: bytes
    span_id: bytes
    parent_id: bytes
    start_ns: int
    end_ns: int

    @property
    def process(self) -> str | int:
        """The number of the process that it is of."""
        return self.resource["windowing.process"]


@dataclass
class Receiver:
    """What has come so far.

    Attributes:
        answers: unless it is set, requests are taken and not answered.
        headers: of the last request.
    """

    endpoint: str = ""
    spans: list[Span] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    requests: int = 0
    answers: Event = field(default_factory=Event)

    def named(self, name: str) -> list[Span]:
        """Return the spans of a kind, in the order in which they ended."""
        found = [span for span in self.spans if span.name == name]
        return sorted(found, key=lambda span: span.end_ns)

    def total(self, name: str, attribute: str) -> int:
        """Return the sum of an attribute over the spans of a kind."""
        return sum(int(span.attributes[attribute]) for span in self.named(name))

    def take(self, body: bytes) -> None:
        """Take a request in."""
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            of_process = _values(resource.resource.attributes)
            for scope in resource.scope_spans:
                self.spans += [_span(message, of_process) for message in scope.spans]


@contextmanager
def otlp_receiver(*, answers: bool = True) -> Iterator[Receiver]:
    """Receive on a free port of this machine, until the end."""
    receiver = Receiver()
    if answers:
        receiver.answers.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.requests += 1
            receiver.answers.wait()
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers["Content-Encoding"] == "gzip":
                body = gzip.decompress(body)
            known = self.path == PATH
            if known:
                receiver.headers = dict(self.headers)
                receiver.take(body)
            self.send_response(200 if known else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.endpoint = f"http://127.0.0.1:{server.server_port}"
        serving = Thread(target=server.serve_forever)
        serving.start()
        try:
            yield receiver
        finally:
            receiver.answers.set()
            server.shutdown()
            serving.join()


def _span(message: SpanMessage, resource: dict[str, str | int]) -> Span:
    return Span(
        message.name,
        {name.removeprefix("windowing."): v for name, v in _values(message.attributes).items()},
        resource,
        message.trace_id,
        message.span_id,
        message.parent_span_id,
        message.start_time_unix_nano,
        message.end_time_unix_nano,
    )


def _values(attributes: Iterable[KeyValue]) -> dict[str, str | int]:
    return {
        one.key: one.value.int_value if one.value.HasField("int_value") else one.value.string_value
        for one in attributes
    }
