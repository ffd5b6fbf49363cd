"""What docs/semantics.md shows is what the core does."""

import doctest
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLE = re.compile(r"^```python\n(>>> .*?)^```$", re.MULTILINE | re.DOTALL)


def test_every_example_gives_what_it_shows():
    text = (ROOT / "docs/semantics.md").read_text()
    examples = EXAMPLE.findall(text)
    assert len(examples) == text.count("```python") > 10

    test = doctest.DocTestParser().get_doctest("\n".join(examples), {}, "semantics.md", None, 0)
    said: list[str] = []
    failed, _ = doctest.DocTestRunner().run(test, out=said.append)

    assert not failed, "".join(said)
