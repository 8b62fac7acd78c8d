"""The parameters of MIME fields as they stand (RFC 2045 §5.1, RFC 2183, RFC 2231).

A tolerant reader: it never raises. On one pass it gives what a lenient mail program reads and, as values with
offsets, what is wrong with it. It reads a field's body as text of one character an octet
(:attr:`~mailtemplates.octets.field.RawField.latin`), the folds in it or not.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple

from mailtemplates.octets.extended import Parameter, ParameterFault, ParameterFaultKind, brief, extended_faults, join
from mailtemplates.octets.lexeme import read_lexemes
from mailtemplates.pattern import pattern


class Parameters(NamedTuple):
    """A field as it was read.

    :param token: the media type or the disposition in lower case; empty where it is malformed.
    :param start: where the token stands, up to ``end``.
    :param written: the parameters one by one.
    :param values: by lower-case name, RFC 2231 decoded; the first of a name counts.
    :param faults: in the order of their places.
    """

    token: str
    start: int
    end: int
    written: tuple[Parameter, ...]
    values: dict[str, str]
    faults: tuple[ParameterFault, ...]

    def named(self, name: str) -> list[Parameter]:
        """The parameters of that name as written, each section of it."""
        return [one for one in self.written if one.name == name]


_TOKEN = r"[!#$%&'*+.^_`{|}~0-9A-Za-z-]+"
_TYPE = pattern(rf"{_TOKEN}/{_TOKEN}")
_DISPOSITION = pattern(r"[^\s;()]*")
_BAD_TYPE = pattern(r"[^\s;()]*")
_NAME = pattern(r'([^\s=;"()]+)[ \t\r\n]*=[ \t\r\n]*')
_NEXT = pattern(rf"{_TOKEN}[ \t\r\n]*=")
_QUOTED = pattern(r'"((?:[^"\\]++|\\.)*+)"', re.DOTALL)
_BARE = pattern(r'([^\s;"(]+)\([^()\s;"]*\)(?=[\s;]|\Z)|([^\s;"]*)')
# What is written as nearly everyone writes it, in which nothing is wrong and nothing encoded.
_PARAMETER = r"""[ \t\r\n]*;[ \t\r\n]*([A-Za-z][A-Za-z-]*)=(?:"([ !#-\[\]-~]*)"|([!#$%&'*+.^_`{|}~0-9A-Za-z-]+))"""
_PLAIN = {
    "type": pattern(rf"[ \t\r\n]*({_TOKEN}/{_TOKEN})((?:{_PARAMETER})*+)[ \t\r\n]*"),
    "disposition": pattern(rf"[ \t\r\n]*({_TOKEN})((?:{_PARAMETER})*+)[ \t\r\n]*"),
}
_PLAIN_PARAMETER = pattern(_PARAMETER)
_SECTION = pattern(r"([^*]+)(?:\*(\d{1,4}))?(\*)?", re.ASCII)
_PAIR = pattern(r"\\(.)", re.DOTALL)
_FOLD = pattern(r"\r?\n(?=[ \t])")
_SPACES = pattern(r"[ \t\r\n]*")
_TO_SEMICOLON = pattern(r"[^;]*")
_COMMENT_MARK = pattern(r"\\.|[()]", re.DOTALL)
_SPECIAL = pattern(r"""[()<>@,;:\\"/\[\]?=\x00-\x20\x7f]""")
_REMEMBERED = 4_000


def read_type(text: str) -> tuple[str, dict[str, str]]:
    """The media type in lower case and the parameters of a Content-Type; an empty type when it is malformed."""
    read = read_parametric(text, "type")
    return (read.token, dict(read.values)) if read.token else ("", {})


def read_disposition(text: str) -> tuple[str, dict[str, str]]:
    """The disposition in lower case and its parameters (RFC 2183)."""
    read = read_parametric(text, "disposition")
    return read.token, dict(read.values)


Kind = Literal["type", "disposition"]


def read_token(value: str) -> str:
    """A field of one word in lower case, without comments (RFC 2045 §6.1)."""
    if "(" in value:
        value = "".join([" " if one.kind == "comment" else one.text for one in read_lexemes(value)])
    return value.strip().lower()


def read_parametric(text: str, kind: Kind) -> Parameters:
    """A Content-Type or a Content-Disposition with all its parameters. Never raises."""
    return _remembered(text, kind) if len(text) <= _REMEMBERED else _long(text, kind)


@lru_cache(maxsize=256)
def _remembered(text: str, kind: Kind) -> Parameters:
    return _read(text, kind)


@lru_cache(maxsize=2)
def _long(text: str, kind: Kind) -> Parameters:
    return _read(text, kind)


def _read(text: str, kind: Kind) -> Parameters:
    plain = _PLAIN[kind].fullmatch(text)
    return (plain and _read_plain(text, plain)) or _scan(text, kind)


def _read_plain(text: str, plain: re.Match[str]) -> Parameters | None:
    """A field in which nothing is wrong; None when a parameter stands twice after all."""
    written = []
    values = {}
    for match in _PLAIN_PARAMETER.finditer(text, *plain.span(2)):
        name = match[1].lower()
        quoted = match[2] is not None
        values[name] = value = match[2] if quoted else match[3]
        start = match.start(2) - 1 if quoted else match.start(3)
        written.append(Parameter(name, 0, False, False, value, quoted, match.start(1), start, match.end()))
    if len(values) < len(written):
        return None
    return Parameters(plain[1].lower(), *plain.span(1), tuple(written), values, ())


def _scan(text: str, kind: Kind) -> Parameters:
    scan = _Scan(text)
    start = scan.skip(0)
    token, end = scan.type(start) if kind == "type" else scan.disposition(start)
    scan.parameters(end)
    sections: dict[str, list[Parameter]] = {}
    for one in scan.written:
        sections.setdefault(one.name, []).append(one)
    values = {}
    for name, parts in sections.items():
        values[name] = join(parts)
        if len(parts) > 1 or parts[0].extended or parts[0].numbered:
            scan.faults += extended_faults(name, parts)
    scan.faults.sort(key=lambda fault: fault.start)
    return Parameters(token, start, end, tuple(scan.written), values, tuple(scan.faults))


class _Scan:
    """One pass over a field's body: what is written and what is wrong."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.written: list[Parameter] = []
        self.faults: list[ParameterFault] = []
        self.open_comment = len(text)
        self.seen: set[tuple[str, int, bool, bool]] = set()

    def fault(self, kind: ParameterFaultKind, problem: str, start: int, end: int, name: str = "") -> None:
        self.faults.append(ParameterFault(kind, problem, start, end, name))

    def skip(self, at: int) -> int:
        """The offset behind white space and comments (CFWS)."""
        while True:
            match = _SPACES.match(self.text, at)
            at = match.end() if match else at
            end = self.comment_end(at)
            if not end:
                return at
            at = end

    def comment_end(self, at: int) -> int:
        """The offset behind the comment that begins there; 0 when none does or it never ends."""
        if not self.text.startswith("(", at) or at >= self.open_comment:
            return 0
        depth = 0
        for mark in _COMMENT_MARK.finditer(self.text, at):
            depth += {"(": 1, ")": -1}.get(mark[0], 0)
            if not depth:
                return mark.end()
        self.open_comment = at
        return 0

    def type(self, start: int) -> tuple[str, int]:
        match = _TYPE.match(self.text, start)
        whole = _BAD_TYPE.match(self.text, start)
        assert whole is not None  # it may be empty
        if (
            match
            and whole.end() in (match.end(), match.end() + 1)
            and self.text[match.end() : whole.end()] in ("", ",")
        ):
            return match[0].lower(), match.end()
        seen = whole[0][:40]
        problem = f"`{seen}` is no media type" if seen else "there is no media type"
        self.fault("bad-type", problem, start, max(whole.end(), min(start + 1, len(self.text))))
        return (match[0].lower(), whole.end()) if match else ("", whole.end())

    def disposition(self, start: int) -> tuple[str, int]:
        name = _NEXT.match(self.text, start)
        if name:
            self.fault("bad-type", "no disposition stands before the parameters", start, name.end())
            return "", self.parameter(start)
        match = _DISPOSITION.match(self.text, start)
        assert match is not None  # it may be empty
        if not match[0]:
            self.fault("bad-type", "there is no disposition", start, min(start + 1, len(self.text)))
        return match[0].lower(), match.end()

    def parameters(self, at: int) -> None:
        """Read parameters from the place behind the token."""
        text = self.text
        at = self.skip(at)
        while at < len(text):
            if text[at] == ";":
                after = self.skip(at + 1)
                if after == len(text) or text[after] == ";":
                    where = "at the end" if after == len(text) else "twice"
                    self.fault(
                        "empty-parameter", f"a semicolon stands {where}, with no parameter behind it", at, at + 1
                    )
                    at = after
                    continue
                at = after
            elif not self.missing_semicolon(at):
                at = self.stray(at)
                continue
            else:
                at += text[at] == ","
                at = self.skip(at)
            at = self.skip(self.parameter(at))

    def missing_semicolon(self, at: int) -> bool:
        """Whether what stands where a semicolon must be is a parameter nevertheless."""
        comma = self.text[at] == ","
        begin = self.skip(at + 1) if comma else at
        if not _NEXT.match(self.text, begin):
            return False
        if comma:
            self.fault("missing-semicolon", "a comma stands where a semicolon must be", at, at + 1)
            return True
        match = _NEXT.match(self.text, at)
        name = match[0].rstrip("= \t\r\n") if match else ""
        self.fault("missing-semicolon", f"no semicolon stands before `{name[:40]}`", at, at + len(name), name.lower())
        return True

    def stray(self, at: int) -> int:
        """Pass over what is no parameter: it belongs to the value before it when that has no quotes."""
        match = _TO_SEMICOLON.match(self.text, at)
        assert match is not None  # it may be empty
        end = at + len(match[0].rstrip(" \t\r\n"))
        last = self.written[-1] if self.written else None
        if last and not last.quoted and self.skip(last.end) == at:
            value = brief(self.text[last.value_start : end])
            if self.faults and self.faults[-1].start == last.value_start:
                self.faults.pop()
            if last.extended:
                self.fault("bad-percent", f"`{value}` is not percent-encoded", last.value_start, end, last.name)
            else:
                self.fault("unquoted", f"the value `{value}` needs quotes", last.value_start, end, last.name)
        else:
            self.fault("bad-parameter", f"`{brief(self.text[at:end])}` is no parameter", at, max(end, at + 1))
        return match.end()

    def parameter(self, at: int) -> int:
        """Read one parameter; the offset behind it."""
        match = _NAME.match(self.text, at)
        if not match:
            rest = _TO_SEMICOLON.match(self.text, at)
            assert rest is not None  # it may be empty
            seen = rest[0].rstrip(" \t\r\n")
            self.fault("bad-parameter", f"`{brief(seen)}` is no parameter", at, at + max(len(seen), 1))
            return max(rest.end(), at)
        value_start = self.value_start(match.end())
        value, quoted, end = self.value(match[1], value_start)
        parts = _SECTION.fullmatch(match[1].lower())
        if parts is None:
            self.fault("bad-parameter", f"`{brief(match[1])}` is no name of a parameter", at, match.end(1))
            return end
        one = Parameter(
            parts[1], int(parts[2] or 0), bool(parts[2]), bool(parts[3]), value, quoted, at, value_start, end
        )
        self.judge(one)
        self.written.append(one)
        return end

    def value_start(self, at: int) -> int:
        """The offset of a value: a comment that touches it is rather a part of it."""
        end = self.comment_end(at)
        return self.skip(at) if end and self.text[end : end + 1] in (" ", "\t", "\r", "\n") else at

    def value(self, name: str, at: int) -> tuple[str, bool, int]:
        """A value without its quotes, whether it has them, and the offset behind it."""
        text = self.text
        quoted = _QUOTED.match(text, at) if text.startswith('"', at) else None
        if quoted:
            return _PAIR.sub(r"\1", _FOLD.sub("", quoted[1])), True, quoted.end()
        if text.startswith('"', at):
            rest = _TO_SEMICOLON.match(text, at)
            assert rest is not None  # it may be empty
            seen = rest[0].rstrip(" \t\r\n")
            self.fault("unclosed-quote", f"the quote of `{brief(name)}` never ends", at, at + len(seen), name.lower())
            return seen[1:], True, rest.end()
        bare = _BARE.match(text, at)
        assert bare is not None  # it may be empty
        before_comment = bare[1] is not None
        return bare[1 if before_comment else 2], False, bare.end(1) if before_comment else bare.end()

    def judge(self, one: Parameter) -> None:
        """What is wrong with a parameter by itself."""
        name = self.text[one.start : one.value_start].rstrip("= \t\r\n")
        key = (one.name, one.section, one.numbered, one.extended and not one.numbered)
        if key in self.seen:
            self.fault(
                "repeated-parameter", f"the parameter `{brief(name)}` stands twice", one.start, one.end, one.name
            )
        self.seen.add(key)
        if not self.text[one.start : one.end].isascii():
            problem = f"octets outside ASCII stand in the parameter `{brief(name)}`"
            self.fault("non-ascii", problem, one.start, one.end, one.name)
        elif not one.quoted and not one.value and not one.extended:
            self.fault("bad-parameter", f"the parameter `{brief(name)}` has no value", one.start, one.end, one.name)
        elif not one.quoted and not one.extended and _SPECIAL.search(one.value):
            problem = f"the value `{brief(one.value)}` needs quotes"
            self.fault("unquoted", problem, one.value_start, one.end, one.name)
