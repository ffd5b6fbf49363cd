"""Environment -> frozen `Settings`, or every wrong value at once, a line each."""

import difflib
import re
import stat
from collections.abc import Mapping
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from windowing.core.errors import WindowingError

PREFIX = "WINDOWING_"
LONGEST_DURATION = timedelta(days=3650)
TOO_LONG = "is too long: write 3650d or less"
DURATION = re.compile(r"(-?[0-9]{1,30}(?:\.[0-9]{1,30})?)(ms|s|m|h|d)")
UNIT_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}

SERVER = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})")
PORT = re.compile(r"[0-9]{1,5}")
NO_PORT = "is not a port: write a number from 1 to 65535, or 0 for none"
TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")
PATH_FIX = "write the path of a readable properties file, or unset it"
TOPIC_FIELDS = ("input_topic", "output_topic", "late_topic", "dead_letter_topic")
# What pydantic finds by itself, in our words; of a choice, by the field.
FAULTS = {
    "bool_parsing": "is neither true nor false: write true or false",
    "starting_offset": "is not a place to start: write beginning or end",
    "log_format": "is not a form of log: write auto, json or text",
    "log_level": "is not a level: write debug, info, warning or error",
    "string_unicode": "is not text: write it in plain ASCII",
}

# Kubernetes (service links) and Docker put the address of a service named `windowing` or
# `windowing-…` into the environment of its neighbours; the third form needs a look at the value.
SERVICE_LINK = re.compile(
    r"(?:[A-Z0-9_]+_)?"
    r"(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT_[0-9]+_(?:TCP|UDP|SCTP)(?:_(?:ADDR|PORT|PROTO))?)"
)
SERVICE_PORT_LINK = re.compile(r"(?:[A-Z0-9_]+_)?PORT=(?:tcp|udp|sctp)://.*")


class SettingsError(WindowingError):
    """Wrong values in the environment: one line each, all of them."""


def _duration(value: Any) -> Any:
    """Read `1.5h` exactly; a `timedelta` from code passes through."""
    if not isinstance(value, str):
        return value
    parts = DURATION.fullmatch("0s" if value == "0" else value)
    if parts is None:
        raise ValueError("is not a duration: write a number and ms, s, m, h or d, such as 30s")
    length_ms = Fraction(parts[1]) * UNIT_MS[parts[2]]
    if length_ms.denominator != 1:
        raise ValueError("is finer than a millisecond: write whole milliseconds, such as 1500ms")
    try:
        return timedelta(milliseconds=int(length_ms))
    except OverflowError:
        raise ValueError(TOO_LONG) from None


def _bounded(value: timedelta) -> timedelta:
    if value < timedelta(0):
        raise ValueError("is below zero: write a duration of 0s or more, such as 30s")
    if value > LONGEST_DURATION:
        raise ValueError(TOO_LONG)
    return value


def _above_zero(value: timedelta) -> timedelta:
    if not value:
        raise ValueError("is zero: a window needs a length above zero, such as 5m")
    return value


def _servers(value: str) -> str:
    servers = [server.strip() for server in value.split(",")]
    matches = [SERVER.fullmatch(server) for server in servers]
    if not all(matches):
        raise ValueError(
            "is not a list of host:port: write them with commas, such as kafka-1:9092,kafka-2:9092"
        )
    if not all(match and 1 <= int(match[1]) <= 65535 for match in matches):
        raise ValueError("has a port out of range: write a port from 1 to 65535, such as 9092")
    return ",".join(servers)


def _topic(value: str) -> str:
    if value in {".", ".."} or not TOPIC.fullmatch(value):
        raise ValueError(
            "is not a topic name: write 1 to 249 letters, digits, dots, underscores or hyphens"
        )
    return value


def _group(value: str) -> str:
    if not TOPIC.fullmatch(value):
        raise ValueError(
            "is not a group id: write 1 to 249 letters, digits, dots, underscores or hyphens"
        )
    return value


def _readable(value: Path) -> Path:
    try:
        # Looked at before it is opened: opening a pipe would wait for its writer.
        is_file = stat.S_ISREG(value.stat().st_mode)
        if is_file:
            value.open("rb").close()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path.
        reason = getattr(error, "strerror", "not a path")
        raise ValueError(f"cannot be read ({reason}): {PATH_FIX}") from None
    if not is_file:
        raise ValueError(f"is not a file: {PATH_FIX}")
    return value


def _port(value: Any) -> Any:
    """Read a port strictly: pydantic would take `1_0` and `8080.0`."""
    if isinstance(value, str):
        if not PORT.fullmatch(value):
            raise ValueError(NO_PORT)
        value = int(value)
    if not 0 <= value <= 65535:
        raise ValueError(NO_PORT)
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration), AfterValidator(_bounded)]
Topic = Annotated[str, AfterValidator(_topic)]


class Settings(BaseSettings):
    """What the flow is told from outside; README.md has the table."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, validate_default=True, hide_input_in_errors=True
    )

    bootstrap_servers: Annotated[str, AfterValidator(_servers)] = "localhost:9092"
    input_topic: Topic = "user-events"
    output_topic: Topic = "user-aggregates"
    late_topic: Topic = "user-events-late"
    dead_letter_topic: Topic = "user-events-dead-letter"
    window_length: Annotated[Duration, AfterValidator(_above_zero)] = timedelta(minutes=5)
    max_out_of_orderness: Duration = timedelta(seconds=10)
    idle_timeout: Duration = timedelta(seconds=30)
    max_future_skew: Duration = timedelta(hours=1)
    starting_offset: Literal["beginning", "end"] = "beginning"
    until_end: bool = False
    group_id: Annotated[str, AfterValidator(_group)] = "windowing"
    http_port: Annotated[int, BeforeValidator(_port)] = 8080
    kafka_config: Annotated[Path, AfterValidator(_readable)] | None = None
    log_format: Literal["auto", "json", "text"] = "auto"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("*", mode="before")
    @classmethod
    def _not_empty(cls, value: Any, info: ValidationInfo) -> Any:
        if value != "":
            return value
        if info.field_name == "kafka_config":
            return None
        raise ValueError("is empty: write a value, or unset it for the default")

    @field_validator(*TOPIC_FIELDS)
    @classmethod
    def _differs_from_other_topics(cls, value: str, info: ValidationInfo) -> str:
        # One topic in two roles would feed results or dead letters back in.
        for other in TOPIC_FIELDS:
            if info.data.get(other) == value:
                raise ValueError(
                    f"is also the topic of {_variable(other)}: give each a topic of its own"
                )
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        *_: Any,
        **_environment_and_files: Any,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # The environment is an argument of `load_settings`: nothing is read behind its back.
        return (init_settings,)


def _variable(field: str) -> str:
    return PREFIX + field.upper()


VARIABLES = frozenset(_variable(field) for field in Settings.model_fields)


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings that `environ` holds, defaults for what it does not name.

    Raises:
        SettingsError: one line per wrong value, all at once.
    """
    source = EnvSettingsSource(Settings)
    source.env_vars = {
        name.lower(): environ[name]
        for name in VARIABLES
        if name in environ and not _is_service_port(name.removeprefix(PREFIX), environ[name])
    }
    try:
        return Settings(**source())
    except ValidationError as error:
        lines = [_line(fault, environ) for fault in error.errors(include_url=False)]
    # Raised here, not above: no value may hang on the error as its context.
    raise SettingsError("\n".join(lines))


def _line(fault: Any, environ: Mapping[str, str]) -> str:
    field = str(fault["loc"][0])
    name = _variable(field)
    value = environ.get(name, str(fault["input"]))
    # Somebody may have put the file itself, or a URL with a password, where a name belongs.
    shown = "(not shown)" if re.search(r"[=@\n]", value.strip()) else repr(value[:300])
    if fault["type"] == "value_error":
        return f"{name}={shown} {fault['ctx']['error']}"
    reason = field if fault["type"] == "literal_error" else fault["type"]
    return f"{name}={shown} {FAULTS.get(reason, 'is wrong: see README.md')}"


def _is_service_port(rest: str, value: str) -> bool:
    """Return whether a variable is a service's: one named windowing-http has a setting's name."""
    return SERVICE_PORT_LINK.fullmatch(f"{rest}={value}") is not None


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """Return a warning for each `WINDOWING_` variable that is not a setting.

    Values are never shown: a name nobody knows may hold a secret.
    """
    known = sorted(name.removeprefix(PREFIX) for name in VARIABLES)
    lines = []
    for name in sorted(environ):
        rest = name[len(PREFIX) :]
        if not name.upper().startswith(PREFIX) or (name.startswith(PREFIX) and rest in known):
            continue
        if SERVICE_LINK.fullmatch(rest) or _is_service_port(rest, environ[name]):
            continue
        near = difflib.get_close_matches(rest.upper(), known, n=1, cutoff=0.7)
        advice = (
            f"did you mean {PREFIX}{near[0]}?" if near else "see the table of settings in README.md"
        )
        lines.append(f"{name if name.isprintable() else ascii(name)} is not a setting: {advice}")
    return lines
