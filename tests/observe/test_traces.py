"""Spans of the real flow, as a collector hears them, and what becomes of the flow without one."""

import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator

import pytest
from tests.conftest import MakeJob, MakeTopic
from tests.kafka.answers import has_each_result_once, some_events
from tests.kafka.broker import Broker
from tests.kafka.job import ROOT, Job, end_well, event, eventually, free_ports, killed_at_the_end
from tests.kafka.topics import Record, produce
from tests.observe.otlp_receiver import Receiver, Span, otlp_receiver
from tests.observe.scrape import ports_in_a_row, samples

from windowing.core.lane_ledger import Due
from windowing.core.messages import PassedOn
from windowing.kafka.transaction import LaneTransactions
from windowing.observe.health import Health
from windowing.observe.metrics import Metrics
from windowing.observe.otlp_traces import OtlpTraces

KUBERNETES_WAITS_S = 10.0
PARTITIONS = 3
ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
LIVE = {"WINDOW_LENGTH": "2s", "MAX_OUT_OF_ORDERNESS": "0s", "IDLE_TIMEOUT": "1s"}


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A collector that the flow is told of."""
    with otlp_receiver() as one:
        monkeypatch.setenv(ENDPOINT, one.endpoint)
        yield one


def some_input() -> list[Record]:
    """Return events of half a minute in all partitions but one, and some that are broken."""
    events = [event(n, n / 100, partition=n % (PARTITIONS - 1)) for n in range(3_000)]
    return [*events, *(Record(b"{", None, n % PARTITIONS) for n in range(9))]


def test_a_live_run_and_its_spans_agree(make_job: MakeJob, receiver: Receiver):
    job = make_job(PARTITIONS, GROUP_ID="shop", **LIVE)
    events = some_input()
    produce(job.bootstrap, job.topics.events, events)
    [port] = ports_in_a_row(1)
    running = job.start(*job.store(), HTTP_PORT=str(port))

    def seen() -> float:
        return samples(port).of("windowing_epoch") or 0.0

    with killed_at_the_end(running):
        eventually(lambda: counted(job), len(events).__eq__)
        enough = seen() + 2.0
        eventually(seen, enough.__le__)
        metrics = samples(port)
        running.signal(signal.SIGTERM)
        assert running.end(KUBERNETES_WAITS_S) == 0, running.said()

    assert receiver.total("flush", "records") == len(events)
    assert receiver.total("flush", "dead_letters") == len(job.dead()) == 9
    read = Counter(record.partition for record in events)
    for partition, count in read.items():
        flushes = of(receiver.named("flush"), "partition", partition)
        assert sum(int(span.attributes["records"]) for span in flushes) == count
    assert receiver.total("close", "users") == len(job.results()) > 0
    assert {span.attributes["key_group"] for span in receiver.named("close")} == set(range(64))

    transactions = receiver.named("transaction")
    assert len(transactions) == metrics.of("windowing_transactions_committed_total")
    written = len(job.results()) + len(job.late()) + len(job.dead())
    assert receiver.total("transaction", "records") == written
    for lane in "lane-0", "lane-1", "lane-2", "lane-3":
        batches = [int(span.attributes["batch"]) for span in of(transactions, "lane", lane)]
        assert batches == sorted(batches)
        assert batches[-1] > batches[0] == 0
    assert {span.attributes["outcome"] for span in transactions} == {"committed"}

    snapshots = receiver.named("snapshot")
    assert [span.attributes["epoch"] for span in snapshots] == list(range(1, len(snapshots) + 1))
    saved = metrics.of("windowing_snapshot_bytes_total") or 0
    epochs = int(metrics.of("windowing_epoch") or 0)
    whole = sum(int(span.attributes["bytes"]) for span in snapshots[: epochs - 1])
    assert 0 < whole <= saved <= receiver.total("snapshot", "bytes")
    resource = receiver.spans[0].resource
    assert (resource["service.name"], resource["windowing.job"]) == ("windowing", "shop")
    assert resource["windowing.process"] == 0


def test_an_epoch_of_a_process_is_a_trace(make_job: MakeJob, receiver: Receiver):
    job = make_job(PARTITIONS, UNTIL_END="true")
    events = some_input()
    produce(job.bootstrap, job.topics.events, events)
    end_well(job.start_cluster(2, *job.store()))

    assert receiver.total("flush", "records") == len(events)
    assert receiver.total("close", "users") == len(job.results())
    roots = {span.span_id: span for span in receiver.named("epoch")}
    for process in 0, 1:
        of_process = [root for root in roots.values() if root.process == process]
        numbers = list(range(1, len(of_process) + 1))
        assert [root.attributes["epoch"] for root in of_process] == numbers
    assert len({span.trace_id for span in roots.values()}) == len(roots) > 2
    assert {span.parent_id for span in roots.values()} == {b""}

    children = [span for span in receiver.spans if span.name != "epoch"]
    without = [span for span in children if not span.parent_id]
    # Lanes are claimed before there is an epoch.
    assert {(span.name, span.attributes["records"]) for span in without} == {("transaction", 0)}
    for span in children:
        if span.parent_id:
            root = roots[span.parent_id]
            assert (span.trace_id, span.process) == (root.trace_id, root.process)
            assert span.end_ns <= root.end_ns
    for span in receiver.named("snapshot"):
        assert span.attributes["epoch"] == roots[span.parent_id].attributes["epoch"]


def test_a_transaction_that_was_found_to_be_out_says_so(
    broker: Broker, make_topic: MakeTopic, receiver: Receiver
):
    topic = make_topic()
    traces = OtlpTraces({})
    meter = Metrics(Health(), {"version": "0"}, traces).transactions
    config = {"bootstrap.servers": broker.bootstrap}
    lane = LaneTransactions(config, f"{topic}.lane-0", topic, "owner", meter)
    due = Due(1, [PassedOn(topic, 0, [], None, b"a")])
    lane.claim()
    lane.write(due, "store")
    lane._sender = None  # as after an attempt whose outcome is not known
    lane.write(due, "store")
    lane.close()
    traces.close(60)

    told = [(s.attributes["batch"], s.attributes["outcome"]) for s in receiver.named("transaction")]
    assert told == [(0, "committed"), (1, "committed"), (1, "found committed")]


def test_the_standard_variables_are_heeded(
    make_job: MakeJob, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OTEL_SERVICE_NAME", "checkout")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=shop")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    job = make_job(1, UNTIL_END="true")
    produce(job.bootstrap, job.topics.events, [event(1, 0)])
    end_well([job.start()])
    [flush] = [span for span in receiver.named("flush") if span.attributes["records"]]
    assert flush.resource["service.name"] == "checkout"
    assert flush.resource["deployment.environment.name"] == "test"
    assert receiver.headers["x-tenant"] == "shop"

    before = receiver.requests
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    end_well([job.start()])
    assert receiver.requests == before


def test_a_collector_that_is_away_ends_and_delays_nothing(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
):
    [port] = free_ports(1)
    monkeypatch.setenv(ENDPOINT, f"http://127.0.0.1:{port}")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "8")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4")
    # At this level each attempt to connect is said.
    job = make_job(PARTITIONS, LOG_LEVEL="debug", **LIVE)
    events = some_input()
    produce(job.bootstrap, job.topics.events, events)
    running = job.start(*job.store())
    attempt, failed = "Starting new HTTP connection", "Transient error"
    with killed_at_the_end(running):
        eventually(lambda: counted(job), len(events).__eq__)
        eventually(lambda: running.said().count(attempt), lambda attempts: attempts > 4)
        assert running.said().count(failed) == 1, "one of a kind a minute"
        running.signal(signal.SIGTERM)
        assert running.end(KUBERNETES_WAITS_S) == 0, running.said()
    said = running.said()
    assert "the last traces are not sent" in said
    assert "Queue full, dropping Span." in said
    assert re.search(rf"{failed}.* \(and \d+ more in \d+ s\)", said)
    assert "Traceback" not in said


def test_a_collector_that_never_answers_does_not_hold_up_the_end(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
):
    with otlp_receiver(answers=False) as silent:
        monkeypatch.setenv(ENDPOINT, silent.endpoint)
        job = make_job(PARTITIONS, UNTIL_END="true")
        events = some_events(1_000, PARTITIONS)
        produce(job.bootstrap, job.topics.events, events)
        store = job.store()
        end_well([job.start(*store)])
        assert has_each_result_once(job, events)

        going_on = job.start(*store, UNTIL_END="false")
        with killed_at_the_end(going_on):
            asked = silent.requests
            eventually(lambda: silent.requests, asked.__lt__)
            going_on.signal(signal.SIGTERM)
            assert going_on.end(KUBERNETES_WAITS_S) == 0, going_on.said()


@pytest.mark.parametrize("exporter", ["", "none"])
def test_where_there_is_no_collector_opentelemetry_is_not_imported(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch, exporter: str
):
    if exporter:
        monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:1")
        monkeypatch.setenv("OTEL_TRACES_EXPORTER", exporter)
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")
    running = make_job(1, UNTIL_END="true").start()
    end_well([running])
    assert "windowing.observe.traces" in running.said()
    assert "opentelemetry" not in running.said()


def said_at_the_start(*, without: str = "", **environ: str) -> list[str]:
    """Return what a process says that starts its traces, where a package may be missing."""
    script = f"""
import sys
if {without!r}:
    sys.modules[{without!r}] = None
import os
from windowing.observe.logs import start_log
from windowing.observe.traces import start_traces
start_log("text", "info")
traces = start_traces(os.environ, {{}})
print(type(traces).__name__, file=sys.stderr)
os._exit(0)
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(
        command, check=True, env=environ, cwd=ROOT, capture_output=True, text=True
    )
    return done.stderr.splitlines()


def test_a_missing_extra_is_one_line_that_names_the_fix():
    missing, result = said_at_the_start(
        without="opentelemetry",
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="http://collector:4318/v1/traces",
    )
    assert result == "NoTraces"
    assert missing.startswith(
        "WARNING OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is set, but no traces are sent ("
    )
    assert missing.endswith("): install the extra, pip install '.[otel]', or unset it")


def test_a_wrong_variable_is_one_line():
    wrong, result = said_at_the_start(
        OTEL_EXPORTER_OTLP_ENDPOINT="http://collector:4318", OTEL_BSP_MAX_QUEUE_SIZE="8"
    )
    assert result == "NoTraces"
    assert wrong.startswith(f"WARNING {ENDPOINT} is set, but no traces are sent: a variable OTEL_")


def test_another_protocol_is_warned_of():
    warning, result = said_at_the_start(
        OTEL_EXPORTER_OTLP_ENDPOINT="http://collector:4317", OTEL_EXPORTER_OTLP_PROTOCOL="grpc"
    )
    assert result == "OtlpTraces"
    assert warning.startswith("WARNING OTEL_EXPORTER_OTLP_PROTOCOL='grpc' is not spoken here, ")


def of(spans: list[Span], attribute: str, value: str | int) -> list[Span]:
    return [span for span in spans if span.attributes[attribute] == value]


def counted(job: Job) -> int:
    """Return how many input records are in the output: each is counted, late or a dead letter."""
    results = sum(int(str(result["count"])) for result in job.results())
    return results + len(job.late()) + len(job.dead())
