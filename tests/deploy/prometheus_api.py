"""Questions to a Prometheus, over its HTTP API."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import urlopen

TIMEOUT_S = 30.0


class PrometheusError(Exception):
    """Prometheus did not answer, or not with a result; the text is one line."""


@dataclass(frozen=True)
class Series:
    """One result: its labels, and pairs of Unix time and value."""

    labels: dict[str, str]
    points: list[tuple[float, float]]

    @property
    def last(self) -> float:
        """The newest value."""
        return self.points[-1][1]


@dataclass(frozen=True)
class PrometheusApi:
    """A Prometheus at an address, such as http://127.0.0.1:9090."""

    url: str

    def query(self, expr: str) -> list[Series]:
        """Return what an expression is now."""
        result = self.ask("query", query=expr)["result"]
        return [Series(one["metric"], _numbers([one["value"]])) for one in result]

    def query_range(self, expr: str, begin_s: float, end_s: float, step_s: float) -> list[Series]:
        """Return what an expression was between two Unix times."""
        answer = self.ask("query_range", query=expr, start=begin_s, end=end_s, step=step_s)
        return [Series(one["metric"], _numbers(one["values"])) for one in answer["result"]]

    def firing(self) -> set[str]:
        """Return the names of the alerts that fire now."""
        alerts = self.ask("alerts")["alerts"]
        return {one["labels"]["alertname"] for one in alerts if one["state"] == "firing"}

    def ask(self, what: str, **parameters: object) -> Any:
        """Return the answer of an endpoint under /api/v1.

        Raises:
            PrometheusError: nobody is there, or the question is wrong.
        """
        try:
            with urlopen(
                f"{self.url}/api/v1/{what}?{urlencode(parameters)}", timeout=TIMEOUT_S
            ) as a:
                return json.load(a)["data"]
        except HTTPError as error:
            said = json.loads(error.read()).get("error", error.reason)
            raise PrometheusError(f"Prometheus at {self.url} refuses: {said}") from None
        except (URLError, ConnectionError, TimeoutError) as error:
            reason = error.reason if isinstance(error, URLError) else error
            raise PrometheusError(f"no Prometheus answers at {self.url} ({reason})") from None


def _numbers(values: list[tuple[float, str]]) -> list[tuple[float, float]]:
    return [(at_s, float(text)) for at_s, text in values]
