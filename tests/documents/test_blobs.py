import asyncio
import os
from pathlib import Path
from urllib.parse import quote

import pytest

from stoa.documents.blobs import BlobMissing, Blobs, BlobStoreUnavailable, BlobUrlInvalid

KEY = "shops/17/vouchers/1000001-1.pdf"
PDF = "application/pdf"


@pytest.fixture(params=["folder", "memory"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    return Blobs.open(f"file://{tmp_path}/blobs" if request.param == "folder" else "memory://")


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_a_document_is_read_as_it_was_put(blobs: Blobs) -> None:
    await blobs.put(KEY, b"%PDF\0\xff", PDF)

    assert await blobs.get(KEY) == b"%PDF\0\xff"


async def test_a_new_document_takes_the_place_of_the_old(blobs: Blobs) -> None:
    await blobs.put(KEY, b"a longer first one", PDF)
    await blobs.put(KEY, b"second", PDF)

    assert await blobs.get(KEY) == b"second"


async def test_an_empty_document_is_kept(blobs: Blobs) -> None:
    await blobs.put(KEY, b"", PDF)

    assert await blobs.get(KEY) == b""


async def test_what_was_never_put_is_missing(blobs: Blobs) -> None:
    with pytest.raises(BlobMissing, match=KEY):
        await blobs.get(KEY)


async def test_what_was_deleted_is_missing_and_may_be_deleted_again(blobs: Blobs) -> None:
    await blobs.put(KEY, b"x", PDF)
    await blobs.delete(KEY)
    await blobs.delete(KEY)

    with pytest.raises(BlobMissing):
        await blobs.get(KEY)


@pytest.mark.parametrize("key", ["", "/", "/etc/passwd", "..", "../x", "a/../../x", "a/./b", "a//b", "a/"])
async def test_a_key_that_leads_elsewhere_is_refused(blobs: Blobs, key: str) -> None:
    with pytest.raises(ValueError, match="A blob key is a relative path"):
        await blobs.put(key, b"x", PDF)
    with pytest.raises(ValueError, match="A blob key is a relative path"):
        await blobs.get(key)
    with pytest.raises(ValueError, match="A blob key is a relative path"):
        await blobs.delete(key)


@pytest.mark.parametrize("key", ["%2e%2e/x", "..%2fx", "..\\..\\x", "~/x"])
async def test_a_key_in_disguise_stays_in_the_folder(tmp_path: Path, key: str) -> None:
    await Blobs.open(f"file://{tmp_path}/a/b").put(key, b"x", PDF)

    [kept] = files_below(tmp_path)
    assert kept.is_relative_to(tmp_path / "a" / "b")


@pytest.mark.parametrize("name", ["plain", "with space", "Τα έγγραφά μου", "100% #1 ?"])
async def test_the_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    blobs = Blobs.open(f"file://{quote(str(tmp_path / name))}")
    await blobs.put("shops/17/Απόδειξη 5.pdf", b"x", PDF)

    assert (tmp_path / name / "shops/17/Απόδειξη 5.pdf").read_bytes() == b"x"
    assert await blobs.get("shops/17/Απόδειξη 5.pdf") == b"x"


def test_a_folder_may_be_written_without_percent_signs(tmp_path: Path) -> None:
    Blobs.open(f"file://{tmp_path}/Τα έγγραφά μου")

    assert (tmp_path / "Τα έγγραφά μου").is_dir()


def test_a_new_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    Blobs.open(f"file://{tmp_path}/new/blobs")

    assert (tmp_path / "new/blobs").stat().st_mode & 0o777 == 0o700


def test_the_permissions_of_an_existing_folder_stay(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    Blobs.open(f"file://{tmp_path}")

    assert tmp_path.stat().st_mode & 0o777 == 0o750


async def test_a_reader_sees_the_old_document_or_the_new_never_a_part(tmp_path: Path) -> None:
    blobs = Blobs.open(f"file://{tmp_path}")
    versions = [bytes([letter]) * 500_000 for letter in b"AB"]
    await blobs.put(KEY, versions[0], PDF)

    async def write() -> None:
        for number in range(40):
            await blobs.put(KEY, versions[number % 2], PDF)

    writing = asyncio.create_task(write())
    seen = set()
    while not writing.done():
        seen.add(await blobs.get(KEY))
    await writing

    assert seen <= set(versions)
    assert [path.name for path in files_below(tmp_path)] == ["1000001-1.pdf"]


async def test_a_document_is_flushed_to_disk_before_put_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = Blobs.open(f"file://{tmp_path}")
    flushed = []
    monkeypatch.setattr(
        os, "fsync", lambda descriptor: flushed.append(Path(f"/proc/self/fd/{descriptor}").readlink())
    )

    await blobs.put("shops/17/a.pdf", b"x", PDF)

    assert flushed == [tmp_path / step for step in ("shops/17/a.pdf", "shops/17", "shops", "")]


@pytest.mark.parametrize(
    "url", ["", "/var/lib/stoa", "ftp://host/x", "file:/x", "gs://bucket", "memory://x", "S3://bucket"]
)
def test_a_url_of_another_form_is_refused(url: str) -> None:
    with pytest.raises(
        BlobUrlInvalid, match=r"^STOA_BLOB_URL must have the form file:///absolute/folder, .*\.$"
    ):
        Blobs.open(url)


def test_a_folder_that_is_not_absolute_is_refused() -> None:
    with pytest.raises(BlobUrlInvalid, match="STOA_BLOB_URL must name an absolute folder"):
        Blobs.open("file://blobs")


@pytest.mark.parametrize("name", ["taken", "taken/below", "%00"])
def test_a_folder_that_cannot_be_one_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "taken").write_text("x")

    with pytest.raises(BlobUrlInvalid, match=r"^STOA_BLOB_URL names a folder that cannot be used: .*\w.*\.$"):
        Blobs.open(f"file://{tmp_path}/{name}")


@pytest.mark.parametrize("url", ["s3://", "s3:///prefix", "s3://key:hidden@bucket/prefix"])
def test_a_bucket_url_without_bucket_or_with_credentials_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(
        BlobUrlInvalid, match="STOA_BLOB_URL must have the form s3://bucket/prefix"
    ) as refusal:
        Blobs.open(url)

    assert "hidden" not in str(refusal.value)


async def test_the_check_passes_and_leaves_nothing_behind(tmp_path: Path) -> None:
    await Blobs.open(f"file://{tmp_path}").check()

    assert files_below(tmp_path) == []


async def test_the_check_says_when_the_folder_cannot_be_written(tmp_path: Path) -> None:
    blobs = Blobs.open(f"file://{tmp_path}/blobs")
    (tmp_path / "blobs").rmdir()
    (tmp_path / "blobs").write_text("in the way")

    with pytest.raises(
        BlobStoreUnavailable, match=r"^The blob store \(STOA_BLOB_URL\) cannot be used: [^\n]+\.$"
    ):
        await blobs.check()


async def test_the_check_says_when_nothing_answers(
    monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
) -> None:
    for name, value in {
        "AWS_ENDPOINT": f"http://127.0.0.1:{unused_tcp_port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "someone",
        "AWS_SECRET_ACCESS_KEY": "hidden",
    }.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(BlobStoreUnavailable, match=r"cannot be used: .*error sending request") as refusal:
        await Blobs.open("s3://bucket/prefix").check()

    assert "hidden" not in str(refusal.value)
