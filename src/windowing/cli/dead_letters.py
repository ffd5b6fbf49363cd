"""`windowing dead-letters`: what was no event, why, and back into the input after a fix."""

import heapq
from collections import Counter
from enum import StrEnum
from typing import Annotated

import typer

from windowing.cli.aside_topic import AsideTopic, LimitOption, SinceOption, as_json, shown
from windowing.cli.environment import JsonOption, read_environment
from windowing.cli.replay import (
    DryRunOption,
    MostOption,
    Order,
    YesOption,
    replay_records,
)
from windowing.cli.screen import console, count, table, write_json
from windowing.core.aside import DEAD_LETTER_HEADERS, AsideRecord
from windowing.core.encode import time_text
from windowing.core.fault import fault_kind
from windowing.kafka.client_config import ClientConfig
from windowing.settings import Settings

TEXT_CHARACTERS = 60

dead_letters = typer.Typer(help="Dead letters: records that were no events.", no_args_is_help=True)


class Reason(StrEnum):
    """The kinds of `windowing.core.fault`, and records that the flow has not written."""

    NULL = "null"
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    NESTED_TOO_DEEPLY = "nested_too_deeply"
    SCHEMA = "schema"
    AMOUNT = "amount"
    TIMESTAMP = "timestamp"
    FUTURE = "future"
    FOREIGN = "foreign"


ReasonOption = Annotated[
    Reason | None,
    typer.Option(
        "--reason",
        help="Those of one kind, as the metric windowing_dead_letters_total has them.",
    ),
]


def reason(one: AsideRecord) -> str:
    """Return the kind of a dead letter's fault."""
    return fault_kind(one.added["error"].encode()) if one.added else Reason.FOREIGN.value


def _topic(settings: Settings, config: ClientConfig) -> AsideTopic:
    setting = "WINDOWING_DEAD_LETTER_TOPIC"
    return AsideTopic(config, settings.dead_letter_topic, setting, DEAD_LETTER_HEADERS)


@dead_letters.command()
def show(
    *,
    limit: LimitOption = 20,
    since: SinceOption = None,
    kind: ReasonOption = None,
    json: JsonOption = False,
) -> None:
    """Show dead letters, in the order of their time. With --json a line each, values whole."""
    records = _topic(*read_environment()).read_since(since)
    chosen = (one for one in records if kind is None or reason(one) == kind)
    newest = heapq.nlargest(limit, chosen, key=_age) if limit else chosen
    if json:
        for one in sorted(newest, key=_age) if limit else newest:
            write_json(as_json(one, reason=reason(one)))
        return
    rows = table("at", "time", "read from", "reason", "error", "value")
    for one in sorted(newest, key=_age):
        record = one.record
        rows.add_row(
            f"{record.partition}:{record.offset}",
            time_text(record.timestamp_ms // 1000 * 1_000_000),
            "{}[{}]@{}".format(*one.source) if one.added else "",
            reason(one),
            shown(one.added.get("error", "").encode(), TEXT_CHARACTERS),
            shown(record.value, TEXT_CHARACTERS),
        )
    console().print(rows)


def _age(one: AsideRecord) -> tuple[int, int, int]:
    return one.record.timestamp_ms, one.record.partition, one.record.offset


@dead_letters.command("count")
def count_(*, since: SinceOption = None, json: JsonOption = False) -> None:
    """Count dead letters by reason."""
    counts: Counter[str] = Counter()
    examples: dict[str, AsideRecord] = {}
    for one in _topic(*read_environment()).read_since(since):
        counts[reason(one)] += 1
        examples[reason(one)] = one
    total = counts.total()
    if json:
        write_json({"total": total, "reasons": dict(counts.most_common())})
        return
    rows = table("reason", "dead letters", "share", "such as", right=("dead letters", "share"))
    for kind, number in counts.most_common():
        example = shown(examples[kind].added.get("error", "").encode(), TEXT_CHARACTERS)
        rows.add_row(kind, f"{number:,}", f"{number / total:.1%}", example)
    screen = console()
    screen.print(rows)
    screen.print(count(total, "dead letter"))


@dead_letters.command()
def replay(
    *,
    kind: ReasonOption = None,
    to: Annotated[str | None, typer.Option(help="Another topic than the input.")] = None,
    limit: MostOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
) -> None:
    """Write dead letters into the input again: after a fix, or a larger WINDOWING_MAX_FUTURE_SKEW.

    Key, value, headers and timestamp are as they came, and the partition is the one that they came
    from. Each is written once: what was written is remembered for each target and reason, however
    often the command is run or killed. What is still no event comes back as a new dead letter, and
    an event whose window has closed meanwhile is late.
    """
    settings, config = read_environment()
    order = Order(to or settings.input_topic, kind, limit, dry_run=dry_run, yes=yes)
    replay_records(_topic(settings, config), settings, config, order, reason)
