"""When a silent partition steps aside.

Silence is what the broker says, not what we do not hear: every half second or so the broker is
asked for the partition's end, and only an unbroken row of "nothing new" counts. All times are
microseconds of a clock that is passed in; only differences matter.
"""

from windowing.core.window import BEGINNING_US

ANSWER_GAP_US = 5_000_000
"""Without an answer for this long the broker counts as out of reach."""


class Idleness:
    """Turns answers about a partition's end into idle or not, and idle time elapsed."""

    def __init__(self, timeout_us: int) -> None:
        """Take `timeout_us` of silence for idle; 0 is never."""
        self.idle = False
        self._timeout_us = timeout_us
        self._silent_since_us: int | None = None
        self._last_answer_us = BEGINNING_US
        self._last_read_us = BEGINNING_US

    def read(self, now_us: int) -> None:
        """Something was read: the silence is over."""
        self._last_read_us = now_us
        self.end()

    def nothing_new(self, asked_at_us: int, *, empty: bool) -> int:
        """Hear that at `asked_at_us` there was nothing after what has been read.

        Args:
            asked_at_us: when the question was sent.
            empty: the partition has had no event at all, and so holds nothing back.

        Returns:
            For how long, in microseconds, the partition has been idle since the last answer.
        """
        if asked_at_us < max(self._last_read_us, self._last_answer_us):
            return 0
        if self._silent_since_us is None or self.outdated(asked_at_us):
            self.end()
            self._silent_since_us = asked_at_us
        elapsed_us = asked_at_us - self._last_answer_us if self.idle else 0
        self._last_answer_us = asked_at_us
        silent_us = asked_at_us - self._silent_since_us
        self.idle = empty or 0 < self._timeout_us <= silent_us
        return elapsed_us

    def end(self) -> None:
        """Hear that there is something to read, or that the broker does not answer."""
        self.idle = False
        self._silent_since_us = None

    def outdated(self, now_us: int) -> bool:
        """Return whether the last answer is too long ago to speak for now."""
        return self._silent_since_us is not None and now_us - self._last_answer_us > ANSWER_GAP_US
