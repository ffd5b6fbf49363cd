"""What two runs can be compared by: figures with a name, each with a value for each repetition."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from benchmarks.run_folder import Sample

BASELINE = "consume and decode"


class Measure(NamedTuple):
    """What was measured; two runs have the same one if all fields are the same.

    Fields:
        of: contender and load, or whatever else identifies it.
        what: with its unit.
        more_is_better: else less is.
    """

    of: str
    what: str
    more_is_better: bool = False


Measured = dict[Measure, list[float]]

SCALE_FIELDS = {
    "cpu_us_per_event": Measure("", "CPU, µs/event"),
    "events_per_s": Measure("", "events/s", more_is_better=True),
    "bytes_per_pair_memory": Measure("", "memory, bytes/pair"),
    "store_bytes_per_pair": Measure("", "store, bytes/pair"),
    "snapshot_pause_s": Measure("", "longest pause, s"),
}
RECOVERY_FIELDS = {
    "results_again_s": Measure("", "results again after, s"),
    "lag_gone_s": Measure("", "lag gone after, s"),
}


def measures(samples: Sequence[Sample]) -> Measured:
    """Return the values of each measure, in the order in which they were taken."""
    found: Measured = {}
    for read in (_of_ladder, _of_scale, _of_capacity, _of_recovery, _of_verdicts):
        for measure, value in read(samples):
            found.setdefault(measure, []).append(value)
    return found


def _of_ladder(samples: Sequence[Sample]) -> Iterator[tuple[Measure, float]]:
    """Give slopes between the smallest and the largest input of each repetition, and peaks.

    The ratio to the baseline of the same repetition is free of what slows a whole machine down.
    """
    costs: dict[tuple[str, str, int], list[Sample]] = {}
    for sample in samples:
        if sample["kind"] == "cost":
            key = sample["load"], sample["contender"], sample["run"]
            costs.setdefault(key, []).append(sample)
    slopes: dict[tuple[str, str, int], float] = {}
    for (load, contender, run), of_run in costs.items():
        small = min(of_run, key=lambda s: s["events"])
        large = max(of_run, key=lambda s: s["events"])
        of = f"{contender}, {load}"
        yield Measure(of, "peak memory, MiB"), large["peak_mib"]
        more = large["events"] - small["events"]
        if more:
            slope = (large["cpu_s"] - small["cpu_s"]) / more * 1e6
            slopes[load, contender, run] = slope
            yield Measure(of, "CPU, µs/event"), slope
    for (load, contender, run), slope in slopes.items():
        baseline = slopes.get((load, BASELINE, run))
        if baseline and contender != BASELINE:
            yield Measure(f"{contender}, {load}", f"CPU, × {BASELINE}"), slope / baseline


def _of_scale(samples: Sequence[Sample]) -> Iterator[tuple[Measure, float]]:
    for sample in samples:
        if sample["kind"] != "scale" or "varied" not in sample:
            continue
        varied = sample["varied"]
        for field, measure in SCALE_FIELDS.items():
            if field in sample:
                of = f"{sample[varied]:,} {varied.replace('_', ' ')}"
                yield measure._replace(of=of), sample[field]


def _of_capacity(samples: Sequence[Sample]) -> Iterator[tuple[Measure, float]]:
    sustained = [s["rate_per_s"] for s in samples if s["kind"] == "probe" and s["sustained"]]
    if sustained:
        yield Measure("capacity", "sustained events/s", more_is_better=True), max(sustained)
    for sample in samples:
        if sample["kind"] == "feeder":
            yield Measure("feeder", "events/s", more_is_better=True), sample["limit_per_s"]


def _of_recovery(samples: Sequence[Sample]) -> Iterator[tuple[Measure, float]]:
    for sample in samples:
        if sample["kind"] == "recovery":
            of = f"recovery after {sample['outage_s']:.0f} s"
            for field, measure in RECOVERY_FIELDS.items():
                if sample[field] is not None:  # else it was not seen
                    yield measure._replace(of=of), sample[field]


def _of_verdicts(samples: Sequence[Sample]) -> Iterator[tuple[Measure, float]]:
    """Give what was held to a target, all of which are upper limits."""
    if any(s["kind"] == "scale" for s in samples):
        return  # they are among its own measures
    for sample in samples:
        if sample["kind"] == "verdict":
            what = f"measured, {sample['unit']}" if sample["unit"] else "measured"
            yield Measure(sample["target"], what), sample["measured"]
