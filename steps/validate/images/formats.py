"""Names the format of a file by its first bytes, and by its name; no parser gets hostile bytes."""

from __future__ import annotations

HEAD_BYTES = 32
"""So much of a file's start is enough for `found_format`."""

_SIGNATURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"8BPS", "Photoshop"),
    (b"\x00\x00\x01\x00", "ICO"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\x00\x00\x00\x0cJXL ", "JPEG XL"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
    (b"%PDF", "PDF"),
    (b"<svg", "SVG"),
    (b"<?xml", "XML"),
    (b"PK\x03\x04", "ZIP"),
)
_TAKEN = ("JPEG", "PNG")
# ISO base media files name their kind at byte 8.
_HEIF_BRANDS = {b"avif": "AVIF", b"avis": "AVIF", b"heic": "HEIC", b"heix": "HEIC", b"mif1": "HEIC"}
_SUFFIXES = {
    "jpg": "JPEG",
    "jpeg": "JPEG",
    "jpe": "JPEG",
    "jfif": "JPEG",
    "png": "PNG",
    "apng": "PNG",
    "gif": "GIF",
    "bmp": "BMP",
    "tif": "TIFF",
    "tiff": "TIFF",
    "webp": "WebP",
    "avif": "AVIF",
    "heic": "HEIC",
    "jp2": "JPEG 2000",
    "jxl": "JPEG XL",
    "ico": "ICO",
    "psd": "Photoshop",
    "svg": "SVG",
    "pdf": "PDF",
    "txt": "text",
}


def named_format(path: str) -> str | None:
    """The format that a file's suffix stands for, or None for a suffix that stands for none."""
    return _SUFFIXES.get(path.rpartition(".")[2].lower())


def found_format(head: bytes) -> str | None:
    """The format that a file's first HEAD_BYTES bytes stand for, or None for none that is known.

    A file cut off inside the signature of JPEG or PNG still counts as that format.
    """
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    if head[4:8] == b"ftyp":
        return _HEIF_BRANDS.get(head[8:12], "MP4")
    for signature, name in _SIGNATURES:
        if head.startswith(signature):
            return name
        if name in _TAKEN and 1 < len(head) < len(signature) and signature.startswith(head):
            return name
    return None
