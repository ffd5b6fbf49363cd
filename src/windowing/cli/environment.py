"""What the commands share with the flow: its environment, and the options that it has too."""

import os
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from windowing.kafka.client_config import ClientConfig, check_client_config, read_client_config
from windowing.kafka.clients import CLIENT_ID
from windowing.settings import Settings, load_settings

RecoveryOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--recovery-directory",
        "-r",
        envvar="BYTEWAX_RECOVERY_DIRECTORY",
        help="The recovery store that the flow is started with.",
    ),
]
JsonOption: TypeAlias = Annotated[bool, typer.Option("--json", help="JSON for machines.")]


def read_environment() -> tuple[Settings, ClientConfig]:
    """Return the settings and the configuration for Kafka clients that the flow would have.

    Raises:
        WindowingError: a line for each thing that is wrong.
    """
    settings = load_settings(os.environ)
    return settings, client_config(settings)


def client_config(settings: Settings) -> ClientConfig:
    """Return the configuration for Kafka clients, looked over by librdkafka.

    Raises:
        ClientConfigError: a line for each thing that is wrong.
    """
    config = read_client_config(settings.kafka_config, settings.bootstrap_servers)
    check_client_config(config, settings.kafka_config)
    # What goes wrong is said in a line, by us.
    quiet = {} if "debug" in config else {"log_level": "0"}
    return ClientConfig({CLIENT_ID: f"{settings.group_id}.cli", **config, **quiet})
