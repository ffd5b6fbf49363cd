"""Metrics and probes over HTTP, in threads beside the flow, which they never hold up."""

import logging
import socket
import time
from collections.abc import Callable, Iterable
from socketserver import TCPServer, ThreadingMixIn
from threading import Thread
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import msgspec
from prometheus_client import CollectorRegistry, make_wsgi_app

from windowing.core.errors import WindowingError
from windowing.observe.health import Answer, Health

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication

RETRY_EVERY_S = 1.0
SLOWEST_CLIENT_S = 10.0
LAST_PORT = 65535

logger = logging.getLogger(__name__)


class PortError(WindowingError):
    """A process of this number in its cluster gets no port."""


def port_of_process(first: int, process: int) -> int:
    """Return the port of a process of a cluster: the first one plus its number.

    Raises:
        PortError: there is no such port.
    """
    if first + process > LAST_PORT:
        raise PortError(
            f"WINDOWING_HTTP_PORT='{first}' leaves no port for process {process}, which takes the"
            f" port plus its number: write {LAST_PORT - process} or less, or 0 for none"
        )
    return first + process


def serve(port: int, registry: CollectorRegistry, health: Health) -> None:
    """Answer /metrics, /health and /ready on all addresses, from now on or when the port is free.

    The port may be in use for a while: by the process that this one is to replace.
    """
    app = _app(make_wsgi_app(registry), health)
    Thread(target=_serve, args=(port, app), name="http", daemon=True).start()


def _serve(port: int, app: "WSGIApplication") -> None:
    warned = False
    while True:
        try:
            server = _Server(port)
        except OSError as error:
            if not warned:
                logger.warning(
                    "port %d cannot be served (%s): end who has it, or set WINDOWING_HTTP_PORT;"
                    " trying again every second, the flow does not wait for it",
                    port,
                    error.strerror or error,
                )
                warned = True
            time.sleep(RETRY_EVERY_S)
            continue
        if warned:
            logger.warning("port %d is served now", port)
        server.set_app(app)
        server.serve_forever()


def _app(metrics: "WSGIApplication", health: Health) -> "WSGIApplication":
    probes: dict[str, Callable[[], Answer]] = {"/health": health.health, "/ready": health.ready}

    def app(environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/metrics":
            return metrics(environ, start_response)
        if path in probes:
            return _answer(probes[path](), start_response)
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"there are /metrics, /health and /ready\n"]

    return app


def _answer(answer: Answer, start_response: "StartResponse") -> Iterable[bytes]:
    body = {"status": answer.status}
    if answer.reason:
        body["reason"] = answer.reason
    status = "200 OK" if answer.good else "503 Service Unavailable"
    start_response(status, [("Content-Type", "application/json"), ("Cache-Control", "no-store")])
    return [msgspec.json.encode(body)]


class _Handler(WSGIRequestHandler):
    timeout = SLOWEST_CLIENT_S

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a line for each probe would drown the rest."""


class _Server(ThreadingMixIn, WSGIServer):
    """Listens on IPv6 and IPv4, where there is both."""

    daemon_threads = True
    allow_reuse_port = False
    request_queue_size = 16

    def __init__(self, port: int) -> None:
        dual = socket.has_dualstack_ipv6()
        self.address_family = socket.AF_INET6 if dual else socket.AF_INET
        super().__init__(("", port), _Handler)

    def server_bind(self) -> None:
        """Bind, without asking DNS for this machine's name as the library does."""
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "", self.server_address[1]
        self.setup_environ()
