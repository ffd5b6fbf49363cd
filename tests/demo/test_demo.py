"""The demo as a user runs it: it adds up, ends when told to, and leaves nothing behind."""

import re
import signal
import subprocess

import pytest
from confluent_kafka.admin import AdminClient
from tests.demo.processes import END_TIMEOUT_S, TIMEOUT_S, Descendants, run_module

DEMO = "windowing.demo"
RESULT = re.compile(r"\d\d:\d\d – \d\d:\d\d  \S+ +events +\d+  total +\S+  average \S+")
SUM = re.compile(r"✓ events in (\d+) = counted (\d+) \+ late (\d+) \+ dead (\d+)")
UNREACHABLE = "127.0.0.1:1"


def assert_adds_up(printed: str) -> None:
    found = SUM.search(printed)
    assert found is not None, printed
    fed, counted, late, dead = map(int, found.groups())
    assert fed == counted + late + dead
    assert min(counted, late, dead) > 0
    assert fed > 1000
    windows = {line[:13] for line in printed.splitlines() if RESULT.fullmatch(line)}
    assert len(windows) == 10
    assert "stands aside as idle" in printed
    assert "\x1b" not in printed


def read_to_first_result(demo: subprocess.Popen[str]) -> None:
    assert demo.stdout is not None
    assert demo.stderr is not None
    for line in demo.stdout:
        if RESULT.fullmatch(line.rstrip("\n")):
            return
    raise AssertionError(demo.stderr.read())


def test_it_adds_up_on_the_embedded_broker(pytestconfig):
    with run_module(DEMO, cwd=pytestconfig.rootpath) as demo:
        printed, complaints = demo.communicate(timeout=TIMEOUT_S + END_TIMEOUT_S)
    assert_adds_up(printed)
    assert re.search(r"error +\S", printed)
    assert re.search(r"watermark +\d{4}-", printed)
    assert "make test" in printed
    assert complaints == ""
    assert demo.returncode == 0


def test_it_adds_up_on_a_broker_that_is_given_and_leaves_no_topic_there(broker, pytestconfig):
    with run_module(DEMO, "--bootstrap", broker.bootstrap, cwd=pytestconfig.rootpath) as demo:
        printed, complaints = demo.communicate(timeout=TIMEOUT_S + END_TIMEOUT_S)
    assert_adds_up(printed)
    assert complaints == ""
    assert demo.returncode == 0
    deleted = re.search(r"deleted the topics (windowing-demo-[0-9a-f]{6}-)\*\n$", printed)
    assert deleted is not None
    topics = AdminClient({"bootstrap.servers": broker.bootstrap}).list_topics(timeout=TIMEOUT_S)
    assert not [name for name in topics.topics if name.startswith(deleted[1])]


def test_ctrl_c_ends_it_and_the_flow_with_a_line(pytestconfig):
    with run_module(DEMO, cwd=pytestconfig.rootpath) as demo:
        read_to_first_result(demo)
        started = Descendants(demo.pid)
        assert len(started) > 0
        demo.send_signal(signal.SIGINT)
        _, complaints = demo.communicate(timeout=END_TIMEOUT_S)
        assert started.all_end()
    assert complaints == "Stopped by Ctrl-C, and the flow with it\n"
    assert demo.returncode == 130


def test_the_flow_does_not_outlive_a_demo_that_is_killed(pytestconfig, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # whoever is killed tidies nothing up
    with run_module(DEMO, cwd=pytestconfig.rootpath) as demo:
        read_to_first_result(demo)
        started = Descendants(demo.pid)
        assert len(started) > 0
        demo.kill()
        assert started.all_end()


def test_a_flow_that_ends_has_the_last_word(tmp_path):
    (tmp_path / "dataflows").mkdir()
    flow = tmp_path / "dataflows" / "user_aggregates.py"
    flow.write_text("raise SystemExit('the first line\\nthe last line')")
    with run_module(DEMO, cwd=tmp_path) as demo:
        printed, complaints = demo.communicate(timeout=TIMEOUT_S)
    assert "What next" not in printed
    assert complaints == "the flow ended with status 1:\nthe first line\nthe last line\n"
    assert demo.returncode == 1


@pytest.mark.parametrize(
    ("bootstrap", "line"),
    [
        (
            UNREACHABLE,
            rf"no Kafka broker answers at {UNREACHABLE} \(.*Connection refused.*\): start it,"
            r" or leave --bootstrap out for the embedded one\n",
        ),
        ("localhost", r"--bootstrap 'localhost' is not a list of host:port: .*\n"),
    ],
)
def test_a_wrong_address_is_told_in_a_line(pytestconfig, bootstrap, line):
    with run_module(DEMO, "--bootstrap", bootstrap, cwd=pytestconfig.rootpath) as demo:
        printed, complaints = demo.communicate(timeout=TIMEOUT_S)
    assert re.fullmatch(line, complaints)
    assert printed == ""
    assert demo.returncode == 1
