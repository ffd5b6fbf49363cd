"""The variables of the environment: what they default to, and the lines for what is wrong."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from windowing.settings import (
    VARIABLES,
    Settings,
    SettingsError,
    load_settings,
    unknown_variables,
)

UNIT = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
LIMIT = timedelta(days=3650)


def load(**variables: str) -> Settings:
    return load_settings({f"WINDOWING_{name}": value for name, value in variables.items()})


def fault_lines(**variables: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(**variables)
    return str(caught.value).split("\n")


def test_an_empty_environment_gives_the_documented_defaults():
    assert load_settings({}).model_dump() == {
        "bootstrap_servers": "localhost:9092",
        "input_topic": "user-events",
        "output_topic": "user-aggregates",
        "late_topic": "user-events-late",
        "dead_letter_topic": "user-events-dead-letter",
        "window_length": timedelta(minutes=5),
        "max_out_of_orderness": timedelta(seconds=10),
        "idle_timeout": timedelta(seconds=30),
        "max_future_skew": timedelta(hours=1),
        "starting_offset": "beginning",
        "until_end": False,
        "group_id": "windowing",
        "http_port": 8080,
        "kafka_config": None,
        "log_format": "auto",
        "log_level": "info",
    }


def test_every_variable_reaches_its_setting(tmp_path):
    file = tmp_path / "kafka.properties"
    file.touch()
    assert load(
        BOOTSTRAP_SERVERS="kafka-1:9092, [::1]:9093",
        INPUT_TOPIC="a",
        OUTPUT_TOPIC="b.c",
        LATE_TOPIC="d_e",
        DEAD_LETTER_TOPIC="F-9",
        WINDOW_LENGTH="1ms",
        MAX_OUT_OF_ORDERNESS="0",
        IDLE_TIMEOUT="0s",
        MAX_FUTURE_SKEW="3650d",
        STARTING_OFFSET="end",
        UNTIL_END="Yes",
        GROUP_ID="shop.windows",
        HTTP_PORT="65535",
        KAFKA_CONFIG=str(file),
        LOG_FORMAT="json",
        LOG_LEVEL="debug",
    ).model_dump() == {
        "bootstrap_servers": "kafka-1:9092,[::1]:9093",
        "input_topic": "a",
        "output_topic": "b.c",
        "late_topic": "d_e",
        "dead_letter_topic": "F-9",
        "window_length": timedelta(milliseconds=1),
        "max_out_of_orderness": timedelta(0),
        "idle_timeout": timedelta(0),
        "max_future_skew": LIMIT,
        "starting_offset": "end",
        "until_end": True,
        "group_id": "shop.windows",
        "http_port": 65535,
        "kafka_config": file,
        "log_format": "json",
        "log_level": "debug",
    }


@given(count=st.integers(0, LIMIT // UNIT["ms"]), unit=st.sampled_from(sorted(UNIT)))
def test_a_duration_reads_back_as_the_number_of_its_units(count, unit):
    count %= LIMIT // UNIT[unit] + 1
    assert load(IDLE_TIMEOUT=f"{count}{unit}").idle_timeout == count * UNIT[unit]


@given(length_ms=st.integers(1, LIMIT // UNIT["ms"]))
def test_a_duration_with_decimals_is_exact(length_ms):
    text = f"{length_ms // 1000}.{length_ms % 1000:03}s"
    assert load(WINDOW_LENGTH=text).window_length == timedelta(milliseconds=length_ms)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("30sec", "is not a duration: write a number and ms, s, m, h or d, such as 30s"),
        ("30", "is not a duration: write a number and ms, s, m, h or d, such as 30s"),
        ("5M", "is not a duration: write a number and ms, s, m, h or d, such as 30s"),
        ("1e3s", "is not a duration: write a number and ms, s, m, h or d, such as 30s"),
        ("nan", "is not a duration: write a number and ms, s, m, h or d, such as 30s"),
        ("\u0663s", "is not a duration: write a number and ms, s, m, h or d, such as 30s"),
        (" 5s", "is not a duration: write a number and ms, s, m, h or d, such as 30s"),
        ("PT5M", "is not a duration: write a number and ms, s, m, h or d, such as 30s"),
        ("0.5ms", "is finer than a millisecond: write whole milliseconds, such as 1500ms"),
        ("1.0001s", "is finer than a millisecond: write whole milliseconds, such as 1500ms"),
        ("-5s", "is below zero: write a duration of 0s or more, such as 30s"),
        ("3650.5d", "is too long: write 3650d or less"),
        ("9" * 30 + "d", "is too long: write 3650d or less"),
    ],
)
def test_what_is_no_duration_is_refused_with_the_reason(text, reason):
    assert fault_lines(IDLE_TIMEOUT=text) == [f"WINDOWING_IDLE_TIMEOUT={text!r} {reason}"]


@pytest.mark.parametrize("text", ["0", "0s", "0.0h"])
def test_a_window_of_no_length_is_refused(text):
    assert fault_lines(WINDOW_LENGTH=text) == [
        f"WINDOWING_WINDOW_LENGTH={text!r} is zero: a window needs a length above zero, such as 5m"
    ]


@pytest.mark.parametrize("length", [timedelta(0), -LIMIT, LIMIT * 2])
def test_bounds_hold_for_settings_made_in_code_too(length):
    with pytest.raises(ValidationError):
        Settings(window_length=length)


@pytest.mark.parametrize(
    "text", ["kafka", "kafka:", ":9092", "a:1,", "a:1 b:2", "SSL://a:1", "a:1;b:2", "::1:9092"]
)
def test_what_is_no_list_of_servers_is_refused(text):
    assert fault_lines(BOOTSTRAP_SERVERS=text) == [
        f"WINDOWING_BOOTSTRAP_SERVERS={text!r} is not a list of host:port: "
        "write them with commas, such as kafka-1:9092,kafka-2:9092"
    ]


@pytest.mark.parametrize("text", ["a:0", "a:65536", "a:1,b:99999"])
def test_a_port_out_of_range_is_refused(text):
    assert fault_lines(BOOTSTRAP_SERVERS=text) == [
        f"WINDOWING_BOOTSTRAP_SERVERS={text!r} has a port out of range: "
        "write a port from 1 to 65535, such as 9092"
    ]


@pytest.mark.parametrize("text", [".", "..", "a b", "a/b", "é", "x" * 250, "a\n"])
def test_what_kafka_takes_for_no_topic_name_is_refused(text):
    (line,) = fault_lines(LATE_TOPIC=text)
    assert line == (
        f"WINDOWING_LATE_TOPIC={text!r} is not a topic name: "
        "write 1 to 249 letters, digits, dots, underscores or hyphens"
    )


@pytest.mark.parametrize("text", ["a b", "a/b", "a" * 250, "Größe"])
def test_what_is_no_group_id_is_refused(text):
    assert fault_lines(GROUP_ID=text) == [
        f"WINDOWING_GROUP_ID={text!r} is not a group id: "
        "write 1 to 249 letters, digits, dots, underscores or hyphens"
    ]


@pytest.mark.parametrize("text", ["-1", "65536", "8080.0", "0x50", "1_000", " 80", "http", "٣"])
def test_what_is_no_port_is_refused(text):
    with pytest.raises(SettingsError) as error:
        load_settings({"WINDOWING_HTTP_PORT": text})
    assert str(error.value) == (
        f"WINDOWING_HTTP_PORT={text!r} is not a port: write a number from 1 to 65535, or 0 for none"
    )


@pytest.mark.parametrize("port", [0, 1, 8080, 65535])
def test_a_port_is_any_there_is_or_0(port):
    assert load_settings({"WINDOWING_HTTP_PORT": str(port)}).http_port == port


def test_the_address_of_a_service_named_windowing_http_is_not_taken_for_the_port():
    environ = {"WINDOWING_HTTP_PORT": "tcp://10.0.0.1:80"}
    assert load_settings(environ).http_port == 8080
    assert unknown_variables(environ) == []


def test_the_longest_topic_name_is_taken():
    assert load(LATE_TOPIC="x" * 249).late_topic == "x" * 249


def test_two_roles_of_one_topic_are_refused_with_both_names():
    assert fault_lines(OUTPUT_TOPIC="t", DEAD_LETTER_TOPIC="t") == [
        "WINDOWING_DEAD_LETTER_TOPIC='t' is also the topic of WINDOWING_OUTPUT_TOPIC: "
        "give each a topic of its own"
    ]


def test_a_topic_that_is_the_default_of_another_role_is_refused():
    assert fault_lines(INPUT_TOPIC="user-aggregates") == [
        "WINDOWING_OUTPUT_TOPIC='user-aggregates' is also the topic of WINDOWING_INPUT_TOPIC: "
        "give each a topic of its own"
    ]


@pytest.mark.parametrize("text", ["true", "TRUE", "1", "yes", "false", "0", "no", "No"])
def test_a_switch_is_true_false_1_0_yes_or_no(text):
    assert load(UNTIL_END=text).until_end is (text.lower() in {"true", "1", "yes"})


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("UNTIL_END", "maybe", "is neither true nor false: write true or false"),
        ("STARTING_OFFSET", "latest", "is not a place to start: write beginning or end"),
        ("STARTING_OFFSET", "End", "is not a place to start: write beginning or end"),
    ],
)
def test_a_word_that_is_no_choice_is_refused_with_the_choices(name, text, reason):
    assert fault_lines(**{name: text}) == [f"WINDOWING_{name}={text!r} {reason}"]


def test_a_properties_file_that_cannot_be_read_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    fix = "write the path of a readable properties file, or unset it"
    for path, reason in [
        (tmp_path / "absent", "cannot be read (No such file or directory)"),
        (tmp_path, "is not a file"),
        (tmp_path / "pipe", "is not a file"),
        (Path("a\0b"), "cannot be read (not a path)"),
    ]:
        assert fault_lines(KAFKA_CONFIG=str(path)) == [
            f"WINDOWING_KAFKA_CONFIG={str(path)!r} {reason}: {fix}"
        ]


def test_a_properties_file_without_permission_is_refused(tmp_path, monkeypatch):
    file = tmp_path / "kafka.properties"
    file.touch()

    def forbid(*_arguments: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbid)
    assert fault_lines(KAFKA_CONFIG=str(file)) == [
        f"WINDOWING_KAFKA_CONFIG={str(file)!r} cannot be read (Permission denied): "
        "write the path of a readable properties file, or unset it"
    ]


@pytest.mark.parametrize("variable", sorted(VARIABLES - {"WINDOWING_KAFKA_CONFIG"}))
def test_an_empty_value_is_refused(variable):
    with pytest.raises(SettingsError) as caught:
        load_settings({variable: ""})
    assert str(caught.value) == (
        f"{variable}='' is empty: write a value, or unset it for the default"
    )


def test_an_empty_path_of_a_properties_file_means_none():
    assert load(KAFKA_CONFIG="").kafka_config is None


def test_all_wrong_values_are_told_at_once():
    lines = fault_lines(
        BOOTSTRAP_SERVERS="x", INPUT_TOPIC="t", LATE_TOPIC="t", IDLE_TIMEOUT="x", UNTIL_END=""
    )
    assert [line.split("=")[0] for line in lines] == [
        "WINDOWING_BOOTSTRAP_SERVERS",
        "WINDOWING_LATE_TOPIC",
        "WINDOWING_IDLE_TIMEOUT",
        "WINDOWING_UNTIL_END",
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("KAFKA_CONFIG", "sasl.username=me\nsasl.password=hunter2"),
        ("KAFKA_CONFIG", "sasl.password=hunter2"),
        ("KAFKA_CONFIG", "-----BEGIN KEY-----\nhunter2\n-----END KEY-----\n"),
        ("BOOTSTRAP_SERVERS", "sasl://me:hunter2@kafka:9092"),
    ],
)
def test_a_secret_in_the_wrong_variable_is_not_shown(name, text):
    with pytest.raises(SettingsError) as caught:
        load(**{name: text})
    assert str(caught.value).startswith(f"WINDOWING_{name}=(not shown) ")
    assert "hunter2" not in repr(caught.value)
    assert caught.value.__context__ is None


TEMPTING = st.sampled_from(
    [
        "",
        " ",
        "0",
        "-0s",
        "1.5h",
        "5m\n",
        "t",
        "user-events",
        ".",
        "end",
        "TRUE",
        "a:1",
        "a:1,",
        "/",
    ]
)


@given(st.dictionaries(st.sampled_from(sorted(VARIABLES)), TEMPTING | st.text(max_size=30)))
@example({"WINDOWING_INPUT_TOPIC": "\udc80", "WINDOWING_UNTIL_END": "\udc80"})
@example({"WINDOWING_STARTING_OFFSET": "\udc80", "WINDOWING_BOOTSTRAP_SERVERS": "\udc80"})
@example({"WINDOWING_IDLE_TIMEOUT": "\udc80", "WINDOWING_KAFKA_CONFIG": "\udc80"})
def test_any_environment_loads_or_gives_one_line_per_wrong_variable(environ):
    text = ""
    try:
        load_settings(environ)
    except SettingsError as error:
        text = str(error)
        assert text
    lines = text.splitlines()
    names = [line.split("=")[0] for line in lines]
    assert set(names) <= VARIABLES
    assert len(set(names)) == len(names)
    assert all(": " in line and line.isprintable() for line in lines)
    assert "pydantic" not in text
    assert "Value error" not in text


def test_nothing_but_the_argument_is_read(monkeypatch):
    monkeypatch.setenv("WINDOWING_IDLE_TIMEOUT", "nonsense")
    assert load_settings({}) == Settings()


def test_settings_cannot_be_changed():
    with pytest.raises(ValidationError):
        load_settings({}).until_end = True


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("WINDOWING_IDLE_TIMOUT", "did you mean WINDOWING_IDLE_TIMEOUT?"),
        ("WINDOWING_HTP_PORT", "did you mean WINDOWING_HTTP_PORT?"),
        ("WINDOWING_KAFKA_BOOTSTRAP_SERVERS", "did you mean WINDOWING_BOOTSTRAP_SERVERS?"),
        ("windowing_until_end", "did you mean WINDOWING_UNTIL_END?"),
        ("WINDOWING_PARALLELISM", "see the table of settings in README.md"),
        ("WINDOWING_", "see the table of settings in README.md"),
    ],
)
def test_a_variable_that_is_no_setting_is_warned_about_without_its_value(name, advice):
    assert unknown_variables({name: "8080"}) == [f"{name} is not a setting: {advice}"]


def test_known_reserved_and_foreign_variables_are_not_warned_about():
    names = [*VARIABLES, "WINDOWING_HTTP_PORT", "WINDOWING_GROUP_ID", "PATH", "MYWINDOWING_X"]
    assert unknown_variables(dict.fromkeys(names, "")) == []


@pytest.mark.parametrize("service", ["WINDOWING", "WINDOWING_UI", "WINDOWING_UI_2"])
def test_what_kubernetes_injects_for_a_service_is_not_warned_about(service):
    injected = {
        f"{service}_SERVICE_HOST": "10.0.0.1",
        f"{service}_SERVICE_PORT": "8080",
        f"{service}_SERVICE_PORT_HTTP": "8080",
        f"{service}_PORT": "tcp://10.0.0.1:8080",
        f"{service}_PORT_8080_TCP": "tcp://10.0.0.1:8080",
        f"{service}_PORT_8080_TCP_ADDR": "10.0.0.1",
        f"{service}_PORT_8080_TCP_PORT": "8080",
        f"{service}_PORT_8080_TCP_PROTO": "tcp",
    }
    assert unknown_variables(injected) == []


def test_a_port_that_no_service_injected_is_warned_about():
    assert len(unknown_variables({"WINDOWING_PORT": "8080", "WINDOWING_UI_PORT": "8080"})) == 2
