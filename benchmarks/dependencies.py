"""What peers need, pinned and apart from this project; made on first use."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.measure import NoFigureError

PEERS = Path(__file__).parent / "peers"
BUILT = Path(__file__).parent / "built"
"""The folder of all that is made; it may be deleted at any time between runs."""
LIMIT_S = 900.0


def python_of(peer: str) -> Path:
    """Return the Python of a peer, with its requirements.txt installed.

    Raises:
        NoFigureError: pip could not install it.
    """
    requirements = PEERS / peer / "requirements.txt"
    folder = _folder(peer, [requirements], sys.version)
    if not folder.is_dir():
        # A virtual environment cannot be moved: its name is the last one from the start.
        try:
            _run([sys.executable, "-m", "venv", str(folder)], peer)
            pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
            _run([*pip, "-r", str(requirements)], peer)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    return folder / "bin" / "python"


def java_of(peer: str) -> str:
    """Return the class path of a peer's Maven project, compiled and with its jars.

    Raises:
        NoFigureError: there is no Java or Maven, or it could not build.
    """
    for tool in ("java", "mvn"):
        if shutil.which(tool) is None:
            raise NoFigureError(f"cannot run here: no {tool} on PATH")
    project = PEERS / peer
    sources = sorted(path for path in project.rglob("*") if path.suffix in {".xml", ".java"})
    folder = _folder(peer, sources, "")
    if not folder.is_dir():
        try:
            goals = ["compile", "dependency:copy-dependencies", "-DincludeScope=runtime"]
            _run(["mvn", "-q", "-B", "-f", str(project), f"-Dbuilt={folder}", *goals], peer)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    return f"{folder}/classes:{folder}/dependency/*"


def _folder(peer: str, sources: list[Path], more: str) -> Path:
    """Return the folder of a peer as it stands in its sources."""
    digest = hashlib.sha256(more.encode())
    for source in sources:
        digest.update(source.read_bytes())
    BUILT.mkdir(exist_ok=True)
    return BUILT / f"{peer}-{digest.hexdigest()[:12]}"


def _run(command: list[str], peer: str) -> None:
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    if done.returncode:
        said = done.stdout.strip().splitlines() or ["no output"]
        raise NoFigureError(f"cannot run here: {peer} was not built: {said[0]}")
