"""What all Kafka clients of the job have in common: a name on the broker, and one log."""

import logging
from collections.abc import Mapping
from typing import Any

from windowing.kafka.client_config import ClientConfig
from windowing.observe.logs import KAFKA_CLIENT

CLIENT_ID = "client.id"

logger = logging.getLogger(KAFKA_CLIENT)


def with_client_id(config: Mapping[str, str], group: str, process: int) -> ClientConfig:
    """Return properties whose clients are told apart by job and process.

    A `client.id` of the user's stands in the place of the group.
    """
    return ClientConfig({**config, CLIENT_ID: f"{config.get(CLIENT_ID, group)}.{process}"})


def client_config(config: Mapping[str, object], role: str) -> dict[str, Any]:
    """Return properties of one client, which has its role as the last part of its name.

    Its log comes when it is polled, and only then: somebody must.
    """
    name = f"{config[CLIENT_ID]}.{role}" if CLIENT_ID in config else role
    return {**config, CLIENT_ID: name, "logger": logger}
