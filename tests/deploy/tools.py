"""The programs that the tests of deploy/ need; `make tools` brings them."""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".tools"


def tool(name: str) -> str:
    """Return the path of a program; where it is missing skip the test, or in CI fail it."""
    own = TOOLS / "bin" / name
    found = str(own) if own.exists() else shutil.which(name)
    if found is None:
        missing(f"no {name}: make tools")
    return found


def missing(remedy: str) -> NoReturn:
    """Skip the test, or in CI fail it."""
    if os.environ.get("CI"):
        pytest.fail(remedy, pytrace=False)
    pytest.skip(remedy)
