"""README.md and docs/ against what they name: settings, commands, files, output."""

import re
import subprocess
import sys
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest
from docs.examples.by_hand import RULES, Flow
from tests.conftest import MakeJob
from tests.kafka.job import end_well
from tests.kafka.topics import Record, produce, read_all

from windowing.core.partition import Rules
from windowing.settings import VARIABLES, Settings, load_settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "deploy").rglob("*.md")),
]
FILES = {
    str(path.relative_to(ROOT))
    for part in ("src", "tests", "docs", "dataflows", "benchmarks", "deploy")
    for path in (ROOT / part).rglob("*")
} | {path.name for path in ROOT.iterdir()}

SETTING = re.compile(r"^\| `(WINDOWING_\w+)` \| (.+?) \|", re.MULTILINE)
CODE = re.compile(r"^```\w*\n(.*?)^```$|`([^`\n]+)`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
FILE = re.compile(r"(?<![\w./<…-])[\w./-]*\w\.(?:py|md|yml|toml)\b")
FOLDER = re.compile(r"\b(?:src|tests|docs|dataflows|benchmarks|deploy|windowing)/[\w/]*\w/(?!\S)")


def code(page: Path) -> str:
    """Return what a page shows as code, in blocks and within lines."""
    return "\n".join(block or inline for block, inline in CODE.findall(page.read_text()))


def block_after(words: str) -> list[str]:
    """Return the lines of the README's first block of code after some words."""
    return README.split(words, 1)[1].split("```", 2)[1].splitlines()[1:]


def pages(test):
    return pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))(
        test
    )


def test_the_table_has_every_setting_with_its_default():
    table = dict(SETTING.findall(README))
    assert table.keys() == VARIABLES

    shown = {name: text.strip("`") for name, text in table.items() if text != "not set"}
    assert load_settings(shown) == Settings()
    assert {name for name in table if name not in shown} == {
        f"WINDOWING_{name.upper()}"
        for name, field in Settings.model_fields.items()
        if field.default is None
    }


@pages
def test_every_variable_that_is_named_is_a_setting(page: Path):
    named = set(re.findall(r"WINDOWING_[A-Z_]*[A-Z]", page.read_text()))
    assert named <= VARIABLES


@pages
def test_every_make_target_and_module_that_is_named_exists(page: Path):
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z]+)", code(page))) <= targets
    for module in re.findall(r"-m ([\w.]+)|bytewax\.run ([\w.]+)", code(page)):
        assert find_spec("".join(module)), module


@pages
def test_every_file_that_is_named_exists(page: Path):
    text = code(page)
    for name in FILE.findall(text) + [name.rstrip("/") for name in FOLDER.findall(text)]:
        assert any(file == name or file.endswith(f"/{name}") for file in FILES), name


@pages
def test_every_link_leads_somewhere(page: Path):
    for link in LINK.findall(page.read_text()):
        if not link.startswith("https://"):
            assert (page.parent / link).exists(), link


def test_every_decision_is_named_by_its_number_once():
    numbers = [path.name[:4] for path in sorted((ROOT / "docs/decisions").iterdir())]
    assert numbers == [f"{n:04}" for n in range(1, len(numbers) + 1)]


def test_bytewax_says_of_the_five_events_what_is_shown():
    script = ROOT / "docs/examples/stock_bytewax.py"
    ran = subprocess.run(
        [sys.executable, script], check=True, capture_output=True, text=True, cwd=ROOT
    )
    assert ran.stdout.splitlines() == block_after("Bytewax 0.21.1, with")

    quoted = [line for line in block_after("([the whole script]") if line]
    lines = iter(script.read_text().splitlines())
    assert all(line in lines for line in quoted), "not in the script, or in another order"


FIVE = ["00:04:50", "00:04:59", "00:04:55", "00:04:57", "00:05:10"]


def one_second_idle() -> Flow:
    rules = Rules(
        RULES.window_length, timedelta(seconds=2), timedelta(seconds=1), RULES.max_future_skew
    )
    return Flow(rules=rules)


def test_the_flow_says_of_the_five_events_what_is_shown():
    shown = block_after("Here, with the same bound")
    assert re.findall(r"^(\w+) +window (\d): (.*)", "\n".join(shown), re.MULTILINE) == [
        ("result", "0", ", ".join(FIVE[:3])),
        ("result", "1", FIVE[4]),
        ("late", "0", FIVE[3]),
    ]

    flow = one_second_idle()
    flow.read(0, *FIVE[:3])
    flow.hear_nothing_new(0, seconds=5)
    flow.read(0, *FIVE[3:])
    flow.end()

    assert flow.results == ["00:00 ada 3 3.00", "00:05 ada 1 1.00"]
    [(value, _)] = flow.late
    assert FIVE[3] in value


def test_read_again_without_the_silence_the_first_window_has_all_four():
    flow = one_second_idle()
    flow.read(0, *FIVE)
    flow.end()
    assert flow.results == ["00:00 ada 4 4.00", "00:05 ada 1 1.00"]
    assert flow.late == []


EVENTS = [
    ("42", "2026-01-01T00:00:10Z", "8.25"),
    ("42", "2026-01-01T00:01:00Z", "null"),
    ('"42"', "2026-01-01T02:02:30+02:00", '"4.25"'),
    ("42", "2026-01-01T00:04:59.999Z", "0"),
    ("7", "2026-01-01T00:05:30Z", "1"),
    ("42", "2026-01-01T00:03:00Z", "20"),
    ("42", "2026-01-01T00:06:00Z", '"NaN"'),
]


def test_the_flow_writes_the_records_that_are_shown(make_job: MakeJob):
    job = make_job(1, UNTIL_END="true")
    text = '{{"user_id":{},"event_type":"purchase","timestamp":"{}","amount":{}}}'
    produce(
        job.bootstrap, job.topics.events, [Record(text.format(*e).encode(), b"42") for e in EVENTS]
    )

    end_well([job.start()])

    [result] = [r for r in read_all(job.bootstrap, job.topics.results) if r.key == b"42"]
    assert block_after("A result, in") == [
        "key        42",
        f"timestamp  {result.timestamp_ms}    (2026-01-01T00:05:00Z, the end of the window)",
        f"value      {(result.value or b'').decode()}",
    ]
    for words, [record] in ("A late event, in", job.late()), ("A dead letter, in", job.dead()):
        shown = {"value": record.value, **dict(record.headers), "source_topic": b"user-events"}
        assert block_after(words) == [
            f"{name:16}  {(value or b'').decode()}" for name, value in shown.items()
        ]
