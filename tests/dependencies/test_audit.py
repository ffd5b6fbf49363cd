"""The audit of what is installed, with the real pip-audit and a service of this machine."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@contextmanager
def osv_service(vulnerable: str | None, *, status: int = 200) -> Iterator[str]:
    """Serve OSV's query, by which one package or none has a vulnerability; give its address."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name = asked["package"]["name"]
            body = json.dumps({"vulns": [vulnerability(name)]} if name == vulnerable else {})
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1/query"
        finally:
            server.shutdown()
            thread.join()


def vulnerability(name: str) -> dict[str, Any]:
    fixed: dict[str, Any] = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "999"}]}
    package = {"name": name, "ecosystem": "PyPI"}
    return {"id": "PYSEC-1", "affected": [{"package": package, "ranges": [fixed]}]}


def audit(address: str) -> tuple[int, list[str]]:
    """Run the audit; return its exit status and what it prints."""
    command = [sys.executable, "-m", "tests.dependencies.audit", "-s", "osv", "--osv-url", address]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.stderr == ""
    return ended.returncode, ended.stdout.splitlines()


def test_a_known_vulnerability_fails_the_audit_with_its_fix() -> None:
    with osv_service("orjson") as address:
        status, lines = audit(address)

    assert status == 1
    assert lines[0].startswith("orjson ")
    assert lines[0].endswith(" has PYSEC-1: take 999")
    assert ", 1 known vulnerabilities, " in lines[1]


def test_without_any_the_audit_says_how_much_it_has_seen() -> None:
    with osv_service(None) as address:
        status, (line,) = audit(address)

    assert status == 0
    assert line.startswith("audit: ")
    assert int(line.split()[1]) > 20


def test_a_service_that_refuses_is_a_line_and_no_failure() -> None:
    with osv_service(None, status=503) as address:
        assert audit(address) == (
            0,
            ["audit skipped: the vulnerability service does not answer"],
        )


def test_a_service_that_is_not_there_is_a_line_and_no_failure() -> None:
    with osv_service(None) as address:
        pass
    assert audit(address) == (0, ["audit skipped: the vulnerability service does not answer"])
