"""Files of targets, and verdicts."""

from pathlib import Path

import pytest
from benchmarks.live.errors import LiveRunError
from benchmarks.live.load import LiveLoad
from benchmarks.live.targets import Targets, Verdict, read_agreement, verdicts

ROOT = Path(__file__).parents[2]
NOTHING_WRONG = {"lost": 0, "twice": 0, "wrong": 0, "late": 0}


def agreement_file(folder: Path, text: str) -> Path:
    file = folder / "some.toml"
    file.write_text(text)
    return file


def test_a_file_is_read_and_what_it_leaves_out_is_the_default(tmp_path: Path) -> None:
    file = agreement_file(
        tmp_path, "[load]\nrate_per_s = 1_000\nbound_s = 0\n[targets]\ndelay_p99_s = 3\n"
    )

    agreement = read_agreement(file)

    assert agreement.load == LiveLoad(rate_per_s=1_000, bound_s=0)
    assert agreement.targets == Targets(delay_p99_s=3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[load]\n[targets]\ndelay_p98_s = 3\n",
            ": Object contains unknown field `delay_p98_s` - at `$.targets`;"
            " benchmarks/sla.toml has all keys",
        ),
        (
            "[load]\nrate_per_s = 0\n[targets]\n",
            ": Expected `int` >= 1 - at `$.load.rate_per_s`; benchmarks/sla.toml has all keys",
        ),
        (
            "[load]\nrate_per_s = 'fast'\n[targets]\n",
            ": Expected `int`, got `str` - at `$.load.rate_per_s`;"
            " benchmarks/sla.toml has all keys",
        ),
        (
            "[load]\n",
            ": Object missing required field `targets`; benchmarks/sla.toml has all keys",
        ),
        (
            "[load]\nduration_s = 25\n[targets]\n",
            ": a duration of 25 s is too short to see windows close after the warm-up: make it"
            " 26 s - at `$.load`; benchmarks/sla.toml has all keys",
        ),
        ("[load", " is not TOML: Expected ']' at the end of a table declaration (at end of"),
    ],
    ids=["unknown", "out of range", "no number", "no targets", "too short", "no TOML"],
)
def test_what_nobody_understands_is_one_line_with_the_file(
    tmp_path: Path, text: str, said: str
) -> None:
    file = agreement_file(tmp_path, text)

    with pytest.raises(LiveRunError) as error:
        read_agreement(file)

    assert str(error.value).startswith(f"{file}{said}")
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(LiveRunError, match=r"no\.toml cannot be read: No such file or directory$"):
        read_agreement(tmp_path / "no.toml")


def test_a_target_is_met_up_to_its_limit() -> None:
    assert Verdict("delay_p99_s", 3, 3.0, "s").ok
    assert not Verdict("delay_p99_s", 3, 3.001, "s").ok


def test_only_what_is_set_is_judged_and_what_is_lost_or_twice_always() -> None:
    measured = {"delay_p99_s": 2.0, "delay_max_s": 99.0, **NOTHING_WRONG, "twice": 1}

    judged = list(verdicts(Targets(delay_p99_s=3), measured))

    assert [(one.target, one.unit, one.ok) for one in judged] == [
        ("delay_p99_s", "s", True),
        ("lost", "events", True),
        ("twice", "events", False),
        ("wrong", "events", True),
        ("late", "events", True),
    ]


@pytest.mark.parametrize("name", ["sla.toml", "sla-ci.toml"])
def test_the_files_that_come_with_the_project_can_be_read(name: str) -> None:
    assert read_agreement(ROOT / "benchmarks" / name).targets.delay_p99_s


def test_the_full_file_has_every_key() -> None:
    agreement = read_agreement(ROOT / "benchmarks/sla.toml")
    text = (ROOT / "benchmarks/sla.toml").read_text()

    for section in (agreement.load, agreement.targets):
        for name in section.__struct_fields__:
            assert f"\n{name} = " in text
