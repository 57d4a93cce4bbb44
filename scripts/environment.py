# ruff: noqa: INP001 (a script, run by its path)
"""Make `.venv` from the locks, with nothing but the standard library.

    python3 scripts/environment.py requirements.lock [requirements-dev.lock]

Every `make` target runs it first; where all is as it should be, it does nothing. What was done is noted only when it
is whole, so an environment that was interrupted, moved, or made from other locks is made anew.
"""

import fcntl
import hashlib
import importlib.util
import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin/python"
NOTE = ENVIRONMENT / "made-from.json"
PROJECT = "pyproject.toml"

PIP = "pip-26.3-py3-none-any.whl"
PIP_SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"


def main(locks: list[str]) -> None:
    # Two terminals may run `make` at once. The folder itself is the lock, and the end of this process opens it.
    fcntl.flock(os.open(ROOT, os.O_RDONLY), fcntl.LOCK_EX)
    noted = read_note()
    if all(noted.get(name) == digest(name) for name in [*locks, PROJECT]):
        return
    NOTE.unlink(missing_ok=True)
    if not noted:
        create()
    for lock in locks:
        install_lock(lock)
    install_project()
    NOTE.write_text(json.dumps(noted | identity() | {name: digest(name) for name in [*locks, PROJECT]}))


def identity() -> dict[str, str]:
    """Say what an environment cannot change without being made anew."""
    return {"python": f"{sys.version} {sys.base_prefix}", "folder": str(ROOT)}


def digest(name: str) -> str:
    return hashlib.sha256((ROOT / name).read_bytes()).hexdigest()


def read_note() -> dict[str, str]:
    """Give what the environment was made from; empty when there is none, or none that can be built upon."""
    try:
        noted: dict[str, str] = json.loads(NOTE.read_text())
    except (OSError, ValueError):
        return {}
    current = identity() | {name: digest(name) for name in noted if name.endswith(".lock")}
    still_true = all(noted.get(name) == value for name, value in current.items())
    return noted if still_true and PYTHON.exists() else {}


def create() -> None:
    say(f"Making .venv with Python {sys.version.split()[0]}")
    venv.EnvBuilder(clear=True, symlinks=True).create(ENVIRONMENT)
    # Debian keeps ensurepip in a package of its own.
    if importlib.util.find_spec("ensurepip"):
        run("-m", "ensurepip")
    else:
        install_pip()


def install_pip() -> None:
    say(f"Fetching {PIP}")
    with tempfile.TemporaryDirectory() as folder:
        wheel = Path(folder, PIP)
        try:
            wheel.write_bytes(fetch_pip())
        except OSError as error:
            sys.exit(
                f"pip cannot be fetched ({error}): set PIP_INDEX_URL or install Debian's python3-venv, then run make again."
            )
        run(f"{wheel}/pip", "install", "--quiet", "--no-deps", str(wheel))


def fetch_pip() -> bytes:
    """Take pip's wheel from the package index that is set for pip, or the public one."""
    page = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/") + "/pip/"
    link = re.search(rf'href="([^"]*{re.escape(PIP)})[#"]', fetch(page).decode())
    if link is None:
        sys.exit(f"{page} has no {PIP}: install Debian's python3-venv, then run make again.")
    wheel = fetch(urllib.parse.urljoin(page, link[1]))
    if hashlib.sha256(wheel).hexdigest() != PIP_SHA256:
        sys.exit(
            f"{PIP} is not the file that was expected: something on the way changed it, so it is not used."
        )
    return wheel


def fetch(url: str) -> bytes:
    # A bare Debian has no certificates. What vouches for the wheel is its hash.
    unverified = ssl.create_default_context()
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE
    with urllib.request.urlopen(url, timeout=60, context=unverified) as answer:  # noqa: S310
        content: bytes = answer.read()
    return content


def install_lock(lock: str) -> None:
    count = len(re.findall(r"^[\w.-]+==", (ROOT / lock).read_text(), re.MULTILINE))
    say(f"Installing {count} packages of {lock}")
    pip_install("--require-hashes", "--no-deps", "--requirement", lock)


def install_project() -> None:
    say("Installing stoa from this folder")
    pip_install("--no-deps", "--no-build-isolation", "--editable", ".")


def pip_install(*arguments: str) -> None:
    run("-m", "pip", "install", "-qq", "--no-compile", "--disable-pip-version-check", *arguments)


def run(*arguments: str) -> None:
    finished = subprocess.run([PYTHON, *arguments], cwd=ROOT, check=False, stdout=subprocess.DEVNULL)
    if finished.returncode != 0:
        sys.exit(
            f"The environment is not complete ({' '.join(arguments[:3])} failed, see above): run make again."
        )


def say(step: str) -> None:
    print(f"{step} …", flush=True)  # noqa: T201


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except OSError as error:
        sys.exit(f"The environment cannot be made: {error}.")
    except KeyboardInterrupt:
        sys.exit(130)
