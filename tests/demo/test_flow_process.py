"""Where the demo finds the flow."""

from pathlib import Path

import pytest

from windowing.demo.errors import DemoError
from windowing.demo.flow_process import project_root


@pytest.fixture
def project(tmp_path):
    (tmp_path / "dataflows").mkdir()
    (tmp_path / "dataflows" / "user_aggregates.py").touch()
    (tmp_path / "src" / "windowing").mkdir(parents=True)
    return tmp_path


def test_it_is_found_from_the_root_and_below(project):
    assert project_root(project) == project
    assert project_root(project / "src" / "windowing") == project


def test_it_is_found_from_anywhere_beside_the_code(project, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    assert project_root(elsewhere, project / "src" / "windowing" / "code.py") == project


def test_without_it_a_line_says_where_to_go(tmp_path):
    with pytest.raises(DemoError) as raised:
        project_root(tmp_path, Path("/"))
    assert str(raised.value) == (
        f"dataflows/user_aggregates.py is not at {tmp_path} or above:"
        " go to the project's root and run make demo"
    )
