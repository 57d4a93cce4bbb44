from io import BytesIO
from typing import Literal

import pytest
from fpdf import FPDF
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from stoa.documents.uploads import DocumentType, UploadFault, check_document
from stoa.web.bodies import MOST_UPLOAD


def a_picture(kind: Literal["PNG", "JPEG", "GIF"], *, progressive: bool = False) -> bytes:
    file = BytesIO()
    noise = Image.effect_noise((40, 30), 90).convert("RGB")
    noise.save(file, kind, **({"progressive": True} if progressive else {}))
    return file.getvalue()


def a_pdf() -> bytes:
    pdf = FPDF()
    pdf.add_page()
    return bytes(pdf.output())


def a_jpeg_with_a_thumbnail() -> bytes:
    """As cameras write it: a whole small JPEG inside a segment before the picture."""
    thumbnail = a_picture("JPEG")
    segment = b"\xff\xe1" + (2 + 6 + len(thumbnail)).to_bytes(2) + b"Exif\0\0" + thumbnail
    return b"\xff\xd8" + segment + a_picture("JPEG")[2:]


PDF, PNG, JPEG, GIF = a_pdf(), a_picture("PNG"), a_picture("JPEG"), a_picture("GIF")
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"


@pytest.mark.parametrize(
    ("filename", "data", "kind"),
    [
        ("invoice.pdf", PDF, DocumentType.PDF),
        ("INVOICE.PDF", PDF, DocumentType.PDF),
        ("Τιμολόγιο Νο 5.Pdf", PDF, DocumentType.PDF),
        ("a.b.c.png", PNG, DocumentType.PNG),
        ("photo.jpg", JPEG, DocumentType.JPEG),
        ("photo.JPEG", JPEG, DocumentType.JPEG),
        ("scan.jpg", a_picture("JPEG", progressive=True), DocumentType.JPEG),
        ("camera.jpg", a_jpeg_with_a_thumbnail(), DocumentType.JPEG),
        ("phone.jpg", JPEG + b"trailer of the phone", DocumentType.JPEG),
        ("newline.pdf", PDF + b"\r\n" * 5, DocumentType.PDF),
    ],
)
def test_a_sound_document_is_taken_for_what_it_is(filename: str, data: bytes, kind: DocumentType) -> None:
    assert check_document(filename, data) is kind


def test_a_kind_of_document_has_its_extension_and_media_type() -> None:
    assert [(kind.extension, kind.media_type) for kind in DocumentType] == [
        ("pdf", "application/pdf"),
        ("png", "image/png"),
        ("jpg", "image/jpeg"),
    ]


def test_an_empty_file_is_refused() -> None:
    assert check_document("invoice.pdf", b"") is UploadFault.EMPTY


def test_seven_megabytes_are_taken_and_one_byte_more_is_not() -> None:
    full = PDF.replace(b"%%EOF", b"%" + b" " * (MOST_UPLOAD - len(PDF) - 1) + b"%%EOF")

    assert len(full) == MOST_UPLOAD == 7 * 1024 * 1024
    assert check_document("invoice.pdf", full) is DocumentType.PDF
    assert check_document("invoice.pdf", full + b"\n") is UploadFault.TOO_LARGE


@pytest.mark.parametrize(
    "filename", ["", "pdf", "invoice", "invoice.gif", "invoice.pdf.exe", "invoice.pdf ", "a.pdf\0"]
)
def test_another_extension_is_refused(filename: str) -> None:
    assert check_document(filename, PDF) is UploadFault.OTHER_TYPE


@pytest.mark.parametrize(
    ("filename", "data"),
    [
        ("invoice.png", PDF),
        ("invoice.jpg", PDF),
        ("invoice.pdf", PNG),
        ("invoice.jpg", PNG),
        ("invoice.png", JPEG),
        ("invoice.pdf", HTML),
        ("invoice.png", HTML),
        ("invoice.jpeg", GIF),
        ("invoice.pdf", HTML + PDF),
        ("invoice.png", PDF + PNG),
        ("invoice.jpg", PNG + JPEG),
        ("invoice.pdf", JPEG + PDF),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(filename: str, data: bytes) -> None:
    assert check_document(filename, data) is UploadFault.NOT_AS_NAMED


@pytest.mark.parametrize(
    ("filename", "data"), [("a.pdf", PDF), ("a.png", PNG), ("a.jpg", a_jpeg_with_a_thumbnail())]
)
def test_a_file_cut_off_anywhere_is_refused(filename: str, data: bytes) -> None:
    # The last bytes of a PDF and of a PNG may miss: the end mark stands before them.
    for length in range(1, len(data) - 7):
        assert check_document(filename, data[:length]) is UploadFault.NOT_AS_NAMED


def test_a_png_whose_header_is_damaged_is_refused() -> None:
    damaged = PNG[:17] + bytes([PNG[17] ^ 1]) + PNG[18:]

    assert check_document("a.png", damaged) is UploadFault.NOT_AS_NAMED


def test_a_jpeg_without_a_frame_is_refused() -> None:
    assert check_document("a.jpg", b"\xff\xd8\xff\xda\x00\x02\xff\xd9") is UploadFault.NOT_AS_NAMED


@given(st.sampled_from([b"", PDF[:9], PNG[:8], PNG[:40], JPEG[:2], JPEG[:30]]), st.binary())
def test_no_bytes_make_the_check_fail(beginning: bytes, rest: bytes) -> None:
    for filename in ("a.pdf", "a.png", "a.jpg"):
        assert check_document(filename, beginning + rest) in {*UploadFault, *DocumentType}


def test_every_fault_completes_the_sentence() -> None:
    assert [f"The file {fault}." for fault in UploadFault] == [
        "The file is empty.",
        "The file is larger than 7 MB.",
        "The file is not a pdf, png or jpg.",
        "The file is not what its name says.",
    ]
