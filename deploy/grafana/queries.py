"""PromQL that several panels share."""

OF = 'namespace=~"$namespace",job=~"$job",instance=~"$instance"'
"""What the variables choose, in every query."""

READ = "windowing_events_read_total"
WATERMARK = "windowing_watermark_timestamp_seconds"
COMMIT = "windowing_last_commit_timestamp_seconds"
DELAY = "windowing_result_delay_seconds"


def gauge(name: str) -> str:
    """Return the expression of a gauge, or of a counter as it stands."""
    return f"{name}{{{OF}}}"


def rate(counter: str) -> str:
    """Return the expression of a counter's pace, in 1/s."""
    return f"rate({gauge(counter)}[$__rate_interval])"


def share(counter: str) -> str:
    """Return the expression of a counter's part of all records that are read."""
    return f"sum({rate(counter)}) / sum({rate(READ)})"


def quantile(of: float, histogram: str) -> str:
    """Return the expression of a histogram's quantile."""
    return f"histogram_quantile({of}, sum by (le) ({rate(f'{histogram}_bucket')}))"


def known(expr: str) -> str:
    """Return an expression without its NaNs, which are no value for a single number to show."""
    return f"{expr} >= 0"


def behind_clock(timestamp: str, over: str) -> str:
    """Return the expression of how many seconds ago a timestamp was, over processes."""
    return f"time() - {over}({gauge(timestamp)})"


LAG = gauge("windowing_partition_consumer_lag_records")
RESTARTS = gauge("windowing_restarts")

BEHIND = gauge("windowing_partition_watermark_lag_seconds")
FLOW_BEHIND = f"max({BEHIND} unless {gauge('windowing_partition_idle')} == 1) or min({BEHIND})"
"""The flow's watermark is the smallest of the partitions not idle; of all idle ones the largest."""
