"""What a run leaves: folder, machine, samples."""

from pathlib import Path

import numpy as np
import pytest
from benchmarks.run_folder import NoRunError, RunFolder


def test_samples_are_on_disk_at_once_in_order_and_by_kind(tmp_path: Path) -> None:
    run = RunFolder.create("ladder", {}, runs=tmp_path)
    run.sample("cost", cpu_s=1.5)
    run.sample("lag", lag_records=7)
    run.sample("cost", cpu_s=np.float64(2.5))

    again = RunFolder.open(run.path)

    assert again.samples("cost") == [{"kind": "cost", "cpu_s": 1.5}, {"kind": "cost", "cpu_s": 2.5}]
    assert [sample["kind"] for sample in again.samples()] == ["cost", "lag", "cost"]


def test_two_runs_that_begin_in_one_second_have_folders_of_their_own(tmp_path: Path) -> None:
    folders = {RunFolder.create("sla", {}, runs=tmp_path).path for _ in range(3)}

    assert len(folders) == 3


def test_the_machine_the_versions_and_the_options_are_described(tmp_path: Path) -> None:
    about = RunFolder.create("sla", {"file": Path("sla.toml")}, runs=tmp_path).about()

    assert about["benchmark"] == "sla"
    assert about["options"] == {"file": "sla.toml"}
    assert about["cores"] >= 1
    assert about["memory_mib"] > 100
    assert set(about["libraries"]) >= {"bytewax", "confluent-kafka", "librdkafka", "msgspec"}
    assert all(about[name] for name in ("started", "cpu", "kernel", "python", "broker", "commit"))


def test_a_folder_of_no_run_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(NoRunError, match=f"{tmp_path} is not the folder of a run"):
        RunFolder.open(tmp_path)
