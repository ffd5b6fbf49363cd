"""The open windows of one key group: add, close, judge late."""

from windowing.core.aggregate import Aggregate, add
from windowing.core.flow_watermark import FlowWatermark
from windowing.core.messages import ClosedWindow, GroupFlush, Late, Partials
from windowing.core.window import window_at


class WindowState:
    """Open windows, and how far the flow has come.

    A window has closed when the flow's watermark is at or past its end; it is handed out once,
    then, and an event that comes for it later is late.

    Attributes:
        length_us: of a window, in microseconds.
        flow: the flow's watermark as this group knows it.
        windows: of each open window its users' aggregates so far.
    """

    def __init__(
        self, length_us: int, flow: FlowWatermark, windows: Partials | None = None
    ) -> None:
        self.length_us = length_us
        self.flow = flow
        self.windows: Partials = {} if windows is None else windows

    def receive(self, flush: GroupFlush) -> tuple[list[ClosedWindow], list[Late]]:
        """Take in a flush and return the windows it closes, in order, and the events it has late.

        Folds come first: the partition folds an event only into a window that its own watermark
        had not passed, and the flow's is never ahead of that. So whatever order they were read
        in, none of them is late, and none may be missing when the unfolded events move the
        watermark and close windows.
        """
        for window, users in flush.partials.items():
            self._merge(window, users)
        late: list[Late] = []
        others_us = self.flow.held_by_others(flush.partition)
        for event in flush.unfolded:
            self.flow.follow(event.watermark_us, others_us)
            if event.window < self._first_open():
                late.append(Late(event, self.flow.us))
            else:
                self._merge(event.window, {event.user: event.aggregate})
        if flush.progress is not None:
            watermark_us, idle = flush.progress
            self.flow.hear(flush.partition, watermark_us, idle=idle)
        elif flush.unfolded:
            self.flow.hear(flush.partition, flush.unfolded[-1].watermark_us, idle=False)
        return self._close(), late

    def open(self) -> list[tuple[int, int]]:
        """Return the open windows, and of how many users each holds events."""
        return [(window, len(users)) for window, users in list(self.windows.items())]

    def _first_open(self) -> int:
        return window_at(self.flow.us, self.length_us)

    def _merge(self, window: int, users: dict[str, Aggregate]) -> None:
        known = self.windows.get(window)
        if known is None:
            self.windows[window] = users
            return
        for user, aggregate in users.items():
            before = known.setdefault(user, aggregate)
            if before is not aggregate:
                known[user] = add(before, aggregate)

    def _close(self) -> list[ClosedWindow]:
        first_open = self._first_open()
        due = sorted(window for window in self.windows if window < first_open)
        return [ClosedWindow(window, self.windows.pop(window)) for window in due]
