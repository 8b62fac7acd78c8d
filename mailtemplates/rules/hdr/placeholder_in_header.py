from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings, Severity
from mailtemplates.linting.rule import rule
from mailtemplates.octets.address import read_addresses
from mailtemplates.octets.encodedword import decode
from mailtemplates.octets.field import RawField
from mailtemplates.octets.mime import Part
from mailtemplates.pattern import pattern
from mailtemplates.text.unfilled import NOTHING, is_nothing

_ADDRESSES = frozenset(("from", "sender", "reply-to", "to", "cc"))
# What a header holds when there is anything to look for.
_WORDS = ("<<", "None", "undefined", "null", "NaN", "nan", "object at 0x", " method ", "b'", 'b"')
_SIGNS = pattern(rb"[{%\[]|\*\||=\?|##")
_NO_SIGN = bytes(octet for octet in range(256) if octet not in b"{%[*|=?#")
_PLACEHOLDER = pattern(
    r"\{\{[^{}]{0,200}\}\}"  # Jinja, Handlebars, Mustache
    r"|\{%[^{}%]{1,200}%\}"
    r"|%7B%7B.{0,200}?%7D%7D"  # the same in a URL
    r"|[$#]\{[^{}]{1,100}\}|\{\$[A-Za-z_][\w.]{0,60}\}"  # Freemarker, Ruby, JavaScript, Smarty
    r"|\*\|[A-Za-z0-9_:. -]{1,80}\|\*"  # Mailchimp
    r"|<%[^%]{1,200}%>"  # ERB
    r"|%%[A-Za-z_]{2,60}%%"
    r"|%\([A-Za-z_]\w{0,60}\)[sdrif]\b"
    r"|\[(?:FIRST|LAST|FULL|USER)[ _]?NAME\]"
    r"|\[object [A-Z][a-z]+\]"
    r"|<[\w.]{1,80} object at 0x[0-9a-fA-F]{4,16}>|<(?:bound|built-in) method [^<>]{1,100}>"
)
_SURE = pattern(r"\{\{[^{}]{0,200}\}\}|\{%[^{}%]{1,200}%\}|\*\|[A-Za-z0-9_:. -]{1,80}\|\*")
_PERCENT = pattern(r"(?<![0-9A-Za-z%])%[A-Za-z][A-Za-z0-9_.]{2,60}%(?![0-9A-Fa-f]{2})")
_PERCENT_IN_URL = pattern(r"(?<![0-9A-Za-z%])%(?![0-9A-Fa-f]{2})[A-Za-z][A-Za-z0-9_.]{2,60}%(?![0-9A-Fa-f]{2})")
_PERSON = r"(?:user|customer|recipient|subscriber|contact|order|account|member|client)\.[a-z_]{1,40}"
_DOUBTFUL = pattern(
    rf"(?<![\w{{$#])\{{(?:{_PERSON}|[a-z_][a-z0-9_]{{0,60}}|\d)?\}}(?!\}})"
    r"|\{\{\s*[A-Za-z_][^{}]{0,60}$"
    r"|(?<![\w%])%s(?!\w)|<<[A-Za-z_ ]{2,40}>>|\[\[[a-z_. ]{2,40}\]\]|##[A-Z_]{2,40}##"
)
_ONLY_NOTHING = pattern(rf"\s*{NOTHING}(?:\s+{NOTHING})*\s*")
_NO_ADDRESS = pattern(rf"(?:^|<)\s*({NOTHING})\s*(?:$|>)")
_BYTES = pattern(r"b'[^']+'|b\"[^\"]+\"")
_NOBODY = pattern(rf"\b(?:[Hh]ello|[Hh]i|[Hh]ey|[Dd]ear|[Ww]elcome)(?: to)?,? ({NOTHING})(?=\s*(?:[!,.:;?]|$))")


_FIELDS = frozenset(
    (
        *_ADDRESSES,
        *("subject", "date", "message-id", "in-reply-to", "references", "comments", "keywords", "organization"),
        *("list-unsubscribe", "list-id", "list-help", "list-subscribe", "list-post", "list-owner", "list-archive"),
        *("content-disposition", "content-description", "content-id"),
    )
)


@rule("HDR020", severity="error")
def placeholder_in_header(part: Part) -> Findings:
    """A placeholder of a template stands in a header field.

    The reader sees `Hello {{ name }}` or `Hello None`: a field of the template was not filled in, for this reader or
    for all of them. What only looks like a placeholder, such as `{name}`, and what stands in a field that only programs
    read, is a warning.

    Reference: Jinja, Mailchimp and other template languages

    Bad:

        Subject: Welcome, {{ user.name }}
        …

    Bad:

        Subject: *|FNAME|*, your order is here
        …

    Bad:

        To: %FIRSTNAME% <ben@reader.example>
        …

    Bad:

        Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe=2C_=7B=7B_name_=7D=7D?=
        …

    Bad:

        Subject: Hello None, your order is here
        …

    Bad:

        To: undefined <ben@reader.example>
        …

    Bad:

        To: ann@reader.example, None
        …

    Bad:

        Subject: b'Your order has been sent'
        …

    Bad:

        Date: {{ now }}
        …

    Bad:

        Message-ID: <{{ uuid }}@acme-shop.com>
        …

    Bad:

        X-Campaign: {{ campaign }}
        …

    Bad:

        Subject: Hello {first_name}
        …

    Good:

        Subject: 20% off, and 30% for members: {Summer} [Sale] is None of your business
        …

    Good:

        List-Unsubscribe: <https://acme-shop.com/u?t=%C3ABC%20DEF%25>
        …
    """
    if _is_marked(part.octets[part.header.start : part.header.end]):
        for field in part.fields:
            yield from _judge(field)


def _is_marked(header: bytes) -> bool:
    """Whether there may be a placeholder: without one of these words or signs there is none."""
    if _SIGNS.search(header.translate(None, _NO_SIGN)):
        return True
    text = header.decode("latin-1")  # twice as fast to look for many words in
    return any(map(text.__contains__, _WORDS))


def _judge(field: RawField) -> Findings:
    if not _is_marked(field.raw):
        return
    if field.lower not in _FIELDS:
        if match := _SURE.search(field.value):
            yield _finding(field, match[0], "warning")
        return
    text = decode(field.value) if "=?" in field.latin else field.value
    percent = _PERCENT_IN_URL if "%" in text and ("://" in text or "mailto:" in text) else _PERCENT
    match = _PLACEHOLDER.search(text) or percent.search(text)
    if match:
        yield _finding(field, match[0])
    elif field.lower == "subject":
        yield from _subject(field, text)
    elif field.lower in _ADDRESSES:
        yield from _names(field)
    elif is_nothing(text):
        yield _finding(field, text)


def _subject(field: RawField, text: str) -> Findings:
    """A subject that is or greets what a program prints for nothing, or that holds what looks like a placeholder."""
    if match := _ONLY_NOTHING.fullmatch(text) or _BYTES.fullmatch(text):
        yield _finding(field, match[0])
    elif match := _NOBODY.search(text):
        yield _finding(field, match[1])
    elif match := _DOUBTFUL.search(text):
        yield _finding(field, match[0], "warning")


def _names(field: RawField) -> Findings:
    """Display names and addresses that are nothing but what a program prints for nothing."""
    for box in read_addresses(field).mailboxes:
        if match := _NO_ADDRESS.search(field.latin[box.span.start : box.span.end]):
            yield _finding(field, match[1], at=box.span.start + match.start(1))
            return
        if box.name and box.spec:
            start, end = box.name_at
            name = field.latin[start:end].strip('"')
            if _ONLY_NOTHING.fullmatch(name):
                yield _finding(field, name, at=start)
                return


def _finding(field: RawField, text: str, severity: Severity | None = None, at: int = 0) -> Finding:
    text = text.strip()
    start = field.latin.find(text, at)
    if start < 0:
        start, end = len(field.latin) - len(field.latin.lstrip()), len(field.latin.rstrip())
    else:
        end = start + len(text)
    problem = f"the placeholder `{shorten(text, 40)}` stands in {shorten(field.name, 40)}"
    return Finding(field.at(start, end), problem, "give it a value, or a default", severity=severity)
