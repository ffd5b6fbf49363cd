"""What a look at a job finds: each thing fine, or not, and then the fix."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

from windowing.cli.screen import table
from windowing.core.errors import WindowingError


class Verdict(StrEnum):
    """How it stands; only what is wrong keeps a job from running or from being right."""

    FINE = "fine"
    WARNING = "warning"
    WRONG = "wrong"
    NOT_SEEN = "not seen"


STYLES = {
    Verdict.FINE: "green",
    Verdict.WARNING: "yellow",
    Verdict.WRONG: "bold red",
    Verdict.NOT_SEEN: "dim",
}


class Finding(NamedTuple):
    """One row.

    Fields:
        subject: what was looked at.
        what: was found.
        fix: what to do; empty: nothing.
    """

    subject: str
    verdict: Verdict
    what: str
    fix: str = ""


def fine(subject: str, what: str) -> Finding:
    """Return that something is as it should be."""
    return Finding(subject, Verdict.FINE, what)


def warning(subject: str, what: str, fix: str) -> Finding:
    """Return that something may do harm some day."""
    return Finding(subject, Verdict.WARNING, what, fix)


def wrong(subject: str, what: str, fix: str) -> Finding:
    """Return that something keeps the job from running, or from being right."""
    return Finding(subject, Verdict.WRONG, what, fix)


def not_seen(subject: str, what: str, fix: str = "") -> Finding:
    """Return that something cannot be looked at."""
    return Finding(subject, Verdict.NOT_SEEN, what, fix)


def errors(subject: str, error: WindowingError) -> list[Finding]:
    """Return a finding for each line of an error; what follows its last colon is the fix."""
    found = []
    for line in str(error).splitlines():
        what, colon, fix = line.rpartition(": ")
        found.append(wrong(subject, what, fix) if colon else wrong(subject, line, ""))
    return found


def show(findings: Sequence[Finding], console: Console) -> None:
    """Draw a table."""
    rows = table("", "what", "found", "fix")
    for finding in findings:
        verdict = Text(finding.verdict, STYLES[finding.verdict])
        rows.add_row(verdict, finding.subject, finding.what, finding.fix)
    console.print(rows)
