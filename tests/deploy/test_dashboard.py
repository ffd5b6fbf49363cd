"""The dashboard's file: written by its source, with all that a panel needs to be read."""

from deploy.grafana.dashboard import dashboard_json
from tests.deploy.panels import DASHBOARD, Panel, panels, read_dashboard
from tests.deploy.units import FORMATS, SIZES

WIDTH = 24
PANELS = panels()


def test_the_file_is_what_its_source_writes():
    assert DASHBOARD.read_text() == dashboard_json(), "make dashboard"


def test_it_asks_for_the_data_source_when_it_is_imported():
    dashboard = read_dashboard()
    chosen = [one for one in dashboard["templating"]["list"] if one["type"] == "datasource"]
    assert [(one["name"], one["query"]) for one in chosen] == [("datasource", "prometheus")]

    def sources(node: object) -> list[object]:
        if isinstance(node, list):
            return [found for part in node for found in sources(part)]
        if not isinstance(node, dict):
            return []
        here = [node["datasource"]] if "datasource" in node else []
        return here + [found for part in node.values() for found in sources(part)]

    assert {str(one) for one in sources(dashboard)} == {
        str({"type": "prometheus", "uid": "${datasource}"})
    }
    assert "id" not in dashboard


def test_panels_have_numbers_of_their_own_and_do_not_overlap():
    numbers = [one["id"] for one in read_dashboard()["panels"]]
    assert len(set(numbers)) == len(numbers)
    taken: set[tuple[int, int]] = set()
    for panel in PANELS:
        grid = panel.grid
        assert grid.x + grid.w <= WIDTH
        cells = {
            (x, y) for x in range(grid.x, grid.x + grid.w) for y in range(grid.y, grid.y + grid.h)
        }
        assert not cells & taken, panel.title
        taken |= cells


def test_whether_it_is_healthy_stands_on_top():
    assert PANELS[0].title == "Is it healthy?"
    first = [panel.title for panel in PANELS[1:7]]
    assert first[:2] == ["Ready", "Alerts"]


def test_every_panel_has_a_title_a_unit_and_names_in_its_legend():
    for panel in PANELS:
        if panel.kind != "row":
            assert panel.title
            assert panel.unit in FORMATS.keys() & SIZES.keys(), panel.title
            assert panel.queries, panel.title
            assert all(query.legend for query in panel.queries), panel.title
    assert len(titles(PANELS)) == len(set(titles(PANELS)))


def titles(of: list[Panel]) -> list[tuple[str, str]]:
    """Return kinds and titles."""
    return [(panel.kind, panel.title) for panel in of]
