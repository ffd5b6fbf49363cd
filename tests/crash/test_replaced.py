"""A flow that is replaced while it still runs: what it saves and writes meanwhile counts once."""

from tests.conftest import MakeJob
from tests.kafka.answers import has_each_result_once, some_events
from tests.kafka.job import end_well, eventually, killed_at_the_end
from tests.kafka.topics import produce


def test_a_flow_may_be_replaced_while_it_is_at_work(make_job: MakeJob) -> None:
    events = some_events(20_000, 4)
    job = make_job(4, IDLE_TIMEOUT="0")
    store = job.store()
    produce(job.bootstrap, job.topics.events, events[:10_000])
    old = job.start(*store)
    with killed_at_the_end(old):
        eventually(lambda: len(job.results()), bool)
        new = job.start(*store)
        with killed_at_the_end(new):
            produce(job.bootstrap, job.topics.events, events[10_000:])
            assert old.end() == 1
            assert "has taken over" in old.said()

    end_well([job.start(*store, UNTIL_END="true")])
    assert has_each_result_once(job, events)
