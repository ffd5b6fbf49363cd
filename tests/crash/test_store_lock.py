"""The locks of a recovery store, in real processes: who must wait for whom, and who need not."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from windowing.engine.recovery_store import StoreError
from windowing.engine.store_lock import StoreLock

SERVANT = """
import sys
from pathlib import Path
from windowing.engine.store_lock import StoreLock
lock = StoreLock(Path(sys.argv[1]), "a job", "a start")
deeds = {
    "enter": lambda: lock.enter(0, first=True),
    "look": lambda: lock.enter(0, first=False),
    "wait": lambda: lock.enter(60, first=True),
    "seize": lock.seize,
    "join": lock.join,
    "placed": lock.is_in_place,
    "claim": lambda: claim(60),
    "claim at once": lambda: claim(0),
}
def claim(timeout_s):
    with lock.turn_to_claim(timeout_s):
        print("claiming", flush=True)
        return sys.stdin.readline().strip()
for deed in sys.stdin:
    print(deeds[deed.strip()](), flush=True)
"""


class Servant:
    """A process that does with the locks what it is told."""

    def __init__(self, store: Path) -> None:
        command = [sys.executable, "-c", SERVANT, str(store)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def tell(self, deed: str) -> None:
        """Let it do something."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{deed}\n")
        self.process.stdin.flush()

    def answer(self) -> str:
        """Return what came of it."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def ask(self, deed: str) -> str:
        """Let it do something and return what came of it."""
        self.tell(deed)
        return self.answer()

    def kill(self) -> None:
        """End it by SIGKILL."""
        self.process.kill()
        self.process.communicate()


MakeServant = Callable[[], Servant]


@pytest.fixture
def servant(tmp_path: Path) -> Iterator[MakeServant]:
    """A function that starts a process for one store, to be killed after the test."""
    with ExitStack() as until_the_end:

        def start() -> Servant:
            one = Servant(tmp_path)
            until_the_end.callback(one.kill)
            return one

        yield start


def test_a_store_that_a_process_holds_is_entered_when_that_is_killed(servant: MakeServant) -> None:
    holder, other = servant(), servant()
    assert holder.ask("enter") == "True"
    assert other.ask("enter") == "False"
    other.tell("wait")
    holder.kill()

    assert other.answer() == "True"
    assert servant().ask("enter") == "False"


def test_a_process_that_stands_still_holds_the_store(servant: MakeServant) -> None:
    holder = servant()
    holder.ask("enter")
    holder.process.send_signal(signal.SIGSTOP)

    assert servant().ask("enter") == "False"


def test_a_cluster_holds_the_store_until_the_last_of_it_has_ended(servant: MakeServant) -> None:
    first, *members = servant(), servant(), servant()
    assert first.ask("enter") == "True"
    assert [member.ask("look") for member in members] == ["True", "True"]
    assert [member.ask("join") for member in members] == ["a start", "a start"]

    other = servant()
    for one in (first, *members):
        assert other.ask("enter") == "False"
        assert servant().ask("look") == "False"
        one.kill()
    assert other.ask("enter") == "True"


def test_a_store_that_was_seized_is_its_new_holders_alone(servant: MakeServant) -> None:
    holder, other = servant(), servant()
    holder.ask("enter")
    other.ask("seize")
    assert servant().ask("enter") == "False"
    holder.kill()
    assert servant().ask("enter") == "False"

    other.kill()
    assert servant().ask("enter") == "True"


def test_the_holder_is_known_by_process_host_and_job(servant: MakeServant, tmp_path: Path) -> None:
    holder = servant()
    holder.ask("enter")

    other = StoreLock(tmp_path, "another job", "another start")
    assert not other.enter(0, first=True)
    who, job, owner = other.holder()

    assert who.startswith(f"process {holder.process.pid} on {os.uname().nodename} ")
    assert (job, owner) == ("a job", "a start")


def test_who_shares_a_store_that_process_0_has_left_is_told_no_owner(servant: MakeServant) -> None:
    first = servant()
    first.ask("enter")
    first.kill()

    assert servant().ask("join") == ""


def test_who_was_slow_sees_that_the_store_was_seized_meanwhile(servant: MakeServant) -> None:
    first = servant()
    first.ask("enter")
    assert first.ask("placed") == "True"
    servant().ask("seize")

    assert first.ask("placed") == "False"


def test_claims_are_made_one_after_the_other_but_nobody_is_waited_for_for_ever(
    servant: MakeServant,
) -> None:
    first, other = servant(), servant()
    first.ask("enter")
    other.ask("enter")
    first.tell("claim")
    assert first.answer() == "claiming"
    other.tell("claim at once")
    assert other.answer() == "claiming"  # though it is not its turn
    other.kill()
    third = servant()
    third.ask("enter")
    third.tell("claim")
    first.tell("done")

    assert third.answer() == "claiming"


def test_a_store_in_which_nothing_can_be_made_is_refused_with_the_file(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=f"cannot lock the recovery store: {tmp_path}/no/lock: "):
        StoreLock(tmp_path / "no", "a job", "a start").enter(0, first=True)
