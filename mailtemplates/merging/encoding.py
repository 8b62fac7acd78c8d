"""The encoding of a table: what a byte order mark says, else UTF-8 when it is that, else what chardet believes."""

from __future__ import annotations

import codecs
from typing import BinaryIO, NamedTuple

from mailtemplates.errors import DataError, SettingsError
from mailtemplates.source import Location

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HEAD = 4096
_SAMPLE = 1 << 16
_LINE = 1 << 20
# Spreadsheets write the larger charset of each pair, and chardet may name the smaller one.
_LARGER = {"gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949", "iso8859-1": "cp1252"}


class Encoding(NamedTuple):
    """The name of a codec, and whether it was guessed."""

    codec: str
    guessed: bool = False


def named(name: str) -> Encoding:
    """The encoding that a person names.

    :raises SettingsError: there is none of that name.
    """
    try:
        codec = codecs.lookup(name)
    except (LookupError, ValueError):
        codec = None
    if codec is None or not getattr(codec, "_is_text_encoding", True):
        raise SettingsError(f"there is no encoding {name!r}", cure="name one such as utf-8, gb18030 or cp1252")
    return Encoding("utf-8-sig" if codec.name == "utf-8" else codec.name)


def recognise(file: BinaryIO, path: str) -> Encoding:
    """The encoding of a file, which is read once, line by line, and rewound.

    A few lines that are not UTF-8 among many that are do not make it another encoding: they are broken lines.

    :param path: what the file is called in errors.
    :raises DataError: it cannot be told.
    """
    head = file.read(_HEAD)
    file.seek(0)
    for mark, codec in _MARKS:
        if head.startswith(mark):
            return Encoding(codec)
    if b"\0" in head:
        return _believed(head, path)
    sample = _foreign_lines(file)
    file.seek(0)
    return _believed(sample, path) if sample else Encoding("utf-8-sig")


def _foreign_lines(file: BinaryIO) -> bytes:
    """Lines that are not UTF-8, at most as many as tell the encoding; none when more of the others are not ASCII."""
    foreign: list[bytes] = []
    size = utf8 = 0
    while size < _SAMPLE and (line := file.readline(_LINE)):
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
            utf8 += 1
        except UnicodeDecodeError:
            foreign.append(line)
            size += len(line)
    return b"" if utf8 > len(foreign) else b"".join(foreign)[:_SAMPLE]


def _believed(sample: bytes, path: str) -> Encoding:
    """What chardet believes, when the sample is right in it.

    :raises DataError: it believes nothing, or is wrong.
    """
    import chardet

    found = chardet.detect(sample)["encoding"]
    try:
        name = codecs.lookup(found or "").name
        codec = _LARGER.get(name, name)
        codecs.getincrementaldecoder(codec)().decode(sample)
    except (LookupError, UnicodeDecodeError):
        raise DataError(
            "the encoding of the file cannot be told",
            location=Location(path),
            cure="name it with --encoding, or save the file as UTF-8",
        ) from None
    return Encoding(codec, guessed=True)
