"""Every step of the job once, in the order of the data."""

import atexit
import gc
import logging
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from confluent_kafka import libversion
from confluent_kafka.admin import OffsetSpec

from windowing.core.encode import Aside, encode_dead_letter
from windowing.core.errors import WindowingError
from windowing.core.flow_watermark import FlowWatermark
from windowing.core.furthest import Furthest
from windowing.core.messages import Durable, Flush, GroupFlush, Output
from windowing.core.partition import Rules
from windowing.core.snapshot import unpack_group
from windowing.core.window_state import WindowState
from windowing.engine.descriptors import require_descriptors
from windowing.engine.failure import ends_process, name_the_end, time_left_s
from windowing.engine.lane_sink import LANES, ExactLane, Lane, LaneSink
from windowing.engine.recovery_store import (
    Start,
    cluster,
    has_files,
    is_pod,
    may_hold_state,
    next_start,
    recovery_directory,
    require_directory,
)
from windowing.engine.source import EventSource
from windowing.engine.succession import Succession
from windowing.engine.tenure import Tenure
from windowing.engine.window_step import WindowStep
from windowing.job_names import job_line, lane_name, wanted_topics
from windowing.kafka.client_config import check_client_config, read_client_config
from windowing.kafka.clients import with_client_id
from windowing.kafka.end_offsets import EndOffsets
from windowing.kafka.lane_writer import LaneWriter
from windowing.kafka.partition_reader import PartitionReader
from windowing.kafka.topics import Broker
from windowing.kafka.transaction import LaneTransactions
from windowing.observe.health import Health
from windowing.observe.http_server import port_of_process, serve
from windowing.observe.logs import start_log
from windowing.observe.metrics import Metrics
from windowing.observe.start_line import say_start
from windowing.observe.traces import Traces, start_traces
from windowing.settings import PREFIX, TOPIC_FIELDS, Settings, load_settings, unknown_variables

logger = logging.getLogger(__name__)


class Job:
    """The steps of the flow, wired to the settings and to what is on the broker.

    Attributes:
        source: reads the input topic; gives a `Flush` at a time.
        sink: writes lists of records, keyed by the number of a key group or input partition.
        kafka_properties: names of those that all Kafka clients are given.
        start: where a job goes on that has run before.
    """

    def __init__(
        self,
        settings: Settings,
        recovery: Path | None,
        metrics: Metrics,
        process: int = 0,
    ) -> None:
        """Look everything up that can be wrong, so that a job that starts can run.

        Args:
            process: the number of this one in its cluster.

        Raises:
            WindowingError: one line for each thing that is wrong.
        """
        self._settings = settings
        self._saved = recovery is not None
        self._rules = Rules(
            settings.window_length,
            settings.max_out_of_orderness,
            settings.idle_timeout,
            settings.max_future_skew,
        )
        self._furthest = Furthest()
        self._tenure = Tenure()
        self._metrics = metrics
        self.start: Start | None = None
        given = read_client_config(settings.kafka_config, settings.bootstrap_servers)
        check_client_config(given, settings.kafka_config)
        self.kafka_properties = tuple(given)
        config = with_client_id(given, settings.group_id, process)
        broker = Broker(config)
        topic = settings.input_topic
        partitions = broker.partitions(wanted_topics(settings, transactions=self._saved))[topic]
        late, dead = settings.late_topic, settings.dead_letter_topic
        self._late = Aside(late, broker.max_record_bytes(late))
        self._dead_letters = Aside(dead, broker.max_record_bytes(dead))
        self._partitions = len(partitions)
        self._client_config = config
        self._succession = (
            self._succeed(recovery, broker.cluster, first=process == 0) if recovery else None
        )
        metrics.health.wait("waiting for the cluster to meet and saved state to be read")
        start = OffsetSpec.latest() if settings.starting_offset == "end" else OffsetSpec.earliest()
        self.source = EventSource(
            self._rules,
            starts=broker.offsets(topic, partitions, start),
            ends=broker.offsets(topic, partitions, OffsetSpec.latest())
            if settings.until_end
            else None,
            new_job=recovery is None or not may_hold_state(recovery),
            saved=self._saved,
            furthest=self._furthest,
            tenure=self._tenure,
            metrics=metrics,
            on_cluster=self._succession.join if self._succession else lambda: None,
            make_reader=lambda: PartitionReader(config, topic, settings.group_id),
            make_end_offsets=lambda: EndOffsets(config, topic),
        )
        self.sink = LaneSink(self._lane)

    @ends_process
    def windows(self, saved: bytes | None) -> WindowStep:
        """Return the windows of a key group, new or as they were saved."""
        length_us = self._rules.length_us
        if saved is None:
            state = WindowState(length_us, FlowWatermark(self._partitions))
        else:
            state = unpack_group(saved, length_us, self._partitions)
        return WindowStep(
            state,
            self._furthest,
            source_topic=self._settings.input_topic,
            output_topic=self._settings.output_topic,
            late=self._late,
            saved=self._saved,
            tenure=self._tenure,
            metrics=self._metrics,
        )

    @ends_process
    def dead_letters(self, item: Flush | Durable) -> list[tuple[str, list[Output]]]:
        """Return the records for the dead-letter topic, keyed by the input partition."""
        if isinstance(item, Durable):
            return []
        outputs: list[Output] = [
            encode_dead_letter(dead, self._dead_letters, self._settings.input_topic)
            for dead in item.dead_letters
        ]
        return [(str(item.partition), outputs)] if outputs else []

    def _lane(self, number: int, saved: bytes | None) -> Lane | ExactLane:
        meter, epochs = self._metrics.lane(self._settings.late_topic), self._metrics.epochs
        if self._succession is None:
            return Lane(LaneWriter(self._client_config, number), meter, epochs)
        topics = [getattr(self._settings, field) for field in TOPIC_FIELDS]
        transactions = self._succession.lane(number)
        return ExactLane(transactions, self._tenure, topics, saved, meter=meter, epochs=epochs)

    def _transactions(self, lane: int, owner: str) -> LaneTransactions:
        name, topic = lane_name(self._settings, lane), self._settings.output_topic
        return LaneTransactions(self._client_config, name, topic, owner, self._metrics.transactions)

    def _succeed(self, recovery: Path, cluster: str, *, first: bool) -> Succession:
        succession = Succession(
            recovery,
            job_line(self._settings, cluster),
            self._tenure,
            self._metrics.health,
            first=first,
            open_lane=self._transactions,
        )
        succession.begin()
        self.start = next_start(recovery)
        self._metrics.gauges.restarts = self.start.execution if self.start else 0
        return succession


def by_key_group(item: Flush | Durable) -> list[tuple[str, GroupFlush]]:
    """Return the parts of a flush, keyed by the number of their key group."""
    if isinstance(item, Durable):
        return []
    return [(str(group), part) for group, part in item.groups.items()]


def to_every_lane(item: Flush | Durable) -> list[tuple[str, Durable]]:
    """Return word of a saved epoch for each lane, keyed by its number."""
    if not isinstance(item, Durable):
        return []
    return [(str(lane), item) for lane in range(LANES)]


def start_job(environ: Mapping[str, str], argv: Sequence[str]) -> Job:
    """Return the job that the environment and the command line describe.

    Raises:
        SystemExit: something is wrong; a line for each, and exit status 1.
    """
    # Read before the settings are: what is wrong with those is said in this form too.
    form, level = environ.get(f"{PREFIX}LOG_FORMAT", ""), environ.get(f"{PREFIX}LOG_LEVEL", "")
    log = start_log(form, level)
    here = cluster(argv, environ)
    log.name(process=here.process)
    # Every batch makes thousands of objects and no cycles: the default looks for some each time.
    gc.set_threshold(2_000_000, 50, 100)
    for line in unknown_variables(environ):
        logger.warning(line)
    recovery = recovery_directory(argv, environ)
    if recovery is None:
        logger.warning(
            "no recovery store (-r): delivery is at least once, and a restart begins anew"
        )
    health = Health()
    name_the_end(health)
    try:
        require_descriptors()
        if recovery is not None:
            require_directory(recovery)
        settings = load_settings(environ)
        log.name(job=settings.group_id)
        versions = _versions()
        metrics = Metrics(health, versions, _traces(environ, settings, here.process))
        if settings.http_port:
            beside = 0 if is_pod(environ) else here.process  # each of a host needs a port
            port = port_of_process(settings.http_port, beside)
            serve(port, metrics.registry, health)
        job = Job(settings, recovery, metrics, here.process)
    except WindowingError as error:
        log.refuse(error)
    say_start(
        versions,
        exactly_once=recovery is not None,
        resumed=job.start,
        sees_store=recovery is not None and has_files(recovery),
        processes=here.processes,
        workers=here.workers,
        settings=settings.model_dump(mode="json"),
        kafka_properties=job.kafka_properties,
    )
    return job


def _traces(environ: Mapping[str, str], settings: Settings, process: int) -> Traces:
    """Return the traces of this process, which are sent at the latest when it ends in order."""
    job = settings.group_id
    names = {"service.version": version("windowing"), "windowing.job": job}
    traces = start_traces(environ, {**names, "windowing.process": process})
    atexit.register(lambda: traces.close(time_left_s()))
    return traces


def _versions() -> dict[str, str]:
    """Return what runs, for the labels of a metric and the first line of the log."""
    return {
        "version": version("windowing"),
        "python": platform.python_version(),
        "bytewax": version("bytewax"),
        "confluent_kafka": version("confluent-kafka"),
        "librdkafka": libversion()[0],
    }
