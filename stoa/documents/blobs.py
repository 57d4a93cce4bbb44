"""Where vouchers and uploaded documents are kept: a folder, or storage that speaks S3."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Self
from urllib.parse import unquote
from uuid import uuid4

from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore, S3Store

_FORMS = "file:///absolute/folder, s3://bucket/prefix or memory://"

# A request waits for a document, so it must fail while somebody still listens; the library would try for 3 minutes.
_PATIENCE = timedelta(seconds=20)


class BlobUrlInvalid(ValueError):
    """STOA_BLOB_URL cannot be used; the message is one sentence that says why."""


class BlobMissing(LookupError):
    """Nothing is kept under this key."""


class BlobStoreUnavailable(Exception):
    """The store did not do what it was asked; the message is one sentence that says why."""


class Blobs:
    """Documents by key, such as "shops/17/vouchers/1000001-1.pdf".

    A key is a relative path without "..": anything else is a ValueError. What the store itself refuses or cannot do
    is BlobStoreUnavailable, in every method.
    """

    def __init__(self, store: LocalStore | MemoryStore | S3Store, folder: Path | None = None) -> None:
        self._store = store
        self._folder = folder

    @classmethod
    def open(cls, url: str) -> Self:
        """Open the store that STOA_BLOB_URL names: file:///absolute/folder, s3://bucket/prefix or memory://.

        A folder is made, for its owner only, where there is none. For S3 the usual AWS_* variables hold the
        credentials, region and endpoint; nothing is sent yet. Raises BlobUrlInvalid.
        """
        if url.startswith("file://"):
            return cls._in_folder(Path(unquote(url.removeprefix("file://"))))
        if url.startswith("s3://"):
            return cls._in_bucket(url)
        if url == "memory://":
            return cls(MemoryStore())
        raise BlobUrlInvalid(f"STOA_BLOB_URL must have the form {_FORMS}.")

    @classmethod
    def _in_folder(cls, folder: Path) -> Self:
        if not folder.is_absolute():
            raise BlobUrlInvalid(
                f"STOA_BLOB_URL must name an absolute folder, as in file:///var/lib/stoa, not {folder}."
            )
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return cls(LocalStore(prefix=folder), folder)
        except (OSError, ValueError) as fault:
            raise BlobUrlInvalid(
                f"STOA_BLOB_URL names a folder that cannot be used: {_reason(fault)}."
            ) from fault

    @classmethod
    def _in_bucket(cls, url: str) -> Self:
        bucket, _, prefix = url.removeprefix("s3://").partition("/")
        if not bucket or "@" in bucket:
            raise BlobUrlInvalid(
                "STOA_BLOB_URL must have the form s3://bucket/prefix; AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY hold "
                "the credentials."
            )
        try:
            store = S3Store(
                bucket,
                prefix=prefix.strip("/") or None,
                retry_config={"max_retries": 3, "retry_timeout": _PATIENCE},
            )
        except (BaseError, ValueError) as fault:
            raise BlobUrlInvalid(
                f"STOA_BLOB_URL or an AWS_* variable cannot be used: {_reason(fault)}."
            ) from fault
        return cls(store)

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        """Keep the document, in place of an earlier one, at once and as a whole; when this returns it is durable."""
        # A folder has nowhere to note the type.
        attributes = {} if self._folder else {"Content-Type": content_type}
        with _unavailable():
            await self._store.put_async(_checked(key), data, attributes=attributes)
            if self._folder:
                await asyncio.to_thread(_sync, self._folder / key, self._folder)

    async def get(self, key: str) -> bytes:
        """Read the document. Raises BlobMissing."""
        with _unavailable():
            try:
                found = await self._store.get_async(_checked(key))
            except FileNotFoundError as fault:
                raise BlobMissing(key) from fault
            return bytes(await found.bytes_async())

    async def delete(self, key: str) -> None:
        """Forget the document, if there is one."""
        with _unavailable():
            try:
                await self._store.delete_async(_checked(key))
            except FileNotFoundError:
                return

    async def check(self) -> None:
        """Write, read and delete a probe. Raises BlobStoreUnavailable with what is wrong."""
        key = f"probe-{uuid4().hex}"
        await self.put(key, b"probe", "text/plain")
        try:
            found = await self.get(key)
        except BlobMissing as fault:
            raise BlobStoreUnavailable(
                "The blob store (STOA_BLOB_URL) does not keep what is written to it."
            ) from fault
        await self.delete(key)
        if found != b"probe":
            raise BlobStoreUnavailable(
                "The blob store (STOA_BLOB_URL) does not return what was written to it."
            )


def _checked(key: str) -> str:
    if any(part in {"", ".", ".."} for part in key.split("/")):
        raise ValueError(f'A blob key is a relative path without "..", not {key!r}.')
    return key


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as fault:
        raise BlobStoreUnavailable(
            f"The blob store (STOA_BLOB_URL) cannot be used: {_reason(fault)}."
        ) from fault


def _reason(fault: Exception) -> str:
    """Take the first line: the library puts its own debugging below."""
    return str(fault).partition("\n")[0].rstrip(". ")


def _sync(path: Path, root: Path) -> None:
    """Flush a file and the folders that lead to it: the store itself leaves them in the page cache."""
    for step in (path, *path.parents):
        descriptor = os.open(step, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if step == root:
            return
