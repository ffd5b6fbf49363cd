"""/health and /ready of real processes, as a probe sees them."""

import signal
import socket
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from tests.conftest import MakeJob
from tests.kafka.job import Job, Running, event, eventually, killed_at_the_end
from tests.kafka.topics import produce
from tests.observe.scrape import Answer, get, ports_in_a_row, samples

READY = Answer(200, '{"status":"ready"}')
WELL = Answer(200, '{"status":"ok"}')


def ready(port: int) -> None:
    """Wait until a process is at work."""
    eventually(lambda: get(port, "/ready"), READY.__eq__)


def start(job: Job, *options: str) -> tuple[Running, int]:
    """Start a process that serves on a port of its own."""
    [port] = ports_in_a_row(1)
    return job.start(*options, HTTP_PORT=str(port)), port


def test_a_process_is_ready_when_its_predecessor_has_ended_and_says_so_before(
    make_job: MakeJob,
) -> None:
    job = make_job(1)
    store = job.store()
    old, old_port = start(job, *store)
    with killed_at_the_end(old):
        ready(old_port)
        assert get(old_port, "/health") == WELL
        old.signal(signal.SIGSTOP)
        new, port = start(job, *store)
        with killed_at_the_end(new):
            waiting = eventually(lambda: get(port, "/ready"), lambda said: "process" in said.body)
            assert waiting.status == 503
            assert waiting.json["status"] == "starting"
            reason = f"waiting for process {old.process.pid} on {socket.gethostname()} "
            assert waiting.json["reason"].startswith(reason)
            assert get(port, "/health") == WELL
            assert samples(port).of("windowing_ready") == 0
            old.kill()
            ready(port)
            assert samples(port).of("windowing_ready") == 1
            assert get(port, "/health") == WELL


def test_a_worker_that_stands_still_is_stuck_and_one_that_has_worked_for_as_long_is_not(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = replace(make_job(1), dataflow="tests.observe.impatient_flow")
    store = job.store()
    monkeypatch.setenv("STUCK_AFTER_S", "5")
    # Four lanes are saved in each epoch of a second: it has worked for 8 s then.
    monkeypatch.setenv("CRASH_AT", "any-snapshot:32")
    monkeypatch.setenv("CRASH_BY", "hanging")
    running, port = start(job, *store)
    with killed_at_the_end(running):
        eventually(running.said, lambda said: "hanging" in said)
        assert get(port, "/health") == WELL
        stuck = eventually(lambda: get(port, "/health"), lambda said: said.status == 503)
        assert stuck.json["status"] == "stuck"


def test_every_process_of_a_cluster_serves_on_the_port_plus_its_number_though_one_reads_nothing(
    make_job: MakeJob,
) -> None:
    job = make_job(1)
    ports = ports_in_a_row(2)
    cluster = job.start_cluster(2, *job.store(), HTTP_PORT=str(ports[0]))
    with killed_at_the_end(*cluster):
        for port in ports:
            ready(port)
            assert get(port, "/health") == WELL
        reading = [samples(port).by("windowing_partition_idle", "partition") for port in ports]
        assert sorted(map(len, reading)) == [0, 1]
        # One that is asked to stop alone waits for the other, and is not to be sent anything.
        cluster[0].signal(signal.SIGTERM)
        stopping = eventually(lambda: get(ports[0], "/ready"), lambda said: said.status == 503)
        assert stopping.json == {"status": "stopping", "reason": "asked to stop"}
        assert get(ports[0], "/health") == WELL
        assert get(ports[1], "/ready") == READY


def test_a_busy_port_is_named_once_and_served_when_it_is_free_and_the_flow_does_not_wait(
    make_job: MakeJob,
) -> None:
    job = make_job(1, WINDOW_LENGTH="2s", IDLE_TIMEOUT="1s", MAX_OUT_OF_ORDERNESS="0s")
    produce(job.bootstrap, job.topics.events, [event("a", 0)])
    with closing(socket.create_server(("", 0))) as other:
        port = other.getsockname()[1]
        running = job.start("-s", "1", HTTP_PORT=str(port))
        with killed_at_the_end(running):
            eventually(job.results, bool)
            [line] = [line for line in running.said().splitlines() if str(port) in line]
            assert line.startswith(f"WARNING port {port} cannot be served (Address already in use)")
            assert "WINDOWING_HTTP_PORT" in line
            other.close()
            ready(port)
            # It counts when its epoch is acknowledged, a moment after it can be read.
            eventually(lambda: samples(port).of("windowing_results_total") or 0.0, (1.0).__eq__)


def test_no_port_is_opened_for_0(make_job: MakeJob) -> None:
    job = make_job(1, WINDOW_LENGTH="2s", IDLE_TIMEOUT="1s", MAX_OUT_OF_ORDERNESS="0s")
    produce(job.bootstrap, job.topics.events, [event("a", 0)])
    running = job.start("-s", "1", HTTP_PORT="0")
    with killed_at_the_end(running):
        eventually(job.results, bool)
        connections = psutil.Process(running.process.pid).net_connections("tcp")
        assert [one.laddr for one in connections if one.status == psutil.CONN_LISTEN] == []


def test_other_paths_are_not_there_and_nothing_tells_a_setting(
    make_job: MakeJob, tmp_path: Path
) -> None:
    properties = tmp_path / "client.properties"
    # Taken by the client, and not asked for by a broker without SASL.
    properties.write_text("sasl.username=kim\nsasl.password=open-sesame\n")
    job = make_job(1, GROUP_ID="a-group-of-its-own", KAFKA_CONFIG=str(properties))
    running, port = start(job, *job.store())
    others = ("/", "/metrics/", "/settings", f"/{properties.name}", "/%2e%2e/" + properties.name)
    with killed_at_the_end(running):
        ready(port)
        answers = [get(port, path) for path in others]
        assert [answer.status for answer in answers] == [404] * len(others)
        answers += [get(port, path) for path in ("/metrics", "/health", "/ready")]
    secrets = ["open-sesame", "kim", job.bootstrap, "a-group-of-its-own", str(tmp_path)]
    said = "".join(answer.body for answer in answers)
    assert [one for one in [*secrets, *vars(job.topics).values()] if one in said] == []


@pytest.mark.parametrize(
    ("host", "family"), [("127.0.0.1", socket.AF_INET), ("[::1]", socket.AF_INET6)]
)
def test_both_internet_protocols_are_served(
    make_job: MakeJob, host: str, family: socket.AddressFamily
) -> None:
    if family == socket.AF_INET6 and not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    job = make_job(1)
    running, port = start(job)
    with killed_at_the_end(running):
        eventually(lambda: get(port, "/health", host), WELL.__eq__)


def test_the_last_words_of_a_process_that_is_replaced_come_after_its_health(
    make_job: MakeJob,
) -> None:
    job = make_job(1)
    store = job.store()
    old, old_port = start(replace(job, dataflow="tests.observe.asking_flow"), *store)
    with killed_at_the_end(old):
        ready(old_port)
        new, _ = start(replace(job, started=1), *store)
        with killed_at_the_end(new):
            assert old.end() == 1
    assert '503 {"status":"fenced","reason":"another process has taken over windowing.' in (
        old.said()
    )
