"""How a process ends that cannot go on: with the cause in a line, at once.

An exception that leaves a Bytewax callback is printed under fifty lines of Rust, and in a cluster
not at all. The process ends like one that is killed, which every restart is made for.
"""

import functools
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import NoReturn, ParamSpec, TypeVar

from bytewax.recovery import NoPartitionsError

from windowing.core.errors import WindowingError
from windowing.kafka.transaction import FencedError
from windowing.observe.health import Health

P = ParamSpec("P")
R = TypeVar("R")

FAILED = 1
INTERRUPTED = 130
STOPPED = 143
STOP_TIMEOUT_S = 8.0
"""Those who stop a process give it 10 s by custom, then SIGKILL."""

_stop = threading.Event()
_stop_at_s = float("inf")
_health = Health()

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
            _tell(error)
            logger.critical("%s", error)
        except Exception as error:
            _tell(error)
            logger.critical("this is a fault of the service", exc_info=True)
        end_process(FAILED)

    return guarded


def _tell(error: Exception) -> None:
    """Let probes hear first: writing the last words may take a while."""
    status = "fenced" if isinstance(error, FencedError) else "failed"
    # What an unforeseen error quotes is for the log alone: anybody may ask a probe.
    known = isinstance(error, WindowingError)
    fault = f"a fault of the service ({type(error).__name__}): see its log"
    _health.end(status, str(error) if known else fault)


def end_process(status: int) -> NoReturn:
    """End at once; Bytewax's threads would keep the process from an orderly exit."""
    logging.shutdown()
    sys.stderr.flush()
    os._exit(status)


def name_the_end(health: Health) -> None:
    """Let what ends Bytewax's main function be said in a line, where the cause is known.

    Args:
        health: of the process, which is told of every end.
    """
    global _health  # noqa: PLW0603 - a process has one end
    _health = health
    _hear_signals()

    def hook(
        kind: type[BaseException], error: BaseException, traceback: TracebackType | None
    ) -> None:
        line = _explanation(error)
        if line is not None:
            _health.end("failed", line)
            logger.critical(line)
            end_process(FAILED)
        _health.end("failed", f"{kind.__name__}: {error}")
        logger.critical("%s: %s", kind.__name__, error, exc_info=(kind, error, traceback))
        end_process(FAILED)

    sys.excepthook = hook


def _explanation(error: BaseException) -> str | None:
    """Return what an error of Bytewax's own means, if that is known."""
    if isinstance(error, NoPartitionsError):
        return "the recovery store (-r) is empty: make it with python -m bytewax.recovery DIR 4"
    if "Address already in use" in str(error):
        return "this process's address in -a is in use: end who has it, or choose another port"
    if type(error).__name__ == "PanicException":
        return (
            "another process of the cluster has ended, or this one's thread: see the cause above"
            " or in its log; start all processes again, together"
        )
    return None


def stop_requested() -> bool:
    """Return whether the process was asked to stop (SIGTERM): its sources are to end then."""
    return _stop.is_set()


def time_left_s() -> float:
    """Return how long the process may still take to end in order; until it is asked to: for ever.

    A little less than that, so that who waits for so long is not ended by force.
    """
    return max(0.0, _stop_at_s - time.monotonic() - 0.5)


def _hear_signals() -> None:
    """Act on SIGINT and SIGTERM at once, in a thread of their own.

    Python's handlers wait until the main thread runs Python again, and that may be in a call of
    the Kafka client that waits for a broker.
    """
    heard, written = os.pipe()
    os.set_blocking(written, False)
    signal.set_wakeup_fd(written, warn_on_full_buffer=False)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _signal, _frame: None)

    def listen() -> None:
        while number := os.read(heard, 1):
            if number[0] == signal.SIGINT:
                logger.warning("interrupted")
                end_process(INTERRUPTED)
            elif number[0] == signal.SIGTERM:
                _stop_in_time()

    threading.Thread(target=listen, daemon=True).start()


def _stop_in_time() -> None:
    global _stop_at_s  # noqa: PLW0603 - a process has one end
    if not _stop.is_set():
        _stop_at_s = time.monotonic() + STOP_TIMEOUT_S
        _stop.set()
        _health.stop()
        logger.warning("asked to stop")
        deadline = threading.Timer(STOP_TIMEOUT_S, _stop_at_once)
        deadline.daemon = True
        deadline.start()


def _stop_at_once() -> None:
    """End though the state is not saved: other processes of the cluster go on, or the broker hangs.

    What is not saved will be read again; nothing is lost by it.
    """
    logger.warning(
        "stopped without the rest of the cluster: the next start goes on from the last saved epoch"
    )
    end_process(STOPPED)
