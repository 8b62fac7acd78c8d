"""Media types and charsets of files, by name and content (RFC 2046, RFC 6838).

The tables are our own, so that no platform's ``mime.types`` decides. Where name and content disagree the
content wins when its signature is known: a ``.jpg`` that is a PNG goes as ``image/png``. Formats that share a
container (``.docx`` is a zip) take the name's word for which one it is. A name whose format has a signature that
the content does not show, or a text name over binary content, gives ``application/octet-stream``.
"""

from __future__ import annotations

import codecs
import re
from functools import cache

from mailtemplates.pattern import pattern

OCTETS = "application/octet-stream"

Signatures = tuple[tuple[bytes, str], ...]

_ZIP = "application/zip"
_OLE = "application/x-ole-storage"
_OPEN_XML = "application/vnd.openxmlformats-officedocument."
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."

_BY_SUFFIX = {
    "7z": "application/x-7z-compressed",
    "aac": "audio/aac",
    "avif": "image/avif",
    "bmp": "image/bmp",
    "bz2": "application/x-bzip2",
    "css": "text/css",
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": _OPEN_XML + "wordprocessingml.document",
    "eml": "message/rfc822",
    "epub": "application/epub+zip",
    "gif": "image/gif",
    "gz": "application/gzip",
    "heic": "image/heic",
    "htm": "text/html",
    "html": "text/html",
    "ico": "image/vnd.microsoft.icon",
    "ics": "text/calendar",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "js": "text/javascript",
    "json": "application/json",
    "log": "text/plain",
    "m4a": "audio/mp4",
    "md": "text/markdown",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "msg": "application/vnd.ms-outlook",
    "odp": _OPEN_DOCUMENT + "presentation",
    "ods": _OPEN_DOCUMENT + "spreadsheet",
    "odt": _OPEN_DOCUMENT + "text",
    "ogg": "audio/ogg",
    "p7s": "application/pkcs7-signature",
    "pdf": "application/pdf",
    "pkpass": "application/vnd.apple.pkpass",
    "png": "image/png",
    "ppt": "application/vnd.ms-powerpoint",
    "pptx": _OPEN_XML + "presentationml.presentation",
    "rtf": "application/rtf",
    "svg": "image/svg+xml",
    "tar": "application/x-tar",
    "tgz": "application/gzip",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "tsv": "text/tab-separated-values",
    "txt": "text/plain",
    "vcf": "text/vcard",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webp": "image/webp",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "xls": "application/vnd.ms-excel",
    "xlsx": _OPEN_XML + "spreadsheetml.sheet",
    "xml": "application/xml",
    "xz": "application/x-xz",
    "yaml": "application/yaml",
    "yml": "application/yaml",
    "zip": _ZIP,
    "zst": "application/zstd",
}

_SIGNATURES = (
    (rb"\x89PNG\r\n\x1a\n", "image/png"),
    (rb"\xff\xd8\xff", "image/jpeg"),
    (rb"GIF8[79]a", "image/gif"),
    (rb"RIFF....WEBP", "image/webp"),
    (rb"BM....\x00\x00\x00\x00", "image/bmp"),
    (rb"II\*\x00|MM\x00\*", "image/tiff"),
    (rb"\x00\x00\x01\x00[\x01-\x20]\x00", "image/vnd.microsoft.icon"),
    (rb"....ftypavi[fs]", "image/avif"),
    (rb"....ftyp(?:hei[cx]|mif1)", "image/heic"),
    (rb"....ftypM4A ", "audio/mp4"),
    (rb"....ftypqt  ", "video/quicktime"),
    (rb"....ftyp", "video/mp4"),
    (rb"\x1aE\xdf\xa3", "video/webm"),
    (rb"ID3|\xff[\xfb\xf3\xf2]", "audio/mpeg"),
    (rb"OggS", "audio/ogg"),
    (rb"RIFF....WAVE", "audio/wav"),
    (rb"%PDF-", "application/pdf"),
    (rb"PK(?:\x03\x04|\x05\x06|\x07\x08)", _ZIP),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OLE),
    (rb"\x1f\x8b\x08", "application/gzip"),
    (rb"BZh[1-9]", "application/x-bzip2"),
    (rb"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (rb"\xfd7zXZ\x00", "application/x-xz"),
    (rb"\x28\xb5\x2f\xfd", "application/zstd"),
    (rb"\{\\rtf", "application/rtf"),
    (rb"wOFF", "font/woff"),
    (rb"wOF2", "font/woff2"),
)
_TEXT_SIGNATURES = (
    (rb"<!doctype html|<html[\s>]", "text/html"),
    (rb"(?:<\?xml.{0,500}?)?(?:<!--.{0,500}?-->\s{0,64})?(?:<!doctype svg.{0,300}?)?<svg[\s>]", "image/svg+xml"),
    (rb"<\?xml\s", "application/xml"),
    (rb"BEGIN:VCALENDAR", "text/calendar"),
    (rb"BEGIN:VCARD", "text/vcard"),
)
# Formats inside a container: the container's signature does not contradict the name.
_INSIDE = {
    _ZIP: frozenset(
        _BY_SUFFIX[suffix] for suffix in ["docx", "xlsx", "pptx", "odt", "ods", "odp", "epub", "pkpass", "zip"]
    ),
    _OLE: frozenset(_BY_SUFFIX[suffix] for suffix in ("doc", "xls", "ppt", "msg")),
    "video/mp4": frozenset(("audio/mp4", "video/quicktime", "image/heic", "image/avif")),
    "audio/ogg": frozenset(("video/ogg", "audio/opus")),
    "video/webm": frozenset(("audio/webm", "video/x-matroska")),
}
_SIGNED = frozenset(media_type for _, media_type in _SIGNATURES) | _INSIDE[_ZIP] | _INSIDE[_OLE]
# Formats whose files often begin otherwise: an mp3 frame, a tiff or rtf variant.
_UNSURE = frozenset(("audio/mpeg", "audio/ogg", "video/mp4", "video/webm", "image/tiff", "image/bmp"))

_CONTROLS = pattern(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_METHOD = pattern(r"^METHOD:([A-Za-z0-9-]+)[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)
_SAMPLE = 65_536
# What chardet may answer, under the names that mail uses; its rarer answers are not believed.
_KNOWN_CHARSETS = pattern(
    r"windows-125[0-8]|iso-8859-(?:[1-9]|1[0-6])|koi8-[ru]|shift_jis|euc-(?:jp|kr)|gb18030|big5|tis-620|macintosh|iso-2022-jp"
)
_MIME_NAMES = {
    "cp932": "shift_jis",
    "shift-jis": "shift_jis",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "cp949": "euc-kr",
    "big5-hkscs": "big5",
    "macroman": "macintosh",
}
_CODEC_NAMES = {
    "ascii": "us-ascii",
    "utf-8-sig": "utf-8",
    "cp932": "shift_jis",
    "euc_jp": "euc-jp",
    "euc_kr": "euc-kr",
    "cp949": "euc-kr",
    "iso2022_jp": "iso-2022-jp",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "mac-roman": "macintosh",
}
_FORBIDDEN_CHARSETS = ("utf-16", "utf-32", "utf-7", "utf_16", "utf_32", "utf_7", "idna", "punycode")


def guess_media_type(filename: str | None, content: bytes) -> str:
    """The media type of a file, by its name's suffix and its first octets; see the module for who wins."""
    named = by_name(filename) if filename else None
    signed = by_content(content)
    if signed:
        return named if named and named in _INSIDE.get(signed, ()) else OCTETS if signed == _OLE else signed
    if named is None:
        return _guess_text(content)
    if not content or named in _UNSURE:
        return named
    textual = named.startswith(("text/", "message/")) or named == "image/svg+xml"
    return OCTETS if named in _SIGNED or (textual and _is_binary(content)) else named


def by_content(content: bytes) -> str | None:
    """The media type that a file's first octets tell, or None; for a format in a container that of the container."""
    return _find_signature(_SIGNATURES, b"", re.DOTALL, content)


def is_inside(container: str, media_type: str) -> bool:
    """Whether a format's files may begin as a container's do: a ``.docx`` is a zip."""
    return media_type in _INSIDE.get(container, ())


def has_signature(media_type: str) -> bool:
    """Whether every file of a format begins with octets that are known."""
    return media_type in _SIGNED and media_type not in _UNSURE


def _find_signature(signatures: Signatures, prefix: bytes, flags: re.RegexFlag, content: bytes) -> str | None:
    match = _compiled(signatures, prefix, flags).match(content)
    return signatures[match.lastindex - 1][1] if match and match.lastindex else None


@cache
def _compiled(signatures: Signatures, prefix: bytes, flags: re.RegexFlag) -> re.Pattern[bytes]:
    """The signatures as one pattern, a group each, compiled when the first file is looked at."""
    groups = b"|".join(prefix + b"(" + pattern + b")" for pattern, _ in signatures)
    return re.compile(groups, flags)


def by_name(filename: str) -> str | None:
    """The media type that a name's suffix tells, or None."""
    return _BY_SUFFIX.get(filename.rpartition(".")[2].lower()) if "." in filename else None


def _guess_text(content: bytes) -> str:
    if _is_binary(content) or not content:
        return OCTETS
    return (
        _find_signature(_TEXT_SIGNATURES, rb"(?:\xef\xbb\xbf)?\s{0,64}", re.DOTALL | re.IGNORECASE, content)
        or "text/plain"
    )


def _is_binary(content: bytes) -> bool:
    return _CONTROLS.search(content, 0, _SAMPLE) is not None


def find_charset(content: bytes) -> str | None:
    """The charset of a text's octets, by its MIME name: us-ascii, utf-8, or what chardet believes.

    None when the octets are no text, or in a charset that ``text/*`` may not have, such as UTF-16 (RFC 2781 §3).
    """
    if _is_binary(content):
        return None
    if content.isascii():
        return (_believed_charset(content) if b"\x1b$" in content else None) or "us-ascii"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return _believed_charset(content)
    return "utf-8"


def _believed_charset(content: bytes) -> str | None:
    import chardet

    found = chardet.detect(content[:_SAMPLE])
    believed = (found["encoding"] or "").lower().replace("_", "-")
    name = _MIME_NAMES.get(believed, believed)
    if (found["confidence"] or 0) < 0.1 or not _KNOWN_CHARSETS.fullmatch(name):
        return None
    try:
        content.decode(name)
    except (LookupError, UnicodeDecodeError):
        return None
    return name


def mail_charset(name: str) -> str | None:
    """The MIME name of a charset that ``text/*`` may have, for any of its names; None for one that it may not.

    >>> mail_charset("latin1"), mail_charset("cp1252"), mail_charset("utf-16")
    ('iso-8859-1', 'windows-1252', None)
    """
    try:
        codec = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    if codec.name.startswith(_FORBIDDEN_CHARSETS) or not getattr(codec, "_is_text_encoding", True):
        return None
    if codec.name in _CODEC_NAMES:
        return _CODEC_NAMES[codec.name]
    return re.sub(r"^iso8859-", "iso-8859-", re.sub(r"^cp(125\d)$", r"windows-\1", codec.name))


def calendar_method(text: str) -> str | None:
    """The METHOD of an iCalendar object, upper case, or None when it has none (RFC 5546 §1.4, RFC 6047 §2.4)."""
    found = _METHOD.search(text)
    return found[1].upper() if found else None
