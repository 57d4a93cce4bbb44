"""A dialect that is no part of Stoa: it is installed beside it, as anybody would, and its own tests are run."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from pkgutil import resolve_name
from textwrap import indent

import pytest

from stoa.dialects import MEMBERS
from tests.running import data_folder, environment

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "agora"
MODULE = (EXAMPLE / "stoa_agora.py").read_text("utf-8")
TESTS = (EXAMPLE / "tests" / "test_agora.py").read_text("utf-8")
PROJECT = (EXAMPLE / "pyproject.toml").read_text("utf-8")
GUIDE = (ROOT / "docs" / "writing-a-dialect.md").read_text("utf-8")

MOST_LINES = 260
WITHIN = 200.0
"""Seconds that the installation, and the example's tests, may take on a busy machine."""


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder with a space in its name. What runs on it in the end is killed."""
    with data_folder() as folder:
        place = folder / "a place"
        place.mkdir(parents=True)
        yield place


def python(place: Path, *arguments: object, beside: Path = ROOT) -> str:
    """What a module of Python's prints, run to success with the project and what is installed ``beside`` it."""
    both = f"{beside}{os.pathsep}{ROOT}"
    done = subprocess.run(
        [sys.executable, "-m", *map(str, arguments)],
        cwd=place,
        env=environment(PYTHONPATH=both, TMPDIR=str(place)),
        capture_output=True,
        text=True,
        timeout=WITHIN,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_example_is_installed_beside_stoa_and_passes_its_own_tests(place: Path) -> None:
    # Building may leave something behind, and the checkout may be somebody else's.
    copy = shutil.copytree(EXAMPLE, place / "copy", ignore=shutil.ignore_patterns("__pycache__", ".*"))
    installed = place / "installed"
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "--quiet")
    python(place, "pip", "install", *options, "--target", installed, copy)

    plain = ("-q", "-W", "error", "-p", "no:cacheprovider", "-p", "no:asyncio")
    said = python(place, "pytest", *plain, copy / "tests", beside=installed)

    assert f"{TESTS.count('def test_')} passed" in said


def test_the_example_can_be_read_in_one_sitting() -> None:
    files = [
        file
        for file in EXAMPLE.rglob("*")
        if file.is_file() and not re.search(r"/(__pycache__|\.[^/]*)/", f"/{file.relative_to(EXAMPLE)}")
    ]

    assert {"stoa_agora.py", "test_agora.py", "pyproject.toml"} <= {file.name for file in files}
    assert sum(len(file.read_text("utf-8").splitlines()) for file in files) < MOST_LINES


def blocks(language: str) -> list[str]:
    """What stands in the guide's fences of a language."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
    assert found
    return found


@pytest.mark.parametrize("block", blocks("python"))
def test_what_the_guide_shows_is_the_examples_code(block: str) -> None:
    # What belongs to the class, or to a method of it, is shown from the margin on.
    assert any(indent(block, margin) in MODULE for margin in ("", " " * 4, " " * 8))


@pytest.mark.parametrize("block", blocks("toml"))
def test_what_the_guide_shows_is_the_examples_project(block: str) -> None:
    assert block in PROJECT


@pytest.mark.parametrize("member", MEMBERS)
def test_the_guide_explains_every_member_of_a_dialect(member: str) -> None:
    row = re.search(rf"^\|.*`{member}[`(].*\|.*\|$", GUIDE, re.MULTILINE)

    assert row is not None


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\bstoa(?:\.\w+)+", GUIDE))))
def test_what_the_guide_names_of_stoa_is_there(name: str) -> None:
    assert resolve_name(name)


@pytest.mark.parametrize("link", re.findall(r"\]\((?!https://)([^)]*)\)", GUIDE))
def test_what_the_guide_leads_to_is_there(link: str) -> None:
    assert (ROOT / "docs" / link).exists()
