"""A file of targets, and a verdict on each."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from benchmarks.live.errors import LiveRunError
from benchmarks.live.load import AboveZero, LiveLoad


class Targets(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The largest value that is allowed of each; None: any.

    That nothing is lost, twice, wrong or late needs no target: it is always asked for.

    Fields:
        delay_p50_s, delay_p99_s, delay_max_s: of the results, until they can be read.
        cpu_ratio_to_decode: CPU per event of the flow, as a multiple of consuming and decoding.
        peak_mib: memory of the flow.
        lag_max_s: largest lag, as seconds of the load.
        lag_growth: slope of the lag, as a share of the load.
    """

    delay_p50_s: AboveZero | None = None
    delay_p99_s: AboveZero | None = None
    delay_max_s: AboveZero | None = None
    cpu_ratio_to_decode: AboveZero | None = None
    peak_mib: AboveZero | None = None
    lag_max_s: AboveZero | None = None
    lag_growth: AboveZero | None = None


class Agreement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a build is held to: the targets, under a load."""

    load: LiveLoad
    targets: Targets


class Verdict(NamedTuple):
    """A target beside what was measured."""

    target: str
    limit: float
    measured: float
    unit: str

    @property
    def ok(self) -> bool:
        """Whether it is met."""
        return self.measured <= self.limit


UNITS = {"_s": "s", "_mib": "MiB"}


def read_agreement(path: Path) -> Agreement:
    """Return what a file in TOML says, with the sections load and targets.

    Raises:
        LiveRunError: it cannot be read, or says what nobody understands.
    """
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Agreement)
    except OSError as error:
        raise LiveRunError(f"{path} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LiveRunError(f"{path} is not TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise LiveRunError(f"{path}: {error}; benchmarks/sla.toml has all keys") from None


def verdicts(targets: Targets, measured: Mapping[str, float]) -> Iterator[Verdict]:
    """Yield a verdict on each target that is set, then on what is always asked for.

    Args:
        measured: by the names of the targets, and lost, twice, wrong, late.
    """
    for name, limit in msgspec.structs.asdict(targets).items():
        if limit is not None:
            unit = next((unit for end, unit in UNITS.items() if name.endswith(end)), "")
            yield Verdict(name, limit, measured[name], unit)
    for name in ("lost", "twice", "wrong", "late"):
        yield Verdict(name, 0, measured[name], "events")
