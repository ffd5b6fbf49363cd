"""What the flow has found late: shown, counted, and elsewhere with it, once."""

from tests.cli.command import complaint, said, said_json, said_lines
from tests.cli.conftest import Played
from tests.kafka.topics import read_all


def test_late_events_are_shown_with_what_they_missed(played: Played) -> None:
    lines = said_lines(played.job, "late", "show", "--limit", "0")

    assert {line["value"] for line in lines} == {(e.value or b"").decode() for e in played.late}
    assert {line["window_start"] for line in lines} == {"2026-01-01T00:00:00Z"}
    # All windows had been closed, the last one of them that of minutes 35 to 40.
    assert {line["late_by_s"] for line in lines} == {35 * 60}
    assert f"{played.job.topics.events}[0]@" in said(played.job, "late", "show").replace("\n", "")


def test_late_events_are_counted_by_window(played: Played) -> None:
    assert said_json(played.job, "late", "count") == {
        "total": 5,
        "windows": [{"window_start": "2026-01-01T00:00:00Z", "events": 5, "most_s": 2100.0}],
    }
    assert "0:35:00" in said(played.job, "late", "count")


def test_late_events_are_counted_by_how_late_they_were(played: Played) -> None:
    counts = said_json(played.job, "late", "count", "--by", "lateness")["late_by_less_than"]

    assert {bound: number for bound, number in counts.items() if number} == {"1h": 5}
    assert "5 late events" in said(played.job, "late", "count", "--by", "lateness")


def test_late_events_are_not_written_into_the_input_again(played: Played) -> None:
    for words in (), ("--to", played.job.topics.events):
        line = complaint(played.job, "late", "replay", "--yes", *words)
        assert line.startswith(f"late events written to {played.job.topics.events} would be late")


def test_late_events_are_written_elsewhere_once(played: Played, target: str) -> None:
    words = "late", "replay", "--to", target, "--yes"

    assert "5 records written" in said(played.job, *words)
    assert "5 records left out" in said(played.job, *words)

    written = read_all(played.job.bootstrap, target)
    assert sorted((r.key, r.value) for r in written) == sorted(
        (r.key, r.value) for r in played.late
    )
    assert {record.headers for record in written} == {()}
