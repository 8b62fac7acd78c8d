"""Charsets: their registered names, the interpreter's codecs, and octets judged by them (RFC 2978, RFC 2046 §4.1.2).

The names stand in ``charsets.txt``: a line for each charset of the IANA registry, its preferred MIME name
first and then its aliases; after an empty line the names that no registry has and many readers know (the labels of the
WHATWG Encoding standard, and some of mail's own). The file is read when a rarer name is first looked up.
"""

from __future__ import annotations

import codecs
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

from mailtemplates.pattern import pattern

_TABLE = Path(__file__).with_name("charsets.txt")
_EIGHT_BIT = pattern(rb"[\x80-\xff]")
_C1 = pattern(rb"[\x80-\x9f]")
_SAMPLE = 6_000

#: Codecs where the interpreter does not know the name, or knows another charset by it.
_CODECS = {
    "ibm00858": "cp858",
    "ibm01140": "cp1140",
    "ibm1047": None,
    "iso-8859-6-e": "iso8859-6",
    "iso-8859-6-i": "iso8859-6",
    "iso-8859-8-e": "iso8859-8",
    "iso-8859-8-i": "iso8859-8",
    "iso-10646-ucs-2": "utf-16-be",
    "iso-10646-ucs-4": "utf-32-be",
    "tis-620": "iso8859-11",
    "unicode-1-1": "utf-16-be",
    "unicode-1-1-utf-7": "utf-7",
    "utf-7-imap": None,
    "windows-31j": "cp932",
    "windows-874": "cp874",
}
#: What the interpreter calls a text encoding and no mail may name: their decoders refuse, or do what is no decoding.
_NO_CHARSETS = frozenset(("idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "mbcs", "oem"))
#: Charsets that readers take for a larger one, which has all their characters at the same octets: its name, empty when
#: it is not registered, and its codec (WHATWG Encoding §4.2).
_SUPERSETS: dict[str, tuple[tuple[str, str], ...]] = {
    "iso-8859-1": (("windows-1252", "cp1252"),),
    "iso-8859-9": (("windows-1254", "cp1254"),),
    "tis-620": (("windows-874", "cp874"),),
    "gb2312": (("gbk", "gbk"), ("gb18030", "gb18030")),
    "gb_2312-80": (("gbk", "gbk"), ("gb18030", "gb18030")),
    "gbk": (("gb18030", "gb18030"),),
    "shift_jis": (("windows-31j", "cp932"),),
    "big5": (("big5-hkscs", "big5hkscs"), ("", "cp950")),
    "euc-kr": (("", "cp949"),),
    "ks_c_5601-1987": (("", "cp949"),),
    "euc-jp": (("", "euc_jis_2004"),),
    "iso-2022-jp": (("cp50220", "iso2022_jp_ext"),),
}
#: What text with control characters of the C1 range more probably is.
_WINDOWS = {"iso-8859-2": "windows-1250", "iso-8859-7": "windows-1253", "iso-8859-8": "windows-1255",
            "iso-8859-13": "windows-1257", "iso-8859-15": "windows-1252"}  # fmt: skip
_FORBIDDEN = ("utf-16", "utf-32", "utf-7", "unicode-1-1", "iso-10646-ucs-2", "iso-10646-ucs-4")
_STATEFUL = ("iso-2022-", "hz-gb-2312", "utf-7", "unicode-1-1-utf-7", "cp50220", "jis_encoding")
_USUAL = frozenset(("utf-8", "us-ascii", "iso-8859-1", "windows-1252"))


class Charset(NamedTuple):
    """A charset.

    :param name: the preferred MIME name in lower case, or the registered one where none is preferred.
    :param codec: the interpreter's, or None where it has none.
    """

    name: str
    codec: str | None

    @property
    def is_forbidden(self) -> bool:
        """Whether ``text/*`` may not have it: its line ends are not CRLF, or readers refuse it (RFC 2781 §3)."""
        return self.name.startswith(_FORBIDDEN)

    @property
    def is_stateful(self) -> bool:
        """Whether octets of ASCII mean something else after an escape."""
        return self.name.startswith(_STATEFUL)

    @property
    def extends_ascii(self) -> bool:
        """Whether octets of ASCII alone always are that ASCII text."""
        return not self.is_stateful and _extends_ascii(self.codec)


class Misfit(NamedTuple):
    """Octets that are not what they are declared to be.

    :param at: the first octet that is wrong.
    :param kind: ``invalid`` when they cannot be decoded; ``superset`` when a larger charset decodes them that readers
        take the declared one for; ``controls`` when they can be decoded, but to control characters.
    :param name: of the charset that they are in ``superset``; empty when it is not registered.
    :param codec: of that charset.
    """

    at: int
    kind: Literal["invalid", "superset", "controls"]
    name: str = ""
    codec: str = ""


@lru_cache(maxsize=256)
def find_codec(label: str) -> str | None:
    """The name of the codec for a charset label in any case; None when there is none."""
    known = find_charset(label)
    return known.codec if known else _codec(label.strip())


@lru_cache(maxsize=256)
def find_charset(label: str) -> Charset | None:
    """The charset of a name or alias in any case, registered or known by readers; None when it is neither."""
    lower = label.strip().lower()
    name = lower if lower in _USUAL else _names()[0].get(lower) or _names()[1].get(lower)
    return Charset(name, _CODECS[name] if name in _CODECS else _codec(name)) if name else None


def is_registered(label: str) -> bool:
    """Whether the IANA registry has a name or an alias, in any case."""
    lower = label.strip().lower()
    return lower in _USUAL or lower in _names()[0]


def known_names() -> list[str]:
    """The preferred names of all registered charsets, the usual ones first."""
    return list(dict.fromkeys([*sorted(_USUAL), *_names()[0].values()]))


def is_same(one: str, other: str) -> bool:
    """Whether two labels mean one charset to readers, who take some for their supersets."""
    first, second = find_charset(one), find_charset(other)
    if first is None or second is None:
        return one.strip().lower() == other.strip().lower()
    return first == second or bool(_read_as(first.name) & _read_as(second.name))


def find_misfit(octets: bytes, charset: Charset) -> Misfit | None:
    """Where octets are not what their charset says, or None when they are, or when no codec can tell."""
    if charset.codec is None or charset.is_forbidden:
        return None
    if octets.isascii() and charset.extends_ascii:
        return None
    if charset.name == "us-ascii":
        match = _EIGHT_BIT.search(octets)
        return Misfit(match.start(), "invalid") if match else None
    at = _first_fault(octets, charset.codec)
    if at >= 0:
        return _larger(octets, charset.name, at) or Misfit(at, "invalid")
    if not charset.name.startswith("iso-8859-"):
        return None
    control = _C1.search(octets)
    if control is None or is_utf8(octets):
        return None
    return _larger(octets, charset.name, control.start()) or Misfit(control.start(), "controls")


def is_utf8(octets: bytes) -> bool:
    """Whether octets that are not all ASCII are UTF-8, which text in another charset hardly ever is."""
    return not octets.isascii() and _first_fault(octets, "utf-8") < 0


def guess_charset(octets: bytes, at: int, charset: Charset) -> str:
    """What octets that are wrong at one place more probably are, by the name for a label; empty when nobody knows."""
    if is_utf8(octets):
        return "utf-8"
    if charset.name in _WINDOWS and _C1.search(octets):
        return _WINDOWS[charset.name]
    import chardet

    start = max(0, at - _SAMPLE // 2)
    sample = octets[start : start + _SAMPLE]
    found = chardet.detect(sample)
    guessed = find_charset(found["encoding"] or "")
    if guessed is None or guessed.codec is None or (found["confidence"] or 0) < 0.1 or guessed == charset:
        return ""
    return "" if guessed.is_forbidden or find_misfit(octets, guessed) else guessed.name


def _larger(octets: bytes, name: str, at: int) -> Misfit | None:
    """The superset that octets are right in which are wrong in a charset."""
    if is_utf8(octets):
        return None
    for larger, codec in _SUPERSETS.get(name, ()):
        if _first_fault(octets, codec) < 0:
            return Misfit(at, "superset", larger, codec)
    return None


def _first_fault(octets: bytes, codec: str) -> int:
    """Offset of the first octet that a codec does not take, or -1."""
    if codec == "iso2022_jp_ext":
        octets = octets.replace(b"\x1b$@", b"\x1b$B").replace(b"\x1b$B", b"\x1b$(Q")
        codec = "iso2022_jp_2004"
    try:
        octets.decode(codec)
    except UnicodeDecodeError as error:
        return error.start
    except (LookupError, ValueError):
        return 0
    return -1


def _read_as(name: str) -> set[str]:
    return {name, *(larger for larger, _ in _SUPERSETS.get(name, ()) if larger)}


@cache
def _names() -> tuple[dict[str, str], dict[str, str]]:
    """Preferred names by every registered name, and by every other name that readers know."""
    registered, _, practised = _TABLE.read_text("ascii").partition("\n\n")
    tables: list[dict[str, str]] = []
    for lines in (registered, practised):
        rows = [line.split() for line in lines.splitlines()]
        tables.append({alias: row[0] for row in rows for alias in row})
    return tables[0], tables[1]


def _codec(name: str) -> str | None:
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    is_text = getattr(found, "_is_text_encoding", True) and found.name.replace("-", "_") not in _NO_CHARSETS
    return found.name if is_text else None


@cache
def _extends_ascii(codec: str | None) -> bool:
    printable = bytes(range(0x20, 0x7F))
    return codec is not None and printable.decode(codec, "replace") == printable.decode("ascii")
