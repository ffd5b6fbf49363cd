"""CPU per event, events/s, peak memory and first result of all contenders, on the same topics.

Each run is in fresh processes, repetitions are interleaved, and results are checked: a contender
whose results are wrong or incomplete gets the reason in place of figures.
"""

from collections.abc import Sequence
from typing import Annotated, NamedTuple

import typer
from rich.console import Console
from tests.kafka.broker import NoBroker, kafka_broker

from benchmarks.contenders.contender import Contender
from benchmarks.contenders.registry import CONTENDERS
from benchmarks.ladder_table import rates_table, tuning_table
from benchmarks.load import LOADS, MANY_USERS, USERS, Load
from benchmarks.repetitions import repeat
from benchmarks.run_folder import RunFolder

TABLE_WIDTH = 110


class Changes(NamedTuple):
    """What is to be different from a standing load; None: nothing."""

    users: int | None = None
    partitions: int | None = None
    late_share: float | None = None
    broken_share: float | None = None
    payload_bytes: int | None = None


def ladder(
    *,
    runs: Annotated[int, typer.Option(min=1, help="repetitions of each contender and size")] = 3,
    load: Annotated[
        list[str] | None,
        typer.Option(help="only loads with this in their names; may be given again"),
    ] = None,
    contender: Annotated[
        list[str] | None,
        typer.Option(help="only contenders with this in their names; may be given again"),
    ] = None,
    share: Annotated[
        float, typer.Option(min=0.001, max=1, help="of each load's events, for a quick look")
    ] = 1.0,
    users: Annotated[int | None, typer.Option(min=1, help="in place of the load's")] = None,
    partitions: Annotated[int | None, typer.Option(min=1, help="of the input topic")] = None,
    late_share: Annotated[
        float | None, typer.Option(min=0, max=1, help="events that are an hour late")
    ] = None,
    broken_share: Annotated[
        float | None, typer.Option(min=0, max=1, help="records that are no events")
    ] = None,
    payload_bytes: Annotated[
        int | None, typer.Option(min=0, help="more in each event, in a field nobody reads")
    ] = None,
) -> None:
    """Measure what an event costs: the flow, baselines below it, and peers beside it.

    Without options: all contenders with 10,000 users, all but the peers with
    1,000,000; about half an hour on two idle cores, and some minutes more the
    first time, when the peers are installed. About five minutes:
    --load 10,000 --runs 1 --share 0.1
    """
    changes = Changes(users, partitions, late_share, broken_share, payload_bytes)
    plan = choose(load or [], contender or [])
    options = {"runs": runs, "load": load, "contender": contender, "share": share}
    folder = RunFolder.create("ladder", {**options, **changes._asdict()})
    # Tables keep their lines in a file and a pipe too.
    console = Console(width=max(Console().width, TABLE_WIDTH))
    try:
        with kafka_broker() as broker:
            for standing, contenders in plan:
                changed = change(standing, share, changes)
                outcomes = repeat(broker.bootstrap, changed, contenders, runs, folder)
                console.print(rates_table(changed, outcomes))
    except NoBroker as error:
        raise SystemExit(str(error)) from None
    measured = {one.ABOUT.name: one for _, contenders in plan for one in contenders}
    console.print(tuning_table(measured.values()))
    console.print(f"report: {folder.finish()}")


def choose(loads: Sequence[str], contenders: Sequence[str]) -> list[tuple[Load, list[Contender]]]:
    """Return the loads that have one of the texts in their names, with the contenders likewise.

    Without texts: 10,000 users with all contenders, 1,000,000 users without peers.

    Raises:
        SystemExit: no name has one of the texts.
    """
    standing = [one for one in LOADS if _has_one(one.name, loads)] if loads else [USERS, MANY_USERS]
    named = [one for one in CONTENDERS if _has_one(one.ABOUT.name, contenders)]
    if not standing:
        raise SystemExit(_none_of("load", loads, [one.name for one in LOADS]))
    if contenders and not named:
        names = [one.ABOUT.name for one in CONTENDERS]
        raise SystemExit(_none_of("contender", contenders, names))
    own = [one for one in CONTENDERS if not one.ABOUT.peer]
    if contenders:
        return [(load, named) for load in standing]
    return [(load, list(CONTENDERS) if load is USERS else own) for load in standing]


def change(load: Load, share: float, changes: Changes) -> Load:
    """Return a load with so much of its events and other dimensions, and both in its name."""
    different = {name: value for name, value in changes._asdict().items() if value is not None}
    small, large = (max(1, round(size * share)) for size in load.sizes)
    changed = load.in_sizes(small, large)._replace(**different)
    told = [f"{name.replace('_', ' ')} {value:,}" for name, value in different.items()]
    return changed._replace(name=", ".join([load.name, *told]))


def _has_one(name: str, texts: Sequence[str]) -> bool:
    return any(text in name for text in texts)


def _none_of(what: str, texts: Sequence[str], names: Sequence[str]) -> str:
    wanted = " or ".join(repr(text) for text in texts)
    return f"--{what}: no {what} has {wanted} in its name: there are {'; '.join(names)}"
