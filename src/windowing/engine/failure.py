"""How a process ends that cannot go on: with the cause in a line, at once.

An exception that leaves a Bytewax callback is printed under fifty lines of Rust, and in a cluster
not at all. The process ends like one that is killed, which every restart is made for.
"""

import functools
import logging
import os
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from windowing.core.errors import WindowingError

P = ParamSpec("P")
R = TypeVar("R")

logger = logging.getLogger(__name__)


def ends_process(callback: Callable[P, R]) -> Callable[P, R]:
    """Let a callback's errors end the process with exit status 1 instead of leaving it.

    An error that was foreseen gives its line, any other its traceback too.
    """

    @functools.wraps(callback)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return callback(*args, **kwargs)
        except StopIteration:
            raise
        except WindowingError as error:
            logger.critical("%s", error)
        except Exception:
            logger.critical("this is a fault of the service", exc_info=True)
        logging.shutdown()
        os._exit(1)

    return guarded
