"""Users are shared out over a fixed number of key groups, whatever the number of workers.

Source: Flink's key groups, and Kafka Streams' tasks: state moves between workers by the group.
"""

from zlib import crc32

KEY_GROUPS = 64


def key_group(user: str, groups: int = KEY_GROUPS) -> int:
    """Return the group of a user, the same in every process and release: CRC-32 of the text."""
    return crc32(user.encode()) % groups
