"""Whether a vulnerability is known of what is installed: python -m tests.dependencies.audit.

Options are handed to pip-audit. Its own exit status is 0 as well when the service knows no package
at all, so its report is read; and one package is asked about before all others.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

TIMEOUT_S = 90
FIRST = "requests"
"""Old, widely used, and always installed: pip-audit itself needs it."""

Package: TypeAlias = dict[str, Any]


def main(options: Sequence[str]) -> int:
    """Print what is found, a line each; return 1 if that is a vulnerability, else 0."""
    if not _audited(_first_of_all(options)):
        print("audit skipped: the vulnerability service does not answer")  # noqa: T201
        return 0
    packages = _report(["--local", "--skip-editable", *options])
    audited = _audited(packages)
    if not audited:
        print("audit skipped: the vulnerability service answers no more")  # noqa: T201
        return 0
    found = [line for package in audited for line in _vulnerabilities(package)]
    for line in found:
        print(line)  # noqa: T201
    print(  # noqa: T201
        f"audit: {len(audited)} packages, {len(found)} known vulnerabilities,"
        f" {len(packages) - len(audited)} packages unknown to the service"
    )
    return 1 if found else 0


def _first_of_all(options: Sequence[str]) -> list[Package]:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text(f"{FIRST}=={version(FIRST)}\n")
        return _report(["-r", str(file), "--no-deps", "--disable-pip", *options])


def _report(options: Sequence[str]) -> list[Package]:
    """Return pip-audit's report on each package; empty if it has none."""
    command = [sys.executable, "-m", "pip_audit", "-f", "json", "--progress-spinner", "off"]
    try:
        ended = subprocess.run(
            [*command, *options], capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
        report: dict[str, list[Package]] = json.loads(ended.stdout)
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        return []
    return report["dependencies"]


def _audited(packages: Sequence[Package]) -> list[Package]:
    return [package for package in packages if "skip_reason" not in package]


def _vulnerabilities(package: Package) -> list[str]:
    return [
        f"{package['name']} {package['version']} has {one['id']}:"
        f" {'take ' + ' or '.join(one['fix_versions']) if one['fix_versions'] else 'no fix yet'}"
        for one in package["vulns"]
    ]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
