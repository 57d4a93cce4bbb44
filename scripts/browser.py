# ruff: noqa: INP001 (a script, run by its path)
"""Install Chromium, in which the desk is tested, where there is none and this may: as root, with apt-get.

`make test` runs it first. Where nothing may be installed it says so and ends well: the tests skip what needs a browser.
"""

import os
import shutil
import subprocess

NAMES = ("chromium", "chromium-browser", "google-chrome")

WITHIN = 240
"""Seconds that each step may take."""

STEPS = (
    ("apt-get", "update", "-qq"),
    ("apt-get", "install", "-qq", "-y", "--no-install-recommends", "chromium"),
)


def main() -> None:
    if any(map(shutil.which, NAMES)):
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        say("No Chromium is installed: the tests of the desk that need a browser are skipped.")
        return
    say("Installing Chromium for the tests of the desk")
    try:
        for step in STEPS:
            run(*step)
    except (subprocess.SubprocessError, OSError) as fault:
        say(f"Chromium cannot be installed ({fault}): the tests that need a browser are skipped.")


def run(*command: str) -> None:
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(command, env=quiet, stdout=subprocess.DEVNULL, timeout=WITHIN, check=True)


def say(sentence: str) -> None:
    print(sentence, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
