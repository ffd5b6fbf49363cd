"""The demo's verdict."""

from io import StringIO

import pytest
from rich.console import Console

from windowing.demo.ending import show_sum
from windowing.demo.outcome import Outcome


def verdict(fed: int, outcome: Outcome) -> tuple[bool, str]:
    file = StringIO()
    holds = show_sum(Console(file=file, width=20), fed, outcome)
    return holds, file.getvalue().strip()


def test_a_sum_that_holds_has_a_check_mark():
    assert verdict(10, Outcome(counted=7, late=2, dead=1)) == (
        True,
        "✓ events in 10 = counted 7 + late 2 + dead 1",
    )


@pytest.mark.parametrize("counted", [6, 8])
def test_one_lost_or_twice_is_a_failure(counted):
    assert verdict(10, Outcome(counted=counted, late=2, dead=1)) == (
        False,
        f"✗ events in 10 ≠ counted {counted} + late 2 + dead 1",
    )
