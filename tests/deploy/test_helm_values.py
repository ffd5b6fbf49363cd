"""What the chart refuses, and with which words; what it takes over from the service's settings."""

import json
from typing import Literal, get_args, get_origin

import pytest
from tests.deploy.chart import BOOTSTRAP, CHART, RefusedError, only, render

from windowing.settings import VARIABLES, Settings, load_settings, unknown_variables

SCHEMA = json.loads((CHART / "values.schema.json").read_text())
PLACED_ELSEWHERE = {"BOOTSTRAP_SERVERS", "KAFKA_CONFIG", "HTTP_PORT"}
FOR_BOUNDED_RUNS = {"UNTIL_END"}
"""A pod whose process ends is started again."""

REFUSED = {
    "replicas=-1": ("replicas", "greater than or equal to 0"),
    "replicas=two": ("replicas", "Expected: integer"),
    "replica=2": ("replica", "not allowed"),
    "settings.WINDOW_LENGTH=30sec": ("settings.WINDOW_LENGTH", "does not match"),
    "settings.WINDOW_LENGHT=30s": ("WINDOW_LENGHT", "not allowed"),
    "settings.UNTIL_END=true": ("UNTIL_END", "not allowed"),
    "settings.STARTING_OFFSET=latest": ("settings.STARTING_OFFSET", '"beginning", "end"'),
    "kafka.bootstrapServers=kafka": ("kafka.bootstrapServers", "does not match"),
    "store.accessModes[0]=ReadWriteMany": ("store.accessModes", '"ReadWriteOnce"'),
    "store.epochSeconds=0": ("store.epochSeconds", "greater than or equal to 1"),
    "terminationGracePeriodSeconds=5": ("terminationGracePeriodSeconds", "equal to 10"),
    "httpPort=80": ("httpPort", "greater than or equal to 1024"),
    "image.digest=sha256:12": ("image.digest", "does not match"),
    "extraEnv[0].name=WINDOWING_HTTP_PORT": ("extraEnv.0.name", "not"),
    "serviceMonitor.enabled=maybe": ("serviceMonitor.enabled", "Expected: boolean"),
    "fullnameOverride=orders": ("fullnameOverride=orders", "windowing"),
    "kafka.files.ca\\.pem=x": ("kafka.files is set without kafka.config", "add it"),
    "kafka.existingSecret=mine,kafka.config=a=b": ("kafka.existingSecret=mine", "remove"),
}


@pytest.mark.parametrize("setting", REFUSED)
def test_a_wrong_value_is_refused_with_its_name_and_the_reason(setting: str) -> None:
    with pytest.raises(RefusedError) as refused:
        render(None, *BOOTSTRAP, setting)
    said = str(refused.value).lower()
    for words in REFUSED[setting]:
        assert words.lower() in said


def test_servers_are_required() -> None:
    with pytest.raises(RefusedError, match="kafka: bootstrapServers is required"):
        render()


def test_the_chart_knows_every_setting_of_the_service_by_its_name() -> None:
    names = {name.removeprefix("WINDOWING_") for name in VARIABLES}
    known = set(SCHEMA["properties"]["settings"]["properties"])
    assert known == names - PLACED_ELSEWHERE - FOR_BOUNDED_RUNS


def test_the_chart_knows_what_a_setting_with_a_choice_may_be() -> None:
    known = SCHEMA["properties"]["settings"]["properties"]
    choices = {
        name.upper(): list(get_args(field.annotation))
        for name, field in Settings.model_fields.items()
        if get_origin(field.annotation) is Literal
    }
    assert "STARTING_OFFSET" in choices
    assert {name: known[name].get("enum") for name in choices} == choices


def test_the_service_takes_what_the_chart_gives_it() -> None:
    given = only(render(CHART / "ci" / "tls-values.yaml"), "ConfigMap")["data"]
    settings = load_settings(given)
    assert unknown_variables(given) == []
    assert settings.bootstrap_servers == "kafka-0.kafka:9093,kafka-1.kafka:9093"
    assert settings.output_topic == "orders-per-minute"
    assert settings.window_length.total_seconds() == 60
    assert settings.max_out_of_orderness.total_seconds() == 1.5
