"""The rows of the dashboard from top to bottom, each with its panels from left to right.

Units are Grafana's names for them: s, bytes, percentunit (1 is 100 %), cps (counts per second).
"""

from deploy.grafana.health import HEALTH
from deploy.grafana.panels import Panels, lines, query, with_limit
from deploy.grafana.queries import (
    BEHIND,
    COMMIT,
    DELAY,
    LAG,
    READ,
    WATERMARK,
    gauge,
    quantile,
    rate,
    share,
)
from grafana_foundation_sdk.builders.timeseries import Panel as Lines


def durations(title: str, histogram: str, says: str) -> Lines:
    """Return the panel of a histogram: its median, and what one of a hundred exceeds."""
    halves = query(quantile(0.5, histogram), "p50"), query(quantile(0.99, histogram), "p99")
    return lines(title, "s", *halves, says=says, in_row=4)


THROUGHPUT = Panels(
    "How much",
    [
        lines(
            "Events read",
            "cps",
            query(f"sum by (instance) ({rate(READ)})", "{{instance}}"),
        ),
        lines(
            "Events read, by partition",
            "cps",
            query(f"sum by (partition) ({rate(READ)})", "partition {{partition}}"),
        ),
        lines(
            "Results written",
            "cps",
            query(f"sum by (instance) ({rate('windowing_results_total')})", "{{instance}}"),
            says="They come in bursts, when windows close.",
        ),
    ],
)

LAGGING = Panels(
    "How far behind",
    [
        lines(
            "Watermark behind the clock, by partition",
            "s",
            query(
                f"max by (partition) ({BEHIND})",
                "partition {{partition}}",
            ),
            says="The largest of those that are not idle holds all back.",
            in_row=4,
        ),
        lines(
            "Watermark of the flow behind the clock",
            "s",
            query(f"time() - {gauge(WATERMARK)}", "{{instance}}"),
            says="As each process knows it; of partitions of others it may hear late.",
            in_row=4,
        ),
        lines(
            "Unread records, by partition",
            "short",
            query(f"sum by (partition) ({LAG})", "partition {{partition}}"),
            in_row=4,
        ),
        lines(
            "Idle partitions",
            "none",
            query(f"sum({gauge('windowing_partition_idle')})", "idle"),
            query(f"count({gauge('windowing_partition_idle')})", "all"),
            says="An idle partition holds nothing back.",
            in_row=4,
        ),
    ],
)

WRONG = Panels(
    "Late events and dead letters",
    [
        with_limit(
            lines(
                "Share of all records",
                "percentunit",
                query(share("windowing_dead_letters_total"), "dead letters"),
                query(share("windowing_late_events_total"), "late events"),
                says="Above the line, 1 %, an alert fires.",
            ),
            0.01,
        ),
        lines(
            "Dead letters, by reason",
            "cps",
            query(f"sum by (reason) ({rate('windowing_dead_letters_total')})", "{{reason}}"),
        ),
        lines(
            "Late events",
            "cps",
            query(f"sum by (instance) ({rate('windowing_late_events_total')})", "{{instance}}"),
        ),
    ],
)

DURATIONS = Panels(
    "How long it takes",
    [
        with_limit(durations("Result delay", DELAY, "From closing a window to reading it."), 60),
        durations(
            "Flush",
            "windowing_flush_duration_seconds",
            "Handing the folded events of a partition to the windows.",
        ),
        durations(
            "Transaction",
            "windowing_transaction_duration_seconds",
            "Of a lane. One that takes longer than transaction.timeout.ms, ends the process.",
        ),
        durations("Snapshot", "windowing_snapshot_duration_seconds", "Packing state to be saved."),
    ],
)

DELIVERY = Panels(
    "What is committed",
    [
        lines(
            "Transactions",
            "cps",
            query(f"sum({rate('windowing_transactions_committed_total')})", "committed"),
            query(f"sum({rate('windowing_transactions_aborted_total')})", "aborted"),
            in_row=4,
        ),
        lines(
            "Time since the last commit",
            "s",
            query(f"time() - {gauge(COMMIT)}", "{{instance}}"),
            in_row=4,
        ),
        lines(
            "State saved",
            "Bps",
            query(f"sum by (instance) ({rate('windowing_snapshot_bytes_total')})", "{{instance}}"),
            in_row=4,
        ),
        lines(
            "Epoch",
            "none",
            query(gauge("windowing_epoch"), "{{instance}}"),
            says="Steps while state is saved.",
            in_row=4,
        ),
    ],
)

NEEDS = Panels(
    "What it needs",
    [
        lines("Open windows", "none", query(gauge("windowing_open_windows"), "{{instance}}")),
        lines(
            "Open pairs of user and window",
            "short",
            query(gauge("windowing_open_pairs"), "{{instance}}"),
            says="What the state, and most of the memory, consists of.",
        ),
        lines("Memory", "bytes", query(gauge("process_resident_memory_bytes"), "{{instance}}")),
        lines(
            "CPU",
            "percentunit",
            query(rate("process_cpu_seconds_total"), "{{instance}}"),
            says="100 % is one core.",
        ),
        lines(
            "Open file descriptors",
            "none",
            query(gauge("process_open_fds"), "{{instance}}"),
        ),
        lines(
            "Time since the start",
            "s",
            query(f"time() - {gauge('process_start_time_seconds')}", "{{instance}}"),
        ),
    ],
)

ROWS = [HEALTH, THROUGHPUT, LAGGING, WRONG, DURATIONS, DELIVERY, NEEDS]
