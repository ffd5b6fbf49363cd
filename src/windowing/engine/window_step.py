"""Window state as a stateful Bytewax step, one logic for each key group."""

import time

from bytewax.operators import StatefulBatchLogic

from windowing.core.encode import Aside, encode_late, encode_results
from windowing.core.furthest import Furthest
from windowing.core.messages import ClosedWindow, GroupFlush, Output
from windowing.core.snapshot import pack_group
from windowing.core.window_state import WindowState
from windowing.engine.failure import ends_process
from windowing.engine.tenure import Tenure
from windowing.observe.metrics import Metrics


class WindowStep(StatefulBatchLogic[GroupFlush, list[Output], bytes | None]):
    """Hands flushes to the group's windows and encodes what comes out."""

    def __init__(
        self,
        state: WindowState,
        furthest: Furthest,
        *,
        source_topic: str,
        output_topic: str,
        late: Aside,
        saved: bool,
        tenure: Tenure,
        metrics: Metrics,
    ) -> None:
        self._state = state
        self._source_topic = source_topic
        self._output_topic = output_topic
        self._late = late
        self._saved = saved
        self._tenure = tenure
        self._health = metrics.health
        self._epochs = metrics.epochs
        self._closings = metrics.closings
        furthest.join(state.flow)
        metrics.gauges.join(state)

    @ends_process
    def on_batch(self, values: list[GroupFlush]) -> tuple[list[list[Output]], bool]:
        """Return the records of the windows that the flushes close, and of late events."""
        self._health.begin()
        began_s = time.monotonic()
        length_us = self._state.length_us
        outputs: list[Output] = []
        all_closed: list[ClosedWindow] = []
        for flush in values:
            closed, late = self._state.receive(flush)
            all_closed += closed
            for window in closed:
                outputs.append(encode_results(window, length_us, self._output_topic))
            for event in late:
                outputs.append(encode_late(event, length_us, self._late, self._source_topic))
        if all_closed:
            self._closings.closed(all_closed, time.monotonic() - began_s)
        return ([outputs] if outputs else []), StatefulBatchLogic.RETAIN

    @ends_process
    def snapshot(self) -> bytes | None:
        """Return the saved form; without a recovery store there is nothing to save it in."""
        self._epochs.end()
        self._tenure.require()
        return self._epochs.saved(pack_group(self._state)) if self._saved else None
