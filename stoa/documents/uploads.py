"""What a shop may upload as a document, told by the content and not only by the name."""

import zlib
from enum import Enum, StrEnum
from struct import Struct

from stoa.web.bodies import MOST_UPLOAD

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_CHUNK = Struct(">I4s")
_PNG_HEADER_LENGTH = 13
_PNG_CRC_LENGTH = 4

_JPEG_START = b"\xff\xd8"
_JPEG_END = b"\xff\xd9"
_JPEG_MARK = 0xFF
_JPEG_SEGMENT = Struct(">BBH")
_JPEG_SCAN = 0xDA
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}

# Readers look for the end mark this far from the end: some programs write a little more after it.
_PDF_END_WITHIN = 1024


class DocumentType(Enum):
    """A kind of file that is taken: the extension it is kept under and its media type."""

    PDF = ("pdf", "application/pdf")
    PNG = ("png", "image/png")
    JPEG = ("jpg", "image/jpeg")

    def __init__(self, extension: str, media_type: str) -> None:
        self.extension = extension
        self.media_type = media_type


class UploadFault(StrEnum):
    """Why a file is not taken; the value completes the sentence "The file …"."""

    EMPTY = "is empty"
    TOO_LARGE = "is larger than 7 MB"
    OTHER_TYPE = "is not a pdf, png or jpg"
    NOT_AS_NAMED = "is not what its name says"


_BY_SUFFIX = {
    ".pdf": DocumentType.PDF,
    ".png": DocumentType.PNG,
    ".jpg": DocumentType.JPEG,
    ".jpeg": DocumentType.JPEG,
}


def check_document(filename: str, data: bytes) -> DocumentType | UploadFault:
    """Say what the file is, or why it is not taken: by size, then by name, then by whether the content agrees.

    The content is whole from its first mark to its last, so that a page of HTML, a renamed or a cut-off file
    is refused; pictures are not decoded.
    """
    if not data:
        return UploadFault.EMPTY
    if len(data) > MOST_UPLOAD:
        return UploadFault.TOO_LARGE
    named = _type_by_name(filename)
    if named is None:
        return UploadFault.OTHER_TYPE
    return named if _LOOKS_LIKE[named](data) else UploadFault.NOT_AS_NAMED


def _type_by_name(filename: str) -> DocumentType | None:
    name = filename.lower()
    return next((kind for suffix, kind in _BY_SUFFIX.items() if name.endswith(suffix)), None)


def _is_pdf(data: bytes) -> bool:
    return data.startswith(b"%PDF-") and b"%%EOF" in data[-_PDF_END_WITHIN:]


def _is_png(data: bytes) -> bool:
    return (
        data.startswith(_PNG_SIGNATURE) and _png_begins_with_its_header(data) and _png_reaches_its_end(data)
    )


def _png_begins_with_its_header(data: bytes) -> bool:
    start = len(_PNG_SIGNATURE)
    end = start + _PNG_CHUNK.size + _PNG_HEADER_LENGTH
    expected = _PNG_CHUNK.pack(_PNG_HEADER_LENGTH, b"IHDR")
    crc = zlib.crc32(data[start + 4 : end]).to_bytes(_PNG_CRC_LENGTH)
    return data.startswith(expected, start) and data.startswith(crc, end)


def _png_reaches_its_end(data: bytes) -> bool:
    """Step from chunk to chunk; a cut-off file ends before its last one."""
    at = len(_PNG_SIGNATURE)
    while at + _PNG_CHUNK.size + _PNG_CRC_LENGTH <= len(data):
        length, kind = _PNG_CHUNK.unpack_from(data, at)
        if kind == b"IEND":
            return True
        at += _PNG_CHUNK.size + length + _PNG_CRC_LENGTH
    return False


def _is_jpeg(data: bytes) -> bool:
    scan = _jpeg_scan(data) if data.startswith(_JPEG_START) else None
    # After the scan began, because a thumbnail before it has an end mark of its own.
    return scan is not None and data.find(_JPEG_END, scan) > 0


def _jpeg_scan(data: bytes) -> int | None:
    """Step from segment to segment to where the picture itself begins, past the frame that describes it."""
    at, framed = len(_JPEG_START), False
    while at + _JPEG_SEGMENT.size <= len(data):
        mark, kind, length = _JPEG_SEGMENT.unpack_from(data, at)
        if mark != _JPEG_MARK:
            return None
        if kind == _JPEG_SCAN:
            return at if framed else None
        framed = framed or kind in _JPEG_FRAMES
        at += 2 + length
    return None


_LOOKS_LIKE = {DocumentType.PDF: _is_pdf, DocumentType.PNG: _is_png, DocumentType.JPEG: _is_jpeg}
