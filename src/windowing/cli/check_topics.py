"""Whether the four topics are there, may be used, and keep what is written to them."""

import time
from collections.abc import Iterator

from windowing.cli.findings import Finding, errors, fine, not_seen, warning, wrong
from windowing.cli.screen import count
from windowing.core.window import microseconds
from windowing.job_names import wanted_topics
from windowing.kafka.inspection import Inspection
from windowing.kafka.topics import Broker, TopicError
from windowing.settings import Settings

DAY_MS = 86_400_000
FOR_EVER = 2**63 - 1
AHEAD_S = 2.0
"""Of our clock; less is the time that the answer took."""
OFTEN_REPLICATED = 3
"""Replicas from which on one may be lost without writing being stopped."""


def check_topics(settings: Settings, broker: Broker, inspection: Inspection) -> Iterator[Finding]:
    """Yield what is found about each topic, the input first."""
    seen: dict[str, list[int]] = {}
    wanted = wanted_topics(settings, transactions=True)
    for topic in dict.fromkeys(one.topic for one in wanted):
        uses = [one for one in wanted if one.topic == topic]
        try:
            seen |= broker.partitions(uses)
        except TopicError as error:
            yield from errors(_subject(topic), error)
            continue
        may = " and ".join(use.operation.name for use in uses)
        replicas = inspection.replicas(topic)
        copies = "" if replicas is None else f", {count(replicas, 'replica')}"
        partitions = count(len(seen[topic]), "partition")
        yield fine(_subject(topic), f"{partitions}{copies}; may {may}")
        yield from _check_settings(settings, topic, replicas, inspection)
    yield from _check_clocks(settings, seen, inspection)


def _subject(topic: str) -> str:
    return f"topic {topic}"


def _check_settings(
    settings: Settings, topic: str, replicas: int | None, inspection: Inspection
) -> Iterator[Finding]:
    subject = _subject(topic)
    found = inspection.topic_settings(topic)
    if found is None:
        yield not_seen(
            subject, "its configuration is hidden", f"grant DESCRIBE_CONFIGS on {topic} to see it"
        )
        return
    if topic == settings.input_topic:
        yield fine(subject, f"keeps records {_shown_ms(int(found['retention.ms']))}")
        return
    if "compact" in found["cleanup.policy"]:
        yield wrong(
            subject,
            f"cleanup.policy={found['cleanup.policy']}: of records with one key only the last"
            " stays, and keys come again in every window",
            "set cleanup.policy=delete",
        )
    in_sync = int(found["min.insync.replicas"])
    if replicas is not None and replicas >= OFTEN_REPLICATED and in_sync < OFTEN_REPLICATED - 1:
        yield warning(
            subject,
            f"min.insync.replicas={in_sync}: a record may be on one broker alone, and be lost"
            " with it",
            "set min.insync.replicas=2",
        )
    yield from _check_timestamps(settings, topic, found)


def _check_timestamps(settings: Settings, topic: str, found: dict[str, str]) -> Iterator[Finding]:
    subject, kept_ms = _subject(topic), int(found["retention.ms"])
    kept = f"keeps records {_shown_ms(kept_ms)}"
    if found["message.timestamp.type"] == "LogAppendTime":
        yield fine(subject, f"{kept}, by the broker's clock")
        return
    whose = "their window's end" if topic == settings.output_topic else "their input record's time"
    if kept_ms >= 0:
        yield warning(
            subject,
            f"{kept}, counted from {whose}: those of a replay of older events are soon deleted",
            "set message.timestamp.type=LogAppendTime, or retention.ms=-1",
        )
    else:
        yield fine(subject, f"{kept}, and counts from {whose}")
    after_ms = int(found.get("message.timestamp.after.max.ms", FOR_EVER))
    ahead_ms = microseconds(settings.max_future_skew) // 1000
    if settings.until_end:  # then windows are closed before their time has come
        ahead_ms += microseconds(settings.window_length) // 1000
    if topic == settings.output_topic and ahead_ms > after_ms:
        yield warning(
            subject,
            f"refuses timestamps {_shown_ms(after_ms).removeprefix('for ')} ahead of its clock,"
            f" and a window's end may be {_shown_ms(ahead_ms).removeprefix('for ')} ahead",
            "set message.timestamp.type=LogAppendTime, or a larger message.timestamp.after.max.ms",
        )


def _check_clocks(
    settings: Settings, seen: dict[str, list[int]], inspection: Inspection
) -> Iterator[Finding]:
    """Compare the newest timestamps with our clock: a broker tells its own in no other way."""
    newest_ms: dict[str, int] = {}
    for topic, partitions in seen.items():
        in_topic_ms = inspection.newest_ms(topic, partitions)
        found = inspection.topic_settings(topic) or {}
        by_broker = found.get("message.timestamp.type") == "LogAppendTime"
        if in_topic_ms is not None and (by_broker or topic == settings.input_topic):
            whose = "the broker" if by_broker else f"those who write {topic}"
            newest_ms[whose] = max(newest_ms.get(whose, 0), in_topic_ms)
    for whose, time_ms in newest_ms.items():
        yield _clock(whose, time_ms, settings)


def _clock(whose: str, time_ms: int, settings: Settings) -> Finding:
    subject, ahead_s = f"clock of {whose}", time_ms / 1000 - time.time()
    if ahead_s <= AHEAD_S:
        return fine(subject, f"the newest record is {max(-ahead_s, 0):,.0f} s old")
    return warning(
        subject,
        f"the newest record is {ahead_s:,.0f} s ahead of this host; events more than"
        f" {settings.max_future_skew} ahead are dead letters",
        "synchronize the clocks (NTP)",
    )


def _shown_ms(duration_ms: int) -> str:
    if duration_ms < 0:
        return "for ever"
    if duration_ms % DAY_MS == 0:
        return f"for {duration_ms // DAY_MS:,} d"
    return f"for {duration_ms / 3_600_000:,.3g} h"
