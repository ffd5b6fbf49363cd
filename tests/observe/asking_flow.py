"""The real dataflow, which asks itself for its health when it says why it ends.

Run it: python -m bytewax.run tests.observe.asking_flow
"""

import logging
import os

from dataflows.user_aggregates import flow
from tests.observe.scrape import get

__all__ = ["flow"]


class Asking(logging.Handler):
    """Asks while the last words are written."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno == logging.CRITICAL:
            answer = get(int(os.environ["WINDOWING_HTTP_PORT"]), "/health")
            print(answer.status, answer.body, flush=True)  # noqa: T201


logging.getLogger().addHandler(Asking())
