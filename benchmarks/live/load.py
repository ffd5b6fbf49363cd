"""What a live run feeds, and how the flow is set up for it."""

from typing import Annotated, TypeAlias

import msgspec

from benchmarks.live.errors import LiveRunError

AtLeastOne: TypeAlias = Annotated[int, msgspec.Meta(ge=1)]
AboveZero: TypeAlias = Annotated[float, msgspec.Meta(gt=0)]
NotNegative: TypeAlias = Annotated[float, msgspec.Meta(ge=0)]


class LiveLoad(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An open-loop load whose event times are the wall clock's.

    Fields:
        duration_s: how long events are fed, with the warm-up.
        warm_up_s: of it, what is not measured.
        users: all equally busy.
        partitions: of the input topic.
        window_length_s, bound_s: short, so that many windows close.
        epoch_s: how often the flow saves and writes; bytewax's -s.
        processes: of the flow.
    """

    rate_per_s: AtLeastOne = 50_000
    duration_s: AboveZero = 60.0
    warm_up_s: NotNegative = 15.0
    users: AtLeastOne = 10_000
    partitions: AtLeastOne = 4
    window_length_s: AboveZero = 5.0
    bound_s: NotNegative = 1.0
    epoch_s: AtLeastOne = 1
    processes: AtLeastOne = 1

    def __post_init__(self) -> None:
        """Make sure that windows can close after the warm-up.

        Raises:
            ValueError: they cannot.
        """
        least_s = self.warm_up_s + 2 * self.window_length_s + self.bound_s
        if self.duration_s < least_s:
            raise ValueError(
                f"a duration of {self.duration_s:g} s is too short to see windows close after the"
                f" warm-up: make it {least_s:g} s"
            )


def load_of(**fields: float) -> LiveLoad:
    """Return a load of these fields and the defaults.

    Raises:
        LiveRunError: one is out of range, or the duration is too short.
    """
    try:
        return msgspec.convert(fields, LiveLoad)
    except msgspec.ValidationError as error:
        raise LiveRunError(str(error)) from None
