"""What a process of the flow serves over HTTP, as Prometheus and a probe read it."""

import json
import socket
from collections import defaultdict
from collections.abc import Iterable
from contextlib import ExitStack
from typing import NamedTuple
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

TIMEOUT_S = 10.0

Labels = tuple[tuple[str, str], ...]


class Answer(NamedTuple):
    """An HTTP status and a body; status 0: nobody answers."""

    status: int
    body: str

    @property
    def json(self) -> dict[str, str]:
        """What the body says."""
        said: dict[str, str] = json.loads(self.body)
        return said


def get(port: int, path: str, host: str = "127.0.0.1") -> Answer:
    """Ask a process on this machine."""
    try:
        with urlopen(f"http://{host}:{port}{path}", timeout=TIMEOUT_S) as answer:
            return Answer(answer.status, answer.read().decode())
    except HTTPError as refusal:
        with refusal:
            return Answer(refusal.code, refusal.read().decode())
    except (URLError, ConnectionError):
        return Answer(0, "")


class Samples(dict[tuple[str, Labels], float]):
    """Values by name and labels."""

    def of(self, name: str, **labels: str) -> float | None:
        """Return one value; None: it is absent."""
        return self.get((name, tuple(sorted(labels.items()))))

    def by(self, name: str, label: str) -> dict[str, float]:
        """Return the values of a metric by its one label."""
        return {dict(labels)[label]: value for (n, labels), value in self.items() if n == name}


def samples(port: int) -> Samples:
    """Return what a process serves."""
    found = Samples()
    for family in text_string_to_metric_families(get(port, "/metrics").body):
        for sample in family.samples:
            found[sample.name, tuple(sorted(sample.labels.items()))] = sample.value
    return found


def summed(ports: Iterable[int]) -> Samples:
    """Return the sums over the processes of a cluster."""
    sums: dict[tuple[str, Labels], float] = defaultdict(float)
    for port in ports:
        for key, value in samples(port).items():
            sums[key] += value
    return Samples(sums)


def ports_in_a_row(count: int) -> list[int]:
    """Return ports of this machine that nobody listens on, each one more than the one before."""
    for _ in range(100):
        with ExitStack() as sockets:
            bound = [sockets.enter_context(socket.socket()) for _ in range(count)]
            bound[0].bind(("127.0.0.1", 0))
            first = bound[0].getsockname()[1]
            try:
                for number, one in enumerate(bound[1:], start=1):
                    one.bind(("127.0.0.1", first + number))
            except (OSError, OverflowError):
                continue
            return [first + number for number in range(count)]
    raise OSError(f"no {count} free ports in a row")
