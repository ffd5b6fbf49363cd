"""The dashboard's first row: numbers, green when all is well."""

from deploy.grafana.panels import Panels, colours, stat
from deploy.grafana.queries import (
    COMMIT,
    DELAY,
    FLOW_BEHIND,
    LAG,
    READ,
    RESTARTS,
    behind_clock,
    gauge,
    known,
    quantile,
    rate,
    share,
)

NEUTRAL = colours("blue")

HEALTH = Panels(
    "Is it healthy?",
    [
        stat(
            "Ready",
            "percentunit",
            f"(sum({gauge('windowing_ready')}) or vector(0)) / count({gauge('up')})",
            colours("red", (1, "green")),
            "Processes that have their state and their partitions. All of a cluster are needed.",
        ),
        stat(
            "Alerts",
            "none",
            'count(ALERTS{alertstate="firing",alertname=~"Windowing.+"}) or vector(0)',
            colours("green", (1, "red")),
            "Alerts of this service that fire now, of all its jobs. The runbook has what to do.",
        ),
        stat(
            "Watermark behind",
            "s",
            FLOW_BEHIND,
            colours("green", (600, "orange"), (3600, "red")),
            "How far event time is behind the clock. In a replay it is large, and falls.",
        ),
        stat(
            "Unread records",
            "short",
            f"sum({LAG})",
            colours("green", (1e6, "orange"), (1e8, "red")),
            "Between what is read and the end of the input.",
        ),
        stat(
            "Last commit",
            "s",
            behind_clock(COMMIT, "min"),
            colours("green", (60, "orange"), (600, "red")),
            "How long ago the slowest process saved an epoch or wrote a transaction.",
        ),
        stat(
            "Result delay p99",
            "s",
            known(quantile(0.99, DELAY)),
            colours("green", (60, "orange"), (300, "red")),
            "From the closing of a window until its results can be read, for 99 of 100.",
            decimals=1,
        ),
        stat("Events read", "cps", f"sum({rate(READ)})", NEUTRAL, "Records of the input."),
        stat(
            "Results",
            "cps",
            f"sum({rate('windowing_results_total')})",
            NEUTRAL,
            "Written, one for each user and window.",
            decimals=1,
        ),
        stat(
            "Dead letters",
            "percentunit",
            known(share("windowing_dead_letters_total")),
            colours("green", (0.005, "orange"), (0.01, "red")),
            "Of all records, those that are no events.",
            decimals=2,
        ),
        stat(
            "Late events",
            "percentunit",
            known(share("windowing_late_events_total")),
            colours("green", (0.005, "orange"), (0.01, "red")),
            "Of all records, those whose window had closed.",
            decimals=2,
        ),
        stat(
            "Aborted transactions",
            "none",
            f"sum(increase({gauge('windowing_transactions_aborted_total')}[$__range]))",
            colours("green", (1, "orange")),
            "Given up in the time shown, and written again.",
        ),
        stat(
            "Restarts",
            "none",
            f"max(max_over_time({RESTARTS}[$__range])) - min(min_over_time({RESTARTS}[$__range]))",
            colours("green", (1, "orange")),
            "How often the job went on from its store, in the time shown.",
        ),
    ],
)
