"""Numbers as Grafana shows them in the units of the dashboard."""

import math
from collections.abc import Callable

THOUSANDS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
BINARY = ((2.0**30, "GiB"), (2.0**20, "MiB"), (2.0**10, "KiB"))
SPANS = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))

ROUND = [round_ * 10.0**power for power in range(18) for round_ in (1, 2, 2.5, 5)]
SIZES: dict[str, tuple[tuple[float, str], ...]] = {
    "s": SPANS,
    "bytes": BINARY,
    "Bps": BINARY,
    "percentunit": ((0.01, "%"),),
    "cps": THOUSANDS,
    "short": THOUSANDS,
    "none": (),
}


def shown(value: float, unit: str, decimals: int | None = None) -> str:
    """Return a number with its unit.

    Raises:
        KeyError: the unit is unknown here.
    """
    return FORMATS[unit](value, decimals)


def ticks(top: float, unit: str, most: int = 5) -> list[float]:
    """Return round numbers of a unit from 0 up to `top`, so many at the most.

    Raises:
        KeyError: the unit is unknown here.
    """
    one = max((size for size, _ in SIZES[unit] if size <= top), default=1.0)
    rough = top / one / most
    least = 1.0 if unit == "none" else 10.0 ** math.floor(math.log10(rough))
    step = next(round_ * least for round_ in ROUND if round_ * least >= rough)
    return [number * step * one for number in range(math.floor(top / one / step) + 1)]


def _figures(value: float, decimals: int | None) -> str:
    return f"{value:.3g}" if decimals is None or value >= 1000 else f"{value:.{decimals}f}"


def _scaled(steps: tuple[tuple[float, str], ...], last: str) -> Callable[[float, int | None], str]:
    def show(value: float, decimals: int | None) -> str:
        for size, name in steps:
            if abs(value) >= size:
                return f"{value / size:.3g} {name}"
        return f"{_figures(value, decimals)} {last}".rstrip()

    return show


def _span(value: float, _decimals: int | None) -> str:
    for size, name in SPANS:
        if abs(value) >= size:
            return f"{value / size:.3g} {name}"
    return "0 s"


def _per_second(value: float, decimals: int | None) -> str:
    return f"{_scaled(THOUSANDS, '')(value, decimals)}/s"


def _percent(value: float, decimals: int | None) -> str:
    return f"{_figures(100 * value, decimals)} %"


FORMATS: dict[str, Callable[[float, int | None], str]] = {
    "s": _span,
    "bytes": _scaled(BINARY, "B"),
    "Bps": lambda value, decimals: f"{_scaled(BINARY, 'B')(value, decimals)}/s",
    "percentunit": _percent,
    "cps": _per_second,
    "short": _scaled(THOUSANDS, ""),
    "none": _figures,
}
