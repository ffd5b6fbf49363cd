"""The init container: it makes the store once, on the first pod's volume, and never again."""

from pathlib import Path

import pytest
from tests.deploy.chart import BOOTSTRAP, Resource, pod_spec, render
from tests.deploy.pods import Host, Pod

FILES = 4


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


@pytest.fixture(scope="module")
def resources() -> list[Resource]:
    return render(None, *BOOTSTRAP, "replicas=2")


def pod(host: Host, resources: list[Resource], number: int) -> Pod:
    return Pod(host, resources, f"orders-windowing-{number}")


def seen(host: Host, name: str) -> dict[str, tuple[bytes, int]]:
    """Return all files on a pod's volume, and when each was written."""
    volume = host.claim(name)
    return {
        str(file.relative_to(volume)): (file.read_bytes(), file.stat().st_mtime_ns)
        for file in volume.rglob("*")
        if file.is_file()
    }


def test_a_store_that_is_there_is_left_alone(host: Host, resources: list[Resource]) -> None:
    first = pod(host, resources, 0)
    first.initialize()
    made = seen(host, first.name)
    assert len(made) == FILES
    first.initialize()
    assert seen(host, first.name) == made


def test_a_store_whose_making_was_cut_off_is_made_anew(
    host: Host, resources: list[Resource]
) -> None:
    first = pod(host, resources, 0)
    first.initialize()
    store = host.claim(first.name) / "store"
    store.rename(store.with_name("store.unfinished"))
    (store.with_name("store.unfinished") / "part-3.sqlite3").unlink()
    first.initialize()
    assert sorted(folder.name for folder in host.claim(first.name).iterdir()) == ["store"]
    assert len(seen(host, first.name)) == FILES


@pytest.mark.parametrize("number", [1, 10])
def test_other_pods_have_no_files(host: Host, resources: list[Resource], number: int) -> None:
    other = pod(host, resources, number)
    other.initialize()
    other.initialize()
    assert seen(host, other.name) == {}
    assert (host.claim(other.name) / "store").is_dir()


def test_a_volume_that_was_lost_can_stop_the_job(host: Host) -> None:
    running = render(None, *BOOTSTRAP, "replicas=2", "store.create=false")
    (container,) = pod_spec(running)["initContainers"]
    first = pod(host, running, 0)
    refused = first.run(container)
    assert refused.returncode == 1
    assert refused.stdout == (
        "no recovery store on the volume of orders-windowing-0: bring the volume back, or begin"
        " anew with store.create=true, which writes results again\n"
    )
    pod(host, running, 1).initialize()
