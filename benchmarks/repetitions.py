"""The repetitions of all contenders on a load, in turn, and what comes out of them."""

from collections.abc import Mapping, Sequence
from itertools import product

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TimeElapsedColumn

from benchmarks.arena import Arena
from benchmarks.contenders.contender import Contender
from benchmarks.contenders.registry import BASELINE
from benchmarks.load import Load
from benchmarks.measure import Cost, NoFigureError
from benchmarks.rates import Rate, rate
from benchmarks.run_folder import RunFolder

SLOW_SIZES = (12, 6)
"""A slow contender's sizes are the larger size of the load over these: one window and two, where
a load has twelve."""

Outcome = Rate | NoFigureError
"""The figures of a contender, or the reason why it has none."""


def repeat(
    bootstrap: str, load: Load, contenders: Sequence[Contender], runs: int, folder: RunFolder
) -> dict[str, Outcome]:
    """Measure contenders on a load, write samples, and return the outcome of each by name."""
    console = Console(stderr=True)
    series = _Series(load, folder)
    with console.status("making what the contenders need: minutes the first time, then nothing"):
        ready = [contender for contender in contenders if series.prepared(contender)]
    logs = folder.path / "logs"
    logs.mkdir(exist_ok=True)
    with _progress(console) as progress, Arena(bootstrap, load, logs) as arena:
        task = progress.add_task(load.name, total=2 * runs * len(ready))
        for run, which in product(range(1, runs + 1), (0, 1)):
            for contender in ready:
                series.measure(arena, contender, run, which)
                progress.advance(task)
                progress.console.print(series.last_line, soft_wrap=True)
    return series.outcomes(ready)


def sizes_of(contender: Contender, load: Load) -> tuple[int, int]:
    """Return how many events a contender gets, small and large."""
    if not contender.ABOUT.slow:
        return load.sizes
    small, large = (load.sizes[1] // part for part in SLOW_SIZES)
    return small, large


def _progress(console: Console) -> Progress:
    columns = (SpinnerColumn(), "{task.description}", MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True)


class _Series:
    """The runs so far, and who is out of it."""

    def __init__(self, load: Load, folder: RunFolder) -> None:
        self._load = load
        self._folder = folder
        self._costs: dict[tuple[str, int], list[Cost]] = {}
        self._rejected: dict[str, NoFigureError] = {}
        self.last_line = ""

    def prepared(self, contender: Contender) -> bool:
        try:
            contender.prepare()
        except NoFigureError as reason:
            self._reject(contender.ABOUT.name, reason)
            return False
        return True

    def measure(self, arena: Arena, contender: Contender, run: int, which: int) -> None:
        """Run a contender on one of its two sizes, unless it is out."""
        name = contender.ABOUT.name
        self.last_line = f"{name}: no figure"
        if name in self._rejected:
            return
        events = sizes_of(contender, self._load)[which]
        arena.fill(events)
        try:
            cost, results = arena.run(contender, events)
        except NoFigureError as reason:
            self._reject(name, reason)
            return
        self._costs.setdefault((name, which), []).append(cost)
        self._folder.sample(
            "cost",
            contender=name,
            load=self._load.name,
            users=self._load.users,
            events=events,
            run=run,
            **cost._asdict(),
            results=results,
        )
        self.last_line = (
            f"{name}: {events:,} events, {cost.cpu_s:.2f} s of CPU, {cost.wall_s:.1f} s,"
            f" {cost.peak_mib:.0f} MiB, {results:,} results"
        )

    def outcomes(self, ready: Sequence[Contender]) -> dict[str, Outcome]:
        """Return all outcomes, and write a sample for each rate."""
        rates: dict[str, Rate] = {}
        for contender in ready:
            name = contender.ABOUT.name
            if name not in self._rejected:
                try:
                    small, large = self._costs[name, 0], self._costs[name, 1]
                    rates[name] = rate(
                        small, large, sizes_of(contender, self._load), contender.ABOUT.epoch_s
                    )
                except NoFigureError as reason:
                    self._reject(name, reason)
        self._write(rates)
        return {**rates, **self._rejected}

    def _write(self, rates: Mapping[str, Rate]) -> None:
        baseline = rates.get(BASELINE.ABOUT.name)
        for name, figures in rates.items():
            self._folder.sample(
                "rate",
                contender=name,
                load=self._load.name,
                **figures._asdict(),
                ratio_to_decode=ratio(figures, baseline),
            )

    def _reject(self, name: str, reason: NoFigureError) -> None:
        self._rejected[name] = reason
        self.last_line = f"{name}: no figure: {reason}"
        self._folder.sample("rejected", contender=name, load=self._load.name, reason=str(reason))


def ratio(figures: Rate, baseline: Rate | None) -> float | None:
    """Return how many times the CPU of the baseline an event takes; None without a baseline."""
    return None if baseline is None else figures.cpu_us_per_event / baseline.cpu_us_per_event
