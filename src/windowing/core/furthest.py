"""How far the flow's watermark can have come, for those who must not overtake it unseen."""

from windowing.core.flow_watermark import FlowWatermark


class Furthest:
    """What the key groups of this process have heard.

    Every group hears of every partition in the same flush, so in complete epochs one group knows
    as much as all groups of all processes.
    """

    def __init__(self) -> None:
        self._flows: list[FlowWatermark] = []

    def join(self, flow: FlowWatermark) -> None:
        """Let a key group speak; safe to call from any thread."""
        self._flows.append(flow)

    @property
    def us(self) -> int | None:
        """No group's watermark is past this, in microseconds since the epoch; None: no group."""
        if not self._flows:
            return None
        flow = self._flows[0]
        return max([flow.us, *(us for us, _ in list(flow.heard.values()))])
