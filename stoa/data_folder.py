"""The data folder: what an installation needs and was not told is made here, once, and found again."""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from stoa.app import Complete
from stoa.settings import Settings
from stoa.store.local_postgres import LocalPostgres

DEFAULT_ADDRESS = "http://127.0.0.1:8000"

PATIENCE = 10.0
"""Seconds to wait for a short command that runs the database."""

FOR_OWNER = 0o600
"""Permissions of files that hold secrets."""

POSTGRES, SECRET_KEY, FILES = "postgres", "secret.key", "files"

PARTS = (
    ("database_url", POSTGRES, "STOA_DATABASE_URL"),
    ("secret_key", SECRET_KEY, "STOA_SECRET_KEY"),
    ("blob_url", FILES, "STOA_BLOB_URL"),
)
"""What lies in the folder unless a setting says where it is: the setting's field, the name, the variable."""


class FolderUnusable(Exception):
    """One sentence: the folder cannot be written, and what to do."""


class NoInstallation(Exception):
    """One sentence: the folder does not hold what it should, and what to do."""


class DataFolder:
    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    @contextmanager
    def complete(
        self,
        settings: Settings,
        *,
        begin: bool = True,
        address: str | None = None,
        demo: bool = False,
        own_database: bool = False,
    ) -> Iterator[Complete]:
        """Fill in what the settings leave open; the database runs for as long as the context.

        ``begin``: make what is missing; without it nothing is made, and what is missing is NoInstallation.
        ``address`` is where this process will answer; without it, where the last server answered.
        ``own_database``: do not use one that another process will stop when it ends.
        Raises FolderUnusable, NoInstallation or PostgresUnavailable.
        """
        if begin:
            self._make(settings)
        else:
            self._find(settings)
        public_url = settings.public_url or self._last_address(address)
        with self._database(settings, own=own_database) as database_url:
            yield Complete(
                settings=settings,
                database_url=database_url,
                blob_url=settings.blob_url or f"file://{quote(str(self.path / FILES))}",
                public_url=public_url,
                secret_key=settings.secret_key or self._secret_key(),
                demo=demo,
            )

    def _make(self, settings: Settings) -> None:
        try:
            # Others may pass through, to what is theirs: the database of a root runs under another account.
            self.path.mkdir(mode=0o711, parents=True, exist_ok=True)
            if not settings.blob_url:
                (self.path / FILES).mkdir(mode=0o700, exist_ok=True)
        except OSError as fault:
            raise FolderUnusable(
                f"{self.path} cannot be used as data folder ({fault.strerror}): name another with --data."
            ) from fault
        self._check_access()

    def _find(self, settings: Settings) -> None:
        if self._has("."):
            self._check_access()
        needed = {name: variable for field, name, variable in PARTS if not getattr(settings, field)}
        missing = [name for name in needed if not self._has(name)]
        if not missing:
            return
        if len(missing) == len(needed):
            raise NoInstallation(
                f"There is no installation in {self.path}: "
                "name another folder with --data, or start one with `stoa serve`."
            )
        raise NoInstallation(
            f"The installation in {self.path} has no {missing[0]}: "
            f"set {needed[missing[0]]} as `stoa serve` has it, or name another folder with --data."
        )

    def _has(self, name: str) -> bool:
        return os.access(self.path / name, os.F_OK)

    def _check_access(self) -> None:
        if not os.access(self.path, os.W_OK | os.X_OK):
            raise FolderUnusable(f"{self.path} cannot be written: name another data folder with --data.")

    @contextmanager
    def _database(self, settings: Settings, *, own: bool) -> Iterator[str]:
        if settings.database_url:
            yield settings.database_url
            return
        with self._owned_postgres() if own else LocalPostgres(self.path / POSTGRES) as postgres:
            yield postgres.url

    @contextmanager
    def _owned_postgres(self) -> Iterator[LocalPostgres]:
        """The database, once whoever runs it for a short command has ended."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with LocalPostgres(self.path / POSTGRES) as postgres:
                if postgres.owned:
                    yield postgres
                    return
            time.sleep(0.2)
        raise FolderUnusable(
            f"Another process works with {self.path}: stop it, or name another data folder with --data."
        )

    def _last_address(self, address: str | None) -> str:
        file = self.path / "address"
        if address is not None:
            write_whole(file, address)
            return address
        return file.read_text().strip() if file.exists() else DEFAULT_ADDRESS

    def _secret_key(self) -> str:
        file = self.path / SECRET_KEY
        if not file.exists():
            # Linked, not written: of two processes that start together one key stays.
            draft = file.with_name(f"{SECRET_KEY}.{os.getpid()}")
            write_whole(draft, secrets.token_hex(32))
            try:
                os.link(draft, file)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return file.read_text().strip()


def write_whole(file: Path, text: str) -> None:
    """Write a file for its owner's eyes, so that nobody ever reads half of it."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FOR_OWNER), "w") as out:  # noqa: PTH123 - a descriptor
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)
