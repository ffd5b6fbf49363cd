"""The demo's course: wait for the flow, feed it, and see everything come out again."""

import time
from collections import deque
from datetime import UTC, datetime, timedelta

from windowing.demo.broker import Broker
from windowing.demo.errors import DemoError
from windowing.demo.events import Arrival
from windowing.demo.feed import Feed
from windowing.demo.flow_process import FlowProcess
from windowing.demo.outcome import OutcomeReader
from windowing.demo.scenario import (
    IDLE_TIMEOUT,
    LENGTH,
    QUIET_AFTER,
    QUIET_PARTITION,
    SPEED,
    play_from,
    start_before,
)
from windowing.demo.table import Progress, View

START_TIMEOUT_S = 20.0
TIMEOUT_S = 52.0
TURN_S = 0.1

# What is no event is passed on as soon as it is read: so the flow says that it is there.
HELLO = b"is the flow there?"
IDLE_S = IDLE_TIMEOUT // timedelta(seconds=1)


class Player:
    """One run."""

    def __init__(self, broker: Broker, flow: FlowProcess, view: View) -> None:
        self._flow = flow
        self._view = view
        self._feed = Feed(broker.client_config, broker.topics.input)
        self._reader = OutcomeReader(broker.client_config, broker.topics)
        self._began_s = time.monotonic()
        self._start = start_before(datetime.now(UTC))
        self._event_time: datetime | None = None
        self._held_back_until = self._start + QUIET_AFTER
        self._quiet = self._aside = False

    def play(self) -> int:
        """Return how many events went in, once all have come out or there is no more time.

        Raises:
            DemoError: the flow has ended, or never began.
        """
        try:
            self._wait_for_flow()
            self._feed_all()
            while self._inside() > 0 and self._elapsed_s() < TIMEOUT_S:
                self._turn()
        finally:
            self._reader.close()
        return self._feed.written

    def _wait_for_flow(self) -> None:
        self._feed.send(Arrival(self._start, 0, b"", HELLO))
        while not self._reader.outcome.dead:
            if self._elapsed_s() > START_TIMEOUT_S:
                said = self._flow.last_lines()
                raise DemoError("\n".join(["the flow does not read its input:", *said]))
            self._turn()
        self._view.note(f"The flow is there. Its clock is event time: {SPEED} s of it in a second.")

    def _feed_all(self) -> None:
        waiting = deque(play_from(self._start))
        began_s = time.monotonic()
        while waiting:
            now = self._start + timedelta(seconds=(time.monotonic() - began_s) * SPEED)
            self._event_time = min(now, self._start + LENGTH)
            while waiting and waiting[0].at <= now:
                self._feed.send(waiting.popleft())
            self._turn()
        self._feed.flush()
        self._view.note(f"All is fed. After {IDLE_S} s of silence the clock closes what is open.")

    def _turn(self) -> None:
        self._flow.check()
        self._feed.poll()
        results = self._reader.read(TURN_S)
        closed = max((result.window_end for result in results), default=self._start)
        if not self._quiet and self._event_time and self._event_time >= self._held_back_until:
            self._quiet = True
            self._view.note(
                f"Partition {QUIET_PARTITION} falls silent, maybe only slow: no window closes now."
            )
        # The silent partition's own watermark has not come as far as that.
        if not self._aside and closed >= self._held_back_until:
            self._aside = True
            self._view.note(
                f"It was silent for {IDLE_S} s and stands aside as idle: windows close again."
            )
        self._view.show(results, self._progress())

    def _inside(self) -> int:
        """Return how many events have gone in and not come out."""
        return self._feed.written - self._reader.outcome.total

    def _elapsed_s(self) -> float:
        return time.monotonic() - self._began_s

    def _progress(self) -> Progress:
        out = self._reader.outcome
        return Progress(self._event_time, self._feed.written, out.counted, out.late, out.dead)
