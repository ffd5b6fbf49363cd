"""The flow's watermark: the smallest over the partitions that are not idle.

Source: Flink's WatermarkOutputMultiplexer; when all are idle it is the largest, so that the last
windows of a stream that has gone quiet close.
"""

from collections.abc import Mapping

from windowing.core.window import BEGINNING_US, END_US


class FlowWatermark:
    """What a key group knows of how far all partitions have come; never goes back.

    Attributes:
        us: the flow's watermark, in microseconds since the epoch.
        heard: of each partition that has spoken, its watermark in microseconds and whether it is
            idle. A partition that has not spoken holds the flow where it is.
    """

    def __init__(
        self,
        partitions: int,
        us: int = BEGINNING_US,
        heard: dict[int, tuple[int, bool]] | None = None,
    ) -> None:
        self.us = us
        self.heard = {} if heard is None else heard
        self._partitions = partitions

    def hear(self, partition: int, watermark_us: int, *, idle: bool) -> None:
        """Take in how far a partition has come and whether it stands aside."""
        self.heard[partition] = watermark_us, idle
        others_us = self.held_by_others(partition)
        if not idle:
            self.follow(watermark_us, others_us)
        elif others_us != END_US:
            self.follow(END_US, others_us)
        else:
            self.follow(max(us for us, _ in self.heard.values()), END_US)

    def with_word_of(self, more: Mapping[int, tuple[int, bool]]) -> int:
        """Return what the watermark would be if these had spoken, too; nothing comes of it."""
        heard = {**self.heard, **more}
        if len(heard) < self._partitions:
            return self.us
        active = [us for us, idle in heard.values() if not idle]
        return max(self.us, min(active, default=max(us for us, _ in heard.values())))

    def held_by_others(self, partition: int) -> int:
        """Return where all partitions but one hold the flow; END_US where none of them does."""
        if len(self.heard.keys() | {partition}) < self._partitions:
            return BEGINNING_US
        return min(
            (us for p, (us, idle) in self.heard.items() if p != partition and not idle),
            default=END_US,
        )

    def follow(self, watermark_us: int, others_us: int) -> None:
        """Go on to an active partition's watermark, as far as the others let it."""
        self.us = max(self.us, min(watermark_us, others_us))
