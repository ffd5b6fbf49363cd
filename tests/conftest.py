"""What all tests share: Hypothesis profiles, and the Kafka broker."""

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

import pytest
from hypothesis import settings
from tests.kafka.broker import Broker, NoBroker, kafka_broker
from tests.kafka.job import Job, make_topics
from tests.kafka.secure_broker import SecureBroker, secure_kafka
from tests.kafka.topics import create_topic, delete_topics

B = TypeVar("B")

IN_CI = bool(os.environ.get("CI"))
NO_BROKER = pytest.StashKey[str]()

settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, max_examples=500, print_blob=True)
settings.register_profile("quick", deadline=None, max_examples=25)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if IN_CI else "dev"))


class MakeTopic(Protocol):
    """The type of `make_topic`."""

    def __call__(self, *, partitions: int = 1, config: Mapping[str, str] | None = None) -> str:
        """Return the name of a new, empty topic."""


@pytest.fixture(scope="session")
def broker(pytestconfig: pytest.Config) -> Iterator[Broker]:
    """One broker for the whole run. Without any, its tests are skipped; in CI they fail."""
    with need(pytestconfig, kafka_broker()) as running:
        yield running


@pytest.fixture(scope="session")
def secure_broker(pytestconfig: pytest.Config) -> Iterator[SecureBroker]:
    """One broker with TLS, users and ACLs for the whole run."""
    with need(pytestconfig, secure_kafka()) as running:
        yield running


@contextmanager
def need(pytestconfig: pytest.Config, brokers: AbstractContextManager[B]) -> Iterator[B]:
    """Enter a broker's context; where there is none, skip the test, or in CI fail it."""
    with ExitStack() as until_the_end:
        try:
            running = until_the_end.enter_context(brokers)
        except NoBroker as missing:
            if IN_CI:
                pytest.fail(str(missing), pytrace=False)
            pytestconfig.stash[NO_BROKER] = str(missing)
            pytest.skip(str(missing))
        yield running


@pytest.fixture
def make_topic(broker: Broker) -> Iterator[MakeTopic]:
    """A function that makes topics with names of their own, deleted after the test."""
    made: list[str] = []

    def make(*, partitions: int = 1, config: Mapping[str, str] | None = None) -> str:
        made.append(create_topic(broker.bootstrap, partitions=partitions, config=config))
        return made[-1]

    yield make
    delete_topics(broker.bootstrap, made)


class MakeJob(Protocol):
    """The type of `make_job`."""

    def __call__(
        self, partitions: int, config: Mapping[str, str] | None = None, /, **environ: str
    ) -> Job:
        """Return a job on new topics, the input with so many partitions, with these settings."""


@pytest.fixture
def make_job(broker: Broker, tmp_path: Path) -> MakeJob:
    """A function that makes a job with topics of its own."""

    def make(partitions: int, config: Mapping[str, str] | None = None, /, **environ: str) -> Job:
        topics = make_topics(broker.bootstrap, partitions, config)
        return Job(broker.bootstrap, topics, tmp_path, environ)

    return make


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> Iterator[None]:
    """Say last, and in one line, that Kafka was missing: among other skips it would be lost."""
    yield
    missing = config.stash.get(NO_BROKER, None)
    if missing is not None:
        skipped = [r for r in terminalreporter.getreports("skipped") if missing in str(r.longrepr)]
        terminalreporter.write_line(f"{len(skipped)} Kafka tests skipped: {missing}", yellow=True)
