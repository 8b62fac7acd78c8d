"""White space, display width and line breaking of plain text.

Widths count terminal cells: East Asian wide and fullwidth characters are 2, combining and format characters 0 (Unicode
UAX #11). They come from the database of Unicode 3.2, which every Python has, and ranges for what is wide since: lines
are the same on every Python. Lines break at spaces and between ideographs and kana, never inside a word or a URL.
"""

from __future__ import annotations

import unicodedata

from mailtemplates.pattern import pattern

_SPACES = pattern(r"[\t-\r \x85\u1680\u2000-\u2006\u2008-\u200a\u2028\u2029\u205f]+")
_FIXED_SPACES = pattern(r"[\u2007\u202f]")
_CONTROLS = r"\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
_FILLERS = r"\xad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u2060-\u2064\u206a-\u206f"
_FILLERS += r"\u3164\ufeff\uffa0\ufff9-\ufffb"
_UNSEEN = pattern(rf"[{_CONTROLS}{_FILLERS}]+")
_UNSENDABLE = pattern(r"[\ud800-\udfff\U00100000-\U0010ffff]")
_PRE_SPACES = pattern(r"[\x0b\x0c\x85\u2028\u2029]")

_ODD_SPACES = pattern(r"[\u1680\u2000-\u200a\u202f\u205f]")
_WIDE_SPACE_BY_SPACE = pattern(r"\u3000*[ \xa0][ \xa0\u3000]*")
_SPACE_RUN = pattern(r"[ \xa0]{2,}")
_AROUND_BREAK = pattern(r"[ \xa0\u3000]*\n[ \xa0\u3000]*")
_BREAK_RUN = pattern(r"\n{3,}")
JOINT = "\x03"
"""In words for :func:`tidy`: a space where nothing else parts what stands before it from what stands behind."""

_NEEDED_JOINT = pattern("(?<=[^\\s\x02\x03(\\[{«„“‘\"'])\x03+(?=[^\\s\x02\x03)\\]}»”’\"'.,;:!?…%])")
_IDLE_JOINER = pattern(r"(?<![^\x00-\x7f\xa0\u200c\u200d])[\u200c\u200d]+|[\u200c\u200d]+(?![^\x00-\x7f\xa0])")

_IDEOGRAPH = "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u303c\u3041-\u3096\u309f-\u30fa\u30ff-\u31ff\u3220-\u4dbf"
_IDEOGRAPH += "\u4e00-\ua4cf\uf900-\ufaff\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff66-\uff9d\U00020000-\U0003fffd"
_OPENING = "\u3008\u300a\u300c\u300e\u3010\u3014\u3016\u3018\u301a\u301d\uff08\uff3b\uff5b\uff5f\uff62\u2018\u201c("
_CLOSING = "\u3001\u3002\u3009\u300b\u300d\u300f\u3011\u3015\u3017\u3019\u301b\u301e\u301f\uff09\uff0c\uff0e\uff1a"
_CLOSING += "\uff1b\uff1f\uff01\uff3d\uff5d\uff60-\uff65\u309b-\u309e\u30fb-\u30fe\u2019\u201d\u2026\u2025)"
_UNIT = pattern(
    rf"[{_OPENING}]*(?:[{_IDEOGRAPH}][\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef]*"
    rf"|[^{_IDEOGRAPH}{_OPENING}{_CLOSING}]+)?[{_CLOSING}]*"
)
_NARROW = pattern("[ -\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u205e\u20a0-\u20bf]*")
_UNBREAKABLE = pattern(r"<\S|://|\S@\S")
_LATER_WIDE = pattern("[\U0001f300-\U0001f64f\U0001f680-\U0001f6ff\U0001f900-\U0001faff\U00020000-\U0003fffd]")
_KNOWN_WIDTHS = 20_000


class _Widths(dict[str, int]):
    """Cells of one character, remembered for the characters that were met first."""

    def __missing__(self, char: str) -> int:
        if unicodedata.ucd_3_2_0.category(char) in ("Mn", "Me", "Cf"):
            cells = 0
        else:
            cells = 2 if unicodedata.ucd_3_2_0.east_asian_width(char) in "WF" or _LATER_WIDE.match(char) else 1
        if len(self) < _KNOWN_WIDTHS:
            self[char] = cells
        return cells


_WIDTHS = _Widths()


def display_width(text: str) -> int:
    """Terminal cells that ``text`` (one line) takes."""
    return len(text) if text.isascii() or _NARROW.fullmatch(text) else sum(map(_WIDTHS.__getitem__, text))


def visible(text: str) -> str:
    """``text`` with white space runs as one space, and without what no reader sees.

    Control characters, soft hyphens and zero-width characters go; no-break spaces and joiners stay for :func:`tidy`.
    """
    if text.isprintable():
        return text
    text = _UNSEEN.sub("", _SPACES.sub(" ", text))
    if text.isascii():
        return text
    return _UNSENDABLE.sub("\ufffd", _FIXED_SPACES.sub("\xa0", text))


def visible_lines(text: str) -> str:
    """Preformatted ``text`` without what no reader sees; tabs, line feeds and carriage returns stay."""
    if text.isprintable():
        return text
    return _UNSENDABLE.sub("\ufffd", _UNSEEN.sub("", _PRE_SPACES.sub(" ", text)))


def tidy(text: str) -> str:
    """The text of one paragraph with single spaces; line feeds are line breaks, two are a blank line.

    A joiner that joins nothing goes. Lines have no white space at their ends; the text may begin and end with feeds.
    """
    if JOINT in text:
        text = parted(text)
    if text.isprintable():
        while "  " in text:
            text = text.replace("  ", " ")
        return text.strip(" ")
    if "\t" in text or "\r" in text:
        text = text.replace("\t", " ").replace("\r\n", "\n").replace("\r", "\n")
    if not text.isascii():
        text = _ODD_SPACES.sub(" ", text)
        if "\u200c" in text or "\u200d" in text:
            text = _IDLE_JOINER.sub("", text)
        if "\u3000" in text:
            text = _WIDE_SPACE_BY_SPACE.sub(" ", text)
        if "\xa0" in text:
            text = _SPACE_RUN.sub(" ", text).strip("\xa0")
    while "  " in text:
        text = text.replace("  ", " ")
    if "\n" in text:
        text = _BREAK_RUN.sub("\n\n", _AROUND_BREAK.sub("\n", text))
    return text.strip(" \xa0\u3000")


def parted(text: str) -> str:
    """``text`` with a space for each :data:`JOINT` that needs one."""
    return _NEEDED_JOINT.sub(" ", text).replace(JOINT, "")


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most ``width`` cells; line feeds in ``text`` break too. What cannot be broken stands whole."""
    if text.isascii() and "\n" not in text:
        return filled(text, width)
    lines: list[str] = []
    for line in text.split("\n"):
        if len(line) * (1 if line.isascii() else 2) <= width:
            lines.append(line)
        else:
            lines += _fill(line, width)
    if "\xa0" in text:
        return [line.replace("\xa0", " ").rstrip() for line in lines]
    return lines if text.isascii() else [line.rstrip() for line in lines]


def _fill(line: str, width: int) -> list[str]:
    return filled(line, width) if _NARROW.fullmatch(line) else _fill_units(line, width)


def filled(line: str, width: int) -> list[str]:
    """:func:`wrap` for one line of characters that take one cell each."""
    lines = []
    start = 0
    while len(line) - start > width:
        end = line.rfind(" ", start, start + width + 1)
        if end < 0 and (end := line.find(" ", start + width)) < 0:
            break
        lines.append(line[start:end])
        start = end + 1
    lines.append(line[start:])
    return lines


def beginning(line: str, width: int) -> tuple[list[str], str]:
    """The first lines that :func:`wrap` makes of a text that begins with ``line``, whatever follows; and the rest."""
    lines: list[str] = []
    if not line.isprintable() or not all(map(_is_unit, line.split(" "))):
        return lines, line
    start = 0
    while len(line) - start > width and (end := line.rfind(" ", start, start + width + 1)) >= 0:
        lines.append(line[start:end])
        start = end + 1
    return lines, line[start:]


def _is_unit(word: str) -> bool:
    """Whether a word is never broken, and each of its characters takes one cell."""
    return word.isascii() or (_NARROW.fullmatch(word) is not None and len(_units(word)) == 1)


def _fill_units(line: str, width: int) -> list[str]:
    lines: list[str] = []
    current: list[str] = []
    used = 0
    for unit, space, cells in _units(line):
        if current and used + space + cells > width:
            lines.append("".join(current))
            current, used, space = [], 0, 0
        if space and current:
            current.append(" ")
            used += 1
        current.append(unit)
        used += cells
    return [*lines, "".join(current)]


def _units(line: str) -> list[tuple[str, int, int]]:
    """The unbreakable units of a line: text, spaces before it (0 or 1), cells."""
    units = []
    for word in line.split(" "):
        if word.isascii() or _UNBREAKABLE.search(word):
            units.append((word, 1, display_width(word)))
            continue
        first = 1
        for unit in _UNIT.findall(word):
            if unit:
                units.append((unit, first, display_width(unit)))
                first = 0
    return units
