"""Does to a running flow what happens to services, at moments that a seed chooses.

Waits of a random length are the point here: they are how a moment is chosen.
"""

import random
import signal
import time
from collections.abc import Callable

from tests.chaos.flock import Flock
from tests.chaos.history import History
from tests.kafka.broker import OwnBroker
from tests.kafka.job import Job

SIZES = (1, 1, 2, 3)
CLUSTER_ENDS_S = 30.0
"""Within this the others of a cluster end when one is killed."""
STOP_ENDS_S = 10.0
"""Within this a process ends that is asked to: who asks sends SIGKILL then."""
REPLACED_ENDS_S = 60.0
END_TIMEOUT_S = 180.0
STATUSES = {None, 0, 1, 143, -signal.SIGKILL, -signal.SIGTERM}
"""How processes may end; any other is a crash, such as one inside a library."""


class Monkey:
    """Starts the flow again and again and lets none run for long.

    Args:
        options: for every process, such as the recovery store.
        kills: after how many deeds it stops; None: only when the time is over.
    """

    def __init__(
        self,
        job: Job,
        options: tuple[str, ...],
        broker: OwnBroker,
        seed: int,
        history: History,
        *,
        kills: int | None = None,
    ) -> None:
        self._job = job
        self._options = options
        self._broker = broker
        self._chance = random.Random(f"monkey {seed}")
        self._history = history
        self._kills_left = kills
        self.deeds: dict[str, int] = {}
        self._flock: Flock | None = None
        self._broker_was_down = False
        self._had_rival = False

    def play(self, until_s: float) -> None:
        """Go on until `time.monotonic()` is past `until_s`, or the deeds are done."""
        while time.monotonic() < until_s and self._kills_left != 0:
            flock = self._running()
            if not flock.watch(self._moment_s()):
                self._ended_by_itself(flock)
                continue
            deed = self._next_deed()
            self.deeds[deed.__name__] = self.deeds.get(deed.__name__, 0) + 1
            if self._kills_left is not None:
                self._kills_left -= 1
            deed(flock)

    def finish(self) -> None:
        """End what runs, and let the flow come to the end of its input."""
        if self._flock is not None:
            self.terminate(self._flock)
        size = self._chance.choice(SIZES)
        flock = Flock(self._job, size, self._options, self._history, UNTIL_END="true")
        ended = flock.wait_all_ended(END_TIMEOUT_S)
        if not ended:
            self._history.add("it did not come to its end", wrong=True)
        flock.kill()
        self._bury(flock)
        if any(flock.statuses()):
            self._history.add(f"at the end: {flock.ends()}", wrong=True)

    def kill_the_rest(self) -> None:
        """Leave no process behind."""
        if self._flock is not None:
            self._flock.kill()

    def kill_one(self, flock: Flock) -> None:
        """SIGKILL one; the others of a cluster end too."""
        flock.signal(signal.SIGKILL, [self._chance.choice(flock.members)])
        if not flock.wait_all_ended(CLUSTER_ENDS_S):
            # Those that had not met the other yet wait for it.
            self._history.add(f"not all ended: {flock.ends()}")
        self._bury(flock)

    def kill_all(self, flock: Flock) -> None:
        """SIGKILL all at once."""
        flock.signal(signal.SIGKILL)
        self._bury(flock)

    def terminate(self, flock: Flock) -> None:
        """SIGTERM to all; each must end in time, and say 0 or, while it starts, 143."""
        flock.signal(signal.SIGTERM)
        ended = flock.wait_all_ended(STOP_ENDS_S)
        told = all("asked to stop" in one.said() for one in flock.members)
        calm = told and not self._broker_was_down and not self._had_rival
        wrong = not ended or (calm and not {0, 143}.issuperset(flock.statuses()))
        self._history.add(f"asked to stop: {flock.ends()}", wrong=wrong)
        self._bury(flock)

    def replace(self, flock: Flock) -> None:
        """Start others in their place, at work or frozen: one lot ends, at times both."""
        frozen = self._chance.random() < 0.5
        if frozen:
            flock.signal(signal.SIGSTOP)
        successor = Flock(self._job, self._chance.choice(SIZES), self._options, self._history)
        if frozen:
            successor.watch(self._chance.uniform(0, 12))
            flock.signal(signal.SIGCONT)
        deadline_s = time.monotonic() + REPLACED_ENDS_S
        while not flock.some_ended() and not successor.some_ended():
            if time.monotonic() > deadline_s:
                self._history.add("the one replaced and its successor both run", wrong=True)
                break
            flock.watch(0.1)
        over, left = (flock, successor) if flock.some_ended() else (successor, flock)
        over.wait_all_ended(CLUSTER_ENDS_S)
        self._had_rival = True
        silent = any(not one.said().strip() for one in over.members)
        wrong = over.all_ended() and (silent or 0 in over.statuses())
        self._history.add(f"replaced: {over.ends()}", wrong=wrong)
        self._bury(over)
        self._flock = left

    def pause(self, flock: Flock) -> None:
        """Stop one or all for some seconds; they go on as if nothing had been."""
        chosen = self._chance.choice([flock.members, [self._chance.choice(flock.members)]])
        flock.signal(signal.SIGSTOP, chosen)
        time.sleep(self._chance.uniform(0.5, 6))  # the pause itself
        flock.signal(signal.SIGCONT, chosen)

    def restart_broker(self, flock: Flock) -> None:
        """SIGKILL the broker and start it on its data, sometimes with the flow killed meanwhile."""
        self._history.add("SIGKILL to the broker")
        self._broker.kill()
        self._broker_was_down = True
        flock.watch(self._chance.uniform(0, 4))
        if self._chance.random() < 0.3:
            self.kill_all(flock)
        self._broker.start()
        self._history.add("the broker is back")

    def _next_deed(self) -> Callable[[Flock], None]:
        deeds = [self.kill_one, self.kill_all, self.terminate, self.replace, self.pause]
        if self.deeds and "restart_broker" not in self.deeds:
            return self.restart_broker  # the second deed, so that the shortest run has one
        weights = [4.0, 4, 2, 3, 1, 1]
        return self._chance.choices([*deeds, self.restart_broker], weights)[0]

    def _moment_s(self) -> float:
        """Return how long to let the flow run: often only while it starts."""
        return self._chance.choice(
            [self._chance.uniform(0, 1), self._chance.uniform(1, 4), self._chance.uniform(4, 9)]
        )

    def _running(self) -> Flock:
        if self._flock is None:
            self._broker_was_down = self._had_rival = False
            size = self._chance.choice(SIZES)
            self._flock = Flock(self._job, size, self._options, self._history)
        return self._flock

    def _ended_by_itself(self, flock: Flock) -> None:
        flock.wait_all_ended(CLUSTER_ENDS_S)
        # Another process may have taken the port of a cluster between its choice and its use, and
        # a broker that was started again may answer later than a start waits for it.
        lines = ["is in use"] + ["no Kafka broker answers"] * self.deeds.get("restart_broker", 0)
        told = any(line in flock.ends() for line in lines)
        foreseen = self._broker_was_down or self._had_rival or told
        self._history.add(f"ended by itself: {flock.ends()}", wrong=not foreseen)
        self._bury(flock)

    def _bury(self, flock: Flock) -> None:
        flock.kill()
        if not STATUSES.issuperset(flock.statuses()):
            self._history.add(f"crashed: {flock.ends()}", wrong=True)
        if faults := flock.faults():
            self._history.add(f"a fault of the service: {', '.join(faults)}", wrong=True)
        if flock is self._flock:
            self._flock = None
