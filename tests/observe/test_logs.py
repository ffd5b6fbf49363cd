"""Lines of the log: JSON for machines, plain text on a terminal, from whatever says something."""

import io
import json
import logging
import os
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from windowing.observe.logs import KAFKA_CLIENT, Log, start_log

logger = logging.getLogger("windowing.kafka.something")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Put the log of the test run back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def stream() -> io.StringIO:
    """What the process says."""
    return io.StringIO()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_says_when_who_and_what_with_the_fields_of_the_process(stream: io.StringIO):
    log = start_log("json", "info", stream)
    log.name(process=1)
    log.name(job="shop")
    begun = datetime.now(UTC)
    logger.warning("reading %s", "ünïcode \n and lines", extra={"partition": 3})

    [line] = lines(stream)
    assert list(line) == ["time", "level", "message", "logger", "process", "job", "partition"]
    assert line["time"].endswith("Z")
    assert abs(datetime.fromisoformat(line.pop("time")) - begun).total_seconds() < 60
    assert line == {
        "level": "WARNING",
        "message": "reading ünïcode \n and lines",
        "logger": "windowing.kafka.something",
        "process": 1,
        "job": "shop",
        "partition": 3,
    }


def test_an_error_comes_with_its_traceback_in_one_line(stream: io.StringIO):
    start_log("json", "info", stream)
    try:
        raise ValueError("wrong")
    except ValueError:
        logger.critical("a fault", exc_info=True)

    [line] = lines(stream)
    assert line["exception"].startswith("Traceback")
    assert line["exception"].endswith("ValueError: wrong")


def test_a_line_of_the_kafka_client_names_the_client(stream: io.StringIO):
    start_log("json", "info", stream)
    said = "FAIL", "windowing.0.reader#consumer-1", "[thrd:x]: Connection refused"
    logging.getLogger(KAFKA_CLIENT).log(logging.ERROR, "%s [%s] %s", *said)

    [line] = lines(stream)
    assert line["message"] == "FAIL [thrd:x]: Connection refused"
    assert line["client"] == "windowing.0.reader#consumer-1"


def test_a_warning_of_python_is_a_line_too(stream: io.StringIO):
    start_log("json", "info", stream)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old and gone", DeprecationWarning, stacklevel=1)

    [line] = lines(stream)
    assert "DeprecationWarning: old and gone" in line["message"]
    assert line["logger"] == "py.warnings"


def test_a_repeated_warning_is_counted_and_said_at_the_end(stream: io.StringIO):
    start_log("json", "info", stream)
    for partition in 0, 1, 0, 0:
        logger.warning("reading %s", partition, extra={"partition": partition})
    assert [line["partition"] for line in lines(stream)] == [0, 1]

    logging.getLogger().handlers[-1].close()
    last = lines(stream)[-1]
    assert (last["partition"], last["repeated"]) == (0, 1)
    assert last["message"].startswith("reading 0 (and 1 more in ")


@pytest.mark.parametrize(("level", "said"), [("info", 3), ("warning", 2), ("error", 1), ("x", 3)])
def test_lines_below_the_level_are_dropped(stream: io.StringIO, level: str, said: int):
    start_log("text", level, stream)
    logger.debug("a")
    logger.info("b")
    logger.warning("c")
    logger.error("d")

    assert len(stream.getvalue().splitlines()) == said


def test_text_is_level_and_message(stream: io.StringIO):
    start_log("text", "info", stream).name(job="shop")
    logger.warning("reading %s", "on", extra={"partition": 3})

    assert stream.getvalue() == "WARNING reading on\n"


@pytest.mark.parametrize(
    ("form", "json_on_terminal", "json_in_file"),
    [
        ("auto", False, True),
        ("json", True, True),
        ("text", False, False),
        ("wrong", False, True),
    ],
)
def test_a_terminal_gets_text_and_anything_else_json_unless_told_otherwise(
    form: str, json_on_terminal: bool, json_in_file: bool, stream: io.StringIO
):
    reader, writer = os.openpty()
    with open(writer, "w") as terminal:
        start_log(form, "info", terminal)
        logger.warning("here")
        assert os.read(reader, 100).startswith(b"{" if json_on_terminal else b"WARNING here")
    os.close(reader)

    start_log(form, "info", stream)
    logger.warning("here")
    assert stream.getvalue().startswith("{" if json_in_file else "WARNING here")


def ended(log: Log) -> object:
    with pytest.raises(SystemExit) as caught:
        log.refuse(ValueError("a is wrong\nb is wrong"))
    return caught.value.code


def test_what_is_wrong_at_the_start_is_a_line_each_and_ends_the_process(stream: io.StringIO):
    assert ended(start_log("json", "info", stream)) == 1
    assert [(line["level"], line["message"]) for line in lines(stream)] == [
        ("CRITICAL", "a is wrong"),
        ("CRITICAL", "b is wrong"),
    ]
    # As text: Python writes it and ends with status 1.
    assert ended(start_log("text", "info", stream)) == "a is wrong\nb is wrong"
