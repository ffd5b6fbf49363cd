"""Late records and dead letters, taken apart again: what came in, and what the flow has added.

The inverse of `windowing.core.encode`, which puts its headers behind those that were there.
"""

from typing import NamedTuple

from windowing.core.messages import SourceRecord

SOURCE = ("source_topic", "source_partition", "source_offset")
DEAD_LETTER_HEADERS = ("error", *SOURCE)
LATE_HEADERS = ("window_start", "window_end", "watermark", *SOURCE)
CUT = "truncated_from"


class AsideRecord(NamedTuple):
    """A record of the late or dead-letter topic.

    Fields:
        record: where it lies now, with the headers that it came with.
        added: by the flow, by name; empty: the flow has not written this record.
    """

    record: SourceRecord
    added: dict[str, str]

    @property
    def is_cut(self) -> bool:
        """Whether it was too large for its topic, and is not whole."""
        return CUT in self.added

    @property
    def source(self) -> tuple[str, int, int]:
        """Topic, partition and offset at which the flow had read it."""
        topic, partition, offset = (self.added[name] for name in SOURCE)
        return topic, int(partition), int(offset)


def take_apart(record: SourceRecord, names: tuple[str, ...]) -> AsideRecord:
    """Return a record with its headers divided.

    Args:
        record: as it lies in its topic.
        names: of the headers that the flow adds there, in their order.
    """
    headers = record.headers
    for added in ((*names, CUT), names):
        rest, last = headers[: -len(added)], headers[-len(added) :]
        if tuple(name for name, _ in last) == added:
            texts = {name: (value or b"").decode(errors="replace") for name, value in last}
            return AsideRecord(record._replace(headers=rest), texts)
    return AsideRecord(record, {})
