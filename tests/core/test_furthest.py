"""No group is further than the furthest."""

from windowing.core.flow_watermark import FlowWatermark
from windowing.core.furthest import Furthest


def test_without_a_group_nobody_can_tell():
    assert Furthest().us is None


def test_it_is_what_any_partition_or_the_flow_has_reached():
    furthest = Furthest()
    flow = FlowWatermark(3)
    furthest.join(flow)
    flow.hear(0, 100, idle=False)
    flow.hear(1, 300, idle=True)
    assert furthest.us == 300
    flow.us = 500
    assert furthest.us == 500
