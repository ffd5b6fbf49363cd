"""All contenders, in the order of the table."""

from benchmarks.contenders import (
    bare_consume,
    consume_decode,
    flink_sql,
    flow_at_least_once,
    flow_exactly_once_1s,
    flow_exactly_once_10s,
    flow_two_processes,
    kafka_streams,
    quix_streams,
    stock_bytewax,
)
from benchmarks.contenders.contender import Contender

BASELINE: Contender = consume_decode
"""The one that ratios are to."""

CONTENDERS: tuple[Contender, ...] = (
    bare_consume,
    consume_decode,
    flow_at_least_once,
    flow_exactly_once_1s,
    flow_exactly_once_10s,
    flow_two_processes,
    flink_sql,
    kafka_streams,
    quix_streams,
    stock_bytewax,
)
