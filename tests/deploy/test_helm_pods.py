"""The chart's pods run here, against a real broker: exact results, probes, stops, other numbers."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice, product
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from tests.chaos.events import PARTITIONS, records
from tests.chaos.run import SETTINGS, judge_job
from tests.conftest import MakeJob
from tests.deploy.chart import Resource, render
from tests.deploy.pods import Host, Pod
from tests.kafka.job import TIMEOUT_S, Job, end_well, eventually, killed_at_the_end
from tests.kafka.topics import Record, produce

# Four processes on two cores hold each other up: few events, and time for them.
SHARE = 1_500
SIZES = (2, 4, 2)
ELSEWHERE = "from where the process with the store goes on"
CONFIG = "kafka.config=ssl.ca.location=/etc/windowing/kafka/ca.pem"


@pytest.fixture
def job(make_job: MakeJob) -> Job:
    return make_job(PARTITIONS, **SETTINGS)


@pytest.fixture
def host(job: Job) -> Host:
    return Host(job.folder / "host")


def share(number: int) -> list[Record]:
    """Return a share of the events, which go on from one to the next."""
    return list(islice(records(seed=1), number * SHARE, (number + 1) * SHARE))


def rendered(job: Job, *settings: str) -> list[Resource]:
    topics = {
        "INPUT_TOPIC": job.topics.events,
        "OUTPUT_TOPIC": job.topics.results,
        "LATE_TOPIC": job.topics.late,
        "DEAD_LETTER_TOPIC": job.topics.dead,
    }
    names = [f"settings.{name}={value}" for name, value in (topics | job.environ).items()]
    servers = f"kafka.bootstrapServers={job.bootstrap}"
    return render(None, servers, *names, "store.epochSeconds=1", *settings)


@contextmanager
def at_work(host: Host, job: Job, resources: list[Resource]) -> Iterator[list[Pod]]:
    """Start the pods and wait until they have met, and something has come of them."""
    before = len(job.results())
    pods = host.start(resources)
    with killed_at_the_end(*(pod.process for pod in pods)):

        def at_work() -> bool:
            ended = [pod.process for pod in pods if pod.process.process.poll() is not None]
            assert not ended, "\n".join(process.said() for process in ended)
            return all(answers_well(pod, "/ready") for pod in pods)

        # First: what comes out before may be of those before, whose last commit went through.
        eventually(at_work, bool)
        eventually(lambda: len(job.results()), before.__lt__)
        yield pods


def stop(pods: list[Pod]) -> None:
    """End all as a kubelet does that has time, and see that none needs the SIGKILL."""
    for pod in pods:
        pod.process.signal(signal.SIGTERM)
    assert [pod.process.end(pod.grace_s) for pod in pods] == [0] * len(pods)


def kill_the_last(pods: list[Pod]) -> None:
    """Let a node fail: the others of the cluster end by themselves."""
    pods[-1].process.kill()
    assert [pod.process.end() for pod in pods[:-1]] == [1] * (len(pods) - 1)


def all_is_there_once(host: Host, job: Job, resources: list[Resource]) -> bool:
    """Close all windows by a bounded run on the first pod's volume, and judge the topics."""
    store = host.claim(Pod(host, resources, "orders-windowing-0").name) / "store"
    end_well([job.start("-r", str(store), "-s", "1", "-b", "0", UNTIL_END="true")])
    outcome = judge_job(job)
    assert outcome.differences == [], "\n".join(outcome.differences)
    return bool(outcome.counts["results"] and outcome.counts["dead"])


def answers_well(pod: Pod, path: str) -> bool:
    """Return whether a probe of a pod succeeds."""
    try:
        with urlopen(f"http://127.0.0.1:{pod.http_port}{path}", timeout=TIMEOUT_S) as answer:
            return bool(answer.status == 200)
    except URLError:
        return False


def test_two_pods_become_ready_count_right_and_stop_in_time(host: Host, job: Job) -> None:
    # Not a certificate, and not read: there is no TLS. But the file must be where it is looked for.
    resources = rendered(job, "replicas=2", CONFIG, "kafka.files.ca\\.pem=none")
    produce(job.bootstrap, job.topics.events, share(0))
    with at_work(host, job, resources) as pods:
        for pod, path in product(pods, pods[0].probes()):
            eventually(partial(answers_well, pod, path), bool)
        stop(pods)
    assert all_is_there_once(host, job, resources)


@pytest.mark.parametrize("leave", [stop, kill_the_last])
def test_no_record_is_lost_or_doubled_from_two_pods_to_four_and_back(
    host: Host, job: Job, leave: Callable[[list[Pod]], None]
) -> None:
    for number, size in enumerate(SIZES):
        produce(job.bootstrap, job.topics.events, share(number))
        resources = rendered(job, f"replicas={size}")
        with at_work(host, job, resources) as pods:
            for pod in pods[1:]:
                assert ELSEWHERE in pod.process.said()
            assert ELSEWHERE not in pods[0].process.said()
            leave(pods)
    assert all_is_there_once(host, job, resources)
