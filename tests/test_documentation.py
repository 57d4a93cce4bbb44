from pathlib import Path

import pytest

from stoa.settings import VARIABLES

ROOT = Path(__file__).parents[1]
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text("utf-8")


@pytest.mark.parametrize("name", [name for name, *_ in VARIABLES])
def test_every_setting_is_documented(name: str) -> None:
    assert f"| `{name}` |" in CONFIGURATION


def test_the_readme_leads_to_documents_that_exist() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    linked = [part.split(")")[0] for part in text.split("](")[1:]]

    missing = [link for link in linked if not link.startswith("https://") and not (ROOT / link).exists()]

    assert missing == []
