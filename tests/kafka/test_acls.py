"""docs/security.md lists all ACLs that the flow needs, and none that it does not need."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
from confluent_kafka.admin import ResourceType
from tests.kafka.documented_acls import Acl, documented_acls
from tests.kafka.job import (
    Job,
    Running,
    end_well,
    event,
    eventually,
    killed_at_the_end,
    make_topics,
)
from tests.kafka.secure_broker import SecureBroker
from tests.kafka.secure_job import LIVE, PASSWORD, scram, secure_job
from tests.kafka.topics import produce

ACLS = documented_acls()
NOT_WITHOUT_STORE = {
    acl
    for acl in ACLS
    if "lane-" in acl.name or (acl.operation, acl.name) == ("Read", "user-aggregates")
}
WITHOUT_STORE = [acl for acl in ACLS if acl not in NOT_WITHOUT_STORE]
OPTIONAL = {acl for acl in ACLS if acl.operation == "DescribeConfigs" or acl.name == "windowing"}
END_S = 40.0


class Missing(NamedTuple):
    """One that is missing, with a recovery store or without."""

    acl: Acl
    saved: bool

    def __str__(self) -> str:
        return f"{self.acl}, {'exactly' if self.saved else 'at least'} once"


CASES = {
    str(case): case
    for case in (
        *(Missing(acl, True) for acl in ACLS),
        *(Missing(acl, False) for acl in WITHOUT_STORE if acl not in OPTIONAL),
    )
}


class Seen(NamedTuple):
    """How a job without one of its ACLs has ended."""

    job: Job
    status: int
    lines: list[str]


def job_with(broker: SecureBroker, user: str, folder: Path, acls: list[Acl]) -> Job:
    """Return a job on new topics, of a new user who is allowed this alone."""
    topics = make_topics(broker.bootstrap, 2)
    broker.add_user(user, PASSWORD)
    broker.allow(*(acl.binding(user, topics) for acl in acls))
    properties = scram(broker, sasl_username=user)
    return secure_job(broker, topics, folder, listener="SCRAM", properties=properties, environ=LIVE)


def test_with_the_documented_acls_a_killed_flow_goes_on_exactly_once(
    secure_broker: SecureBroker, tmp_path: Path
) -> None:
    job = job_with(secure_broker, "least", tmp_path, ACLS)
    produce(job.bootstrap, job.topics.events, [event("a", 0), event("a", 1)])
    store = job.store()
    first = job.start(*store)
    with killed_at_the_end(first):
        eventually(job.results, bool)
    produce(job.bootstrap, job.topics.events, [event("a", 2), event("a", 1)])
    second = job.start(*store, UNTIL_END="true")
    end_well([second])

    assert [result["count"] for result in job.results()] == [2, 1]
    assert len(job.late()) == 1
    assert first.said() + second.said() == ""


def test_without_a_store_less_is_needed(secure_broker: SecureBroker, tmp_path: Path) -> None:
    job = job_with(secure_broker, "less", tmp_path, WITHOUT_STORE)
    produce(job.bootstrap, job.topics.events, [event("a", 0), event("a", 1)])
    running = job.start("-s", "1", UNTIL_END="true")
    end_well([running])

    assert [result["count"] for result in job.results()] == [2]
    (line,) = running.said().splitlines()
    assert "no recovery store" in line


def own_lines(running: Running) -> list[str]:
    """Return the lines of a process that are neither librdkafka's nor about the store."""
    lines = running.said().splitlines()
    return [line for line in lines if not line.startswith("%") and "no recovery store" not in line]


@pytest.fixture(scope="module")
def seen(secure_broker: SecureBroker, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Seen]:
    """How a job ends without each of the ACLs; some run at once, as they mostly wait."""
    root = tmp_path_factory.mktemp("acls")

    def end(name: str) -> Seen:
        case = CASES[name]
        user = f"user-{list(CASES).index(name)}"
        acls = [acl for acl in (ACLS if case.saved else WITHOUT_STORE) if acl != case.acl]
        folder = root / user
        folder.mkdir()
        job = job_with(secure_broker, user, folder, acls)
        produce(job.bootstrap, job.topics.events, [event("a", 0)])
        running = job.start(*(job.store() if case.saved else ()), UNTIL_END="true")
        with killed_at_the_end(running):
            status = running.end(END_S)
        return Seen(job, status, own_lines(running))

    with ThreadPoolExecutor(4) as threads:
        return dict(zip(CASES, threads.map(end, CASES), strict=True))


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.acl not in OPTIONAL])
def test_one_that_is_missing_is_named_with_what_to_grant(seen: dict[str, Seen], name: str) -> None:
    acl = CASES[name].acl
    (line,) = seen[name].lines

    assert seen[name].status == 1
    assert f"grant {acl.operation.upper()} on " in line
    assert acl.renamed(seen[name].job.topics) in line
    if acl.kind is not ResourceType.TOPIC:
        assert {"GROUP": "the group", "TRANSACTIONAL_ID": "transactional id"}[acl.kind.name] in line
    assert seen[name].job.results() == []


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.acl in OPTIONAL])
def test_one_that_is_not_vital_is_named_in_a_warning(seen: dict[str, Seen], name: str) -> None:
    acl = CASES[name].acl
    (line,) = seen[name].lines
    operation = {"Read": "READ", "DescribeConfigs": "DESCRIBE_CONFIGS"}[acl.operation]

    assert seen[name].status == 0
    assert f"grant {operation} on " in line
    assert acl.renamed(seen[name].job.topics) in line
    assert len(seen[name].job.results()) == 1
