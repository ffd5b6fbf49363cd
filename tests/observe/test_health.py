"""When a process counts as stuck: time is an argument."""

from windowing.observe.health import STUCK_AFTER_S, Health


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def at_work(clock: Clock) -> Health:
    health = Health(clock)
    health.open(0)
    health.open(1)
    health.asked()
    return health


def test_it_is_stuck_when_no_partition_is_asked_for_too_long_and_well_again_when_one_is() -> None:
    clock = Clock()
    health = at_work(clock)

    clock.now_s += STUCK_AFTER_S
    assert health.health().good
    clock.now_s += 1
    answer = health.health()
    assert (answer.good, answer.status) == (False, "stuck")
    assert answer.reason == "no input partition was asked for its next records for 361 s"
    health.asked()
    assert health.health().good


def test_an_outage_that_ends_the_process_by_itself_is_not_stuck() -> None:
    from windowing.kafka.transaction import GIVE_UP_AFTER_S

    assert STUCK_AFTER_S > GIVE_UP_AFTER_S + 30


def test_a_process_that_has_not_begun_or_has_no_partitions_is_never_stuck() -> None:
    clock = Clock()
    starting = Health(clock)
    starting.open(0)
    without = Health(clock)
    without.begin()
    ended = at_work(clock)
    ended.close(0)
    ended.close(1)

    clock.now_s += 100 * STUCK_AFTER_S
    assert [health.health().good for health in (starting, without, ended)] == [True] * 3


def test_it_is_ready_when_something_is_asked_for_or_comes_until_it_is_to_stop_or_fails() -> None:
    health = Health()
    health.wait("for state")
    assert health.ready() == (False, "starting", "for state")
    health.begin()
    assert health.ready().good
    health.stop()
    assert health.ready().status == "stopping"
    assert health.health().good
    health.end("failed", "why")
    assert health.ready() == health.health() == (False, "failed", "why")
