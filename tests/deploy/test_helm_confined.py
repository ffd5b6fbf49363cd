"""A pod's process as a container has it: the first of its processes, on a file system to read."""

import os
import signal
from pathlib import Path

import pytest
from tests.chaos.events import PARTITIONS
from tests.chaos.run import SETTINGS
from tests.conftest import MakeJob
from tests.deploy.pods import Host, Pod
from tests.deploy.test_helm_pods import rendered, share
from tests.kafka.job import eventually, killed_at_the_end
from tests.kafka.topics import produce

# Arguments: the folders to write to, `--`, the command. A mount of its own stays writable.
READ_ONLY = """
set -e
mount --make-rprivate /
writable=
while [ "$1" != -- ]; do mount --bind "$1" "$1"; writable="$writable $1 "; shift; done
shift
while read -r _ place _; do
    case "$place" in /proc|/proc/*|/sys|/sys/*|/dev|/dev/*) continue ;; esac
    case "$writable" in *" $place "*) continue ;; esac
    mount -o remount,bind,ro "$place"
done </proc/mounts
for place in . /tmp /var/tmp; do
    if touch "$place/written" 2>/dev/null; then echo "$place can be written"; exit 1; fi
done
exec unshare --pid --fork --kill-child "$@"
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts are for root")
def test_a_pod_works_and_stops_where_only_its_mounts_can_be_written(make_job: MakeJob) -> None:
    job = make_job(PARTITIONS, **SETTINGS)
    host = Host(job.folder / "host")
    pod = Pod(host, rendered(job, "replicas=1"), "orders-windowing-0")
    produce(job.bootstrap, job.topics.events, share(0))
    pod.initialize()
    folders = [str(folder) for folder in pod.writable()]
    pod.start(within=["unshare", "--mount", "sh", "-c", READ_ONLY, "sh", *folders, "--"])
    with killed_at_the_end(pod.process):
        eventually(lambda: job.results() or pod.process.process.poll() is not None, bool)
        assert pod.process.process.poll() is None, pod.process.said()
        outside = pod.process.process.pid
        (first,) = Path(f"/proc/{outside}/task/{outside}/children").read_text().split()
        assert Path(f"/proc/{first}/status").read_text().split("NSpid:")[1].split()[:2] == [
            first,
            "1",
        ]
        os.kill(int(first), signal.SIGTERM)
        assert pod.process.end(pod.grace_s) == 0, pod.process.said()
