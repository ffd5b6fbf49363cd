"""`windowing check`: what is fine about a job, and what is not. Writes nothing."""

import os
from collections.abc import Iterator
from pathlib import Path

import typer
from rich.console import Console

from windowing.cli.check_broker import check_broker
from windowing.cli.check_store import check_store
from windowing.cli.check_topics import check_topics
from windowing.cli.environment import JsonOption, RecoveryOption, client_config
from windowing.cli.findings import Finding, Verdict, errors, fine, show, warning
from windowing.cli.screen import console, count, write_json
from windowing.core.errors import WindowingError
from windowing.job_names import wanted_topics
from windowing.kafka.client_config import ClientConfig
from windowing.kafka.inspection import Inspection
from windowing.kafka.topics import Broker, BrokerError, TopicError
from windowing.settings import Settings, load_settings, unknown_variables


def check(recovery: RecoveryOption = None, *, as_json: JsonOption = False) -> None:
    """Look a job over, settings, Kafka, topics, permissions, clocks and recovery store.

    Exits with 0 if nothing is wrong, else with 1. A warning is not wrong.
    """
    with Console(stderr=True).status("looking …"):
        findings = list(_check_all(recovery))
    verdicts = [finding.verdict for finding in findings]
    if as_json:
        write_json([finding._asdict() for finding in findings])
    else:
        screen = console()
        show(findings, screen)
        tally = [f"{verdicts.count(v)} {v}" for v in Verdict if v in verdicts]
        screen.print(f"{count(len(findings), 'thing')} looked at: {', '.join(tally)}")
    raise typer.Exit(1 if Verdict.WRONG in verdicts else 0)


def _check_all(recovery: Path | None) -> Iterator[Finding]:
    for line in unknown_variables(os.environ):
        what, _, fix = line.partition(": ")
        yield warning("settings", what, fix)
    try:
        settings = load_settings(os.environ)
    except WindowingError as error:
        yield from errors("settings", error)
        return
    yield fine("settings", f"{len(Settings.model_fields)} read, none is wrong")
    subject = "client properties"
    try:
        config = client_config(settings)
    except WindowingError as error:
        yield from errors(subject, error)
        return
    yield fine(subject, str(settings.kafka_config or "no file, and none is needed"))
    yield from _check_kafka(settings, config, recovery)


def _check_kafka(
    settings: Settings, config: ClientConfig, recovery: Path | None
) -> Iterator[Finding]:
    broker = Broker(config)
    partitions: list[int] = []
    try:
        wanted = wanted_topics(settings, transactions=True)
        partitions = broker.partitions(wanted)[settings.input_topic]
    except BrokerError as error:
        yield from errors("Kafka", error)
        yield from check_store(recovery, settings, config, "", 0)
        return
    except TopicError:
        pass  # told below, topic by topic
    inspection = Inspection(config)
    brokers = inspection.brokers()
    where = f"{count(len(brokers), 'broker')} at {settings.bootstrap_servers}"
    yield fine("Kafka", f"{where}, cluster {broker.cluster}")
    yield from check_topics(settings, broker, inspection)
    yield from check_broker(settings, config, inspection, brokers)
    yield from check_store(recovery, settings, config, broker.cluster, len(partitions))
