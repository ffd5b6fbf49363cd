"""A record as the Kafka client hands it out."""

from windowing.core.messages import Headers


class FakeRecord:
    """A record with a key and headers of its own, by its offset."""

    def __init__(self, value: bytes | None, offset: int = 0, timestamp_ms: int = 1_000) -> None:
        self._value = value
        self._offset = offset
        self._timestamp_ms = timestamp_ms

    def value(self) -> bytes | None:
        return self._value

    def key(self) -> bytes | None:
        return f"key {self._offset}".encode()

    def headers(self) -> Headers | None:
        return [("trace", b"\xff\x00"), ("trace", None)] if self._offset % 2 else None

    def timestamp(self) -> tuple[int, int]:
        return 1, self._timestamp_ms

    def offset(self) -> int:
        return self._offset

    def error(self) -> None:
        return None
