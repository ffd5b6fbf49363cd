"""The job in Quix Streams: tumbling windows of event time, final results only.

With BOOTSTRAP, INPUT_TOPIC, OUTPUT_TOPIC and FOLDER (for its state) set; runs until SIGTERM.
"""

import os
from datetime import datetime
from typing import Any

from quixstreams import Application
from quixstreams.dataframe.windows import Count, Sum

LENGTH_MS = 300_000
GRACE_MS = 10_000


def event_time_ms(value: dict[str, Any], *_: object) -> int:
    """Return when it happened."""
    return round(datetime.fromisoformat(value["timestamp"]).timestamp() * 1000)


def as_result(window: dict[str, Any], key: str, *_: object) -> dict[str, Any]:
    """Return the record of one user's window."""
    return {
        "user_id": int(key),
        "window_start": as_text(window["start"]),
        "window_end": as_text(window["end"]),
        "count": window["count"],
        "total_amount": window["total"],
        "avg_amount": window["total"] / window["count"],
    }


def as_text(time_ms: int) -> str:
    """Return a time as RFC 3339, in UTC."""
    return datetime.utcfromtimestamp(time_ms / 1000).isoformat() + "Z"  # noqa: DTZ004 - quick


def main() -> None:
    """Run until SIGTERM."""
    app = Application(
        os.environ["BOOTSTRAP"],
        consumer_group=os.environ["OUTPUT_TOPIC"],
        auto_offset_reset="earliest",
        auto_create_topics=False,
        use_changelog_topics=False,
        state_dir=os.environ["FOLDER"],
        loglevel="WARNING",
        # A record that is no JSON is left out.
        on_consumer_error=lambda *_: True,
    )
    events = app.topic(
        os.environ["INPUT_TOPIC"], key_deserializer="str", timestamp_extractor=event_time_ms
    )
    results = app.topic(os.environ["OUTPUT_TOPIC"], key_serializer="str")
    windows = (
        app.dataframe(events)
        .tumbling_window(LENGTH_MS, grace_ms=GRACE_MS)
        .agg(count=Count(), total=Sum("amount"))
        .final(closing_strategy="partition")
    )
    windows.apply(as_result, metadata=True).to_topic(results)
    app.run()


if __name__ == "__main__":
    main()
