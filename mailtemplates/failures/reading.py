"""What a text says: replies of servers and errors of programs, found in tracebacks, logs, bounces and single lines.

What a paste has around it is left out (see :mod:`mailtemplates.failures.paste`), and so is the message that a bounce
gives back.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from typing import Literal, NamedTuple, Self

from mailtemplates.characters import ascii_controls
from mailtemplates.failures.decoding import charset_of
from mailtemplates.failures.paste import plain, shortened, without_code
from mailtemplates.failures.phrase import spoken
from mailtemplates.pattern import pattern

_MOST = 20
_SHORT = 20_000
"""In longer texts a number without anything beside it is no code."""
_SHOWN = 400
_OCTETS = pattern(r"(?:\\x[0-9a-fA-F]{2}){1,4000}")
_HUMP = pattern(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ESCAPE = pattern(r"\\(?:r\\n|[nrt])|\r")
_GIVEN_BACK = pattern(
    r"^(?:Content-Type: *(?:message/rfc822|text/rfc822-headers)|-+ ?(?:Below this line|This is a copy|Original message"
    r"|The header of the original|Undelivered message)|Original message headers:|Return-Path: )",
    re.M | re.I,
)
_HEAD = pattern(r"(?:[A-Za-z][\w-]{1,60}(?::[^\n]*|[ ][^\n]*)\n(?:[ \t][^\n]*\n)*)+\n")
_SUBJECT = pattern(r"^Subject:[^\n]*(?:\n[ \t][^\n]*)*", re.M | re.I)
_IS_MAIL = pattern(r"^(?:Message-ID|Received|MIME-Version|Return-Path):", re.M | re.I)
_OF_A_BOUNCE = pattern(
    r"^(?:(?:Final|Original|X-Actual)-Recipient|X-Failed-Recipients|Reporting-MTA|Received-From-MTA|Remote-MTA|X-Postfix-\S+"
    r"|Arrival-Date|Last-Attempt-Date):[^\n]*"
    r"|\bone or more (?:of its\s)?recipients|Delivery to the following recipients? (?:failed|has been delayed)"
    r"|Delivery has failed to these recipients|following list of recipients"
    r"|deliver the mail to the following recipients|addresses had permanent fatal errors|\bdoes not like recipient",
    re.M | re.I,
)
_BEFORE_REPLY = pattern(
    r"^[^\n]{0,1000}?(?:\bsaid: |refused to talk to me: |\bDiagnostic-Code: *(?:smtp|X-\w+) *;|\),smtp;)", re.M | re.I
)
_LOGIN = "SASL authentication failed; server"
"""How Postfix says that what follows answered its login."""
_LOGGED = pattern(r"said: |talk to me: |nostic-code:|\),smtp;", re.I)
_PEER = pattern(r"[\w.-]{1,255}\[(?!\d+\])[\da-fA-F.:]{2,45}\](?::\d+)?", re.ASCII)
_IP = pattern(
    r"(?<![\w.-])(?:\d{1,3}(?:\.\d{1,3}){3}|[xX*]{1,3}(?:\.[xX*\d]{1,3}){3}|(?:[\da-fA-F]{0,4}:){3,7}[\da-fA-F]{0,4})(?![\w-])",
    re.ASCII,
)
_AN_IP = " ipaddr "
_GLUED = pattern(r"(?<![\w.])([245]\.\d{1,3}\.\d{1,3})(?=[A-Za-z])", re.ASCII)
_ADDRESS = pattern(r"[^\s<>()'\",:;\[\]{}=]{1,64}@[^\s<>()'\",:;\[\]{}]{1,255}")
_CHALLENGE = pattern(r"(?:\b334[ '\",b]{1,5}|\b(?=eyJ))([A-Za-z0-9+/=]{16,2000})", re.ASCII)

_CHALLENGED = 334
_ENHANCED = r"[245]\.\d{1,3}\.\d{1,3}(?![.\d])"
_BOTH = pattern(rf"(?<![\w.])([2-5]\d\d)[-\s,:;#(\[<'\"b]{{1,6}}({_ENHANCED})([^\n]*)", re.ASCII)
_CODE = pattern(
    r"(?:^[ \t>*|<]{0,40}|[('\"\[{<#;] ?|(?:said|says|response|reply|replied|server|error|returned|failed|code|status"
    r"|to|host|command|RCPT|DATA|MAIL|AUTH|was|with|data|\]|\)|>|[a-z])['\"]?[:=]['\" ]*|\b(?:error|code|reply|status"
    r"|response|returned|SMTP) )([2-5]\d\d)(?=[-\s,;:'\")\]}<#]|$)()([^\n]*)",
    re.M | re.I | re.ASCII,
)
_LONE = pattern(
    r"(?<![\w.:/=@+-])(?<!\d,)(4(?:2[0-9]|3[1-5]|4[0-24-9]|5[0-9]|71)|5(?:0[0-5]|1[0-7]|2[0-6]|3[0-9]|4[0-5]|5[0-9]|7[0-3]))"
    r"(?![\w%/@]|[.,:]\d)()([^\n]*)",
    re.ASCII,
)
_DETAIL = pattern(rf"(?<![\w.])({_ENHANCED}|[Xx]\.\d{{1,3}}\.\d{{1,3}}(?![.\d]))([^\n]*)", re.ASCII)
_VERSION = pattern(
    r"(?:\b(?:version|release|python|django|flask|odoo|airflow|php|phpmailer|swiftmailer|laravel|symfony|wordpress|drupal"
    r"|node(?:\.?js)?|nodemailer|npm|ruby|rails|java|spring|jdk|tomcat|jenkins|mailkit|framework|core|go|gitea|gitlab"
    r"|grafana|nextcloud|openssl|gnutls|msmtp|mutt|curl|git|postfix|exim|dovecot|debian|ubuntu|centos|fedora|windows|macos"
    r"|ios|android|kernel|linux|docker|thunderbird|outlook|office)['\"]?[ \t:=>\]('\"]{1,5}|[A-Za-z][-/@])$",
    re.I | re.A,
)
_NUMBER = pattern(
    r"\b(?:line|port|pid|size|id|took|after|than|errno|exit|limit|maximum|length|HTTP/[\d.]+|http|delay"
    r"|Request failed with status code|run-?time error)['\"]?[ =:#]*['\"]?$"
    r"|[\w/](?<!error)(?<!code)\[$|\.(?:py|php|m?[jt]sx?|java|kt|rb|go|cs|vb|cc|cpp|swift|exs?|inc|html|aspx)[:(]$",
    re.I | re.ASCII,
)
_MEASURE = pattern(r"\s*(?:bytes|octets|seconds|secs|ms|s|[kmg]i?b|times|days|minutes|hours)\b(?!-)", re.I | re.ASCII)
_MARKS = " \t-,:;'\")]}#>"
_YES = frozenset({211, 214, 220, 221, 235, 250, 251, 252, 334, 354})
_PORTS = frozenset({443, 465, 587, 993, 995})
_STAGE = pattern(
    r"(?P<sender>(?:reply\s+to|after(?:\s+pipelined)?)\s+MAIL\b|>>> MAIL\b[^\n]{0,500}\n<<< [45]|SMTPSenderRefused"
    r"|sender was rejected)|(?P<greeting>initial\s+connection|(?:reply\s+to|after(?:\s+pipelined)?)\s+(?:EHLO|HELO)\b"
    r"|refused\s+to\s+talk\s+to\s+me|SMTPConnectError)",
    re.I,
)
_FATE = pattern(
    r"^Action: *(failed|delayed)|\bstatus=(bounced|deferred|expired)\b|(?:\.\.\. |\bstat=)(Deferred): "
    r"|\b(temporarily rejected) (?:RCPT|MAIL|DATA|connection|after)\b|\b(defer) \(-?\d"
    r"|\bI'm not going to try again|\bI've given up\b",
    re.M | re.I,
)
_ACTS = ("status=", "ction:", "Deferred: ", "porarily rejected ", "defer (", "I'")
_RETURNED = pattern(
    r"rejected your message to the following e|Delivery has failed to these recipients|failed permanently"
    r"|permanent fatal errors|This is a permanent error|\breturned to sender\b",
    re.I,
)
"""What is said of a message that was given up, whatever a server answered."""
_REPLY = pattern(r"\s*[45]\d\d[ -]", re.ASCII)

_RECIPIENT = pattern(
    r"['\"]([^'\"\s]{1,320}@[^'\"\s]{1,255})['\"]: ?[(\[]([245]\d\d), ?b?"
    r"(?:'([^'\n]{0,2000})'|\"([^\"\n]{0,2000})\")[)\]]",
    re.A,
)
_MAIL_SERVER = pattern(
    r"\bstatus=[a-z]|\bpostfix/|\bexim\b|\bqmail\b|mailer-daemon|\bdeferred\b|\bdefer \(|^Action:|retry time"
    r"|delivery (?:status|temporarily|failed|attempt)|undeliver",
    re.M | re.I,
)
_ERROR = pattern(
    r"Traceback \(most|\b[A-Za-z]\w{0,80}(?:Exception|Error)\b|^[ \t]+at \S|[Ee]rrno\b|\bos error\b"
    r"|\bE(?:CONN\w+|TIMEDOUT|SOCKET|AUTH|NOTFOUND|DNS|PIPE|PROTO\w*|HOST\w+|NET\w+|AI_\w+|ADDR\w+|ENVELOPE|NOENT)\b"
    r"|\b0x8[\da-fA-F]{7}\b|SSL routines|\bdial tcp\b|\bmsmtp\b|\bcurl:|\bpanicked at\b|\bfailed to send\b",
    re.M,
)
_NEXT_SERVER = pattern(r"\bqueue|\bpostfix\b|postmaster|\bMX\b|\bmx\d*\.|remote host|destination|next hop", re.I)

Fate = Literal["", "given up", "waits"]
"""What a mail server says it did with the message: returned it, or keeps it and tries again."""

Stage = Literal["", "greeting", "sender"]
"""What the server answered when it refused, where the text tells: the connection or the MAIL command."""

Teller = Literal["", "program", "mail server"]
"""Who tells it, as far as that is seen: a program that would send, or a mail server, of the one it passes mail to."""


class Statement(NamedTuple):
    """A reply: its code or 0, its enhanced status code or an empty string, and its words."""

    code: int
    enhanced: str
    text: str

    @property
    def digit(self) -> int:
        """The first digit: of the code, else of the enhanced status code; 0 for ``X.7.8``."""
        first = self.enhanced[:1]
        return self.code // 100 or (int(first) if first.isdecimal() else 0)

    def __str__(self) -> str:
        return " ".join(filter(None, (str(self.code or ""), self.enhanced, self.text)))


class Reading(NamedTuple):
    """A text as far as it speaks of mail.

    :param statements: its replies, most telling first.
    :param words: its words, see :func:`spoken`.
    :param recipients: where a program lists refused recipients: each reply with the addresses that got it.
    :param parted: its words once more where no server speaks, names such as ``MissingStartTls`` taken apart.
    """

    statements: tuple[Statement, ...]
    words: str
    fate: Fate
    stage: Stage
    recipients: tuple[tuple[Statement, tuple[str, ...]], ...]
    teller: Teller
    parted: str = ""

    @classmethod
    def of(cls, text: str) -> Self:
        """Read a text of any kind."""
        text = plain(shortened(text))
        told = _told(text)
        statements, challenge = _statements(told), _challenge(told)
        if challenge:
            statements = tuple(one for one in statements if one.code != _CHALLENGED)
        words = words_of(f"{_joined(told, statements[0]) if statements else told}\n{challenge}")
        parted = words_of(_HUMP.sub(" ", told)) if not statements and len(told) < _SHORT else ""
        fate = _fate(text) or ("" if statements or not _RETURNED.search(text) else "given up")
        return cls(statements, words, fate, _stage(text), _recipients(told), _teller(text), parted)

    @classmethod
    def of_reply(cls, reply: Statement) -> Self:
        """A reply by itself."""
        return cls((reply,), words_of(reply.text), "", "", (), "")

    def only(self, reply: Statement) -> Self:
        """As if the text had this reply alone."""
        return self._replace(statements=(reply,), words=words_of(str(reply)), recipients=())


def words_of(text: str) -> str:
    """The words of a reply, see :func:`spoken`, without addresses and hosts: these are not the server's words.

    An IP address is the word ``ipaddr``: whether a server speaks of one often tells what it refuses.
    """
    text = _ADDRESS.sub(" ", text) if "@" in text else text
    text = _PEER.sub(" ", text) if "[" in text else text
    return spoken(_GLUED.sub(r"\1 ", _IP.sub(_AN_IP, text)))


def _joined(text: str, reply: Statement) -> str:
    """The text with its reply's code said once: each line of it begins so (RFC 5321 §4.2, RFC 2034 §4)."""
    code = str(reply.code)
    end = text.find(code) + len(code)
    rest = text[end:]
    if not reply.code or code not in rest:
        return text
    again = (f"{code}-{reply.enhanced}", f"{code} {reply.enhanced}") if reply.enhanced else ()
    for one in (*again, f"\n{code}-", f"\n{code} ", f" {code}-"):
        rest = rest.replace(one, " ")
    return text[:end] + rest


def _fate(text: str) -> Fate:
    """What the mail server did. A reply that says of itself that it gives up is a reply: its digit tells."""
    found = _FATE.search(text) if any(sign in text for sign in _ACTS) else None
    if not found:
        return ""
    acted = found[found.lastindex].lower() if found.lastindex else ""
    if not acted and _REPLY.match(text):
        return ""
    return "waits" if acted in ("delayed", "deferred", "defer", "temporarily rejected") else "given up"


def _stage(text: str) -> Stage:
    found = _STAGE.search(text)
    return "" if not found else "sender" if found["sender"] else "greeting"


def _teller(text: str) -> Teller:
    if _MAIL_SERVER.search(text):
        return "mail server"
    return "program" if _ERROR.search(text) else "mail server" if _NEXT_SERVER.search(text) else ""


def _recipients(text: str) -> tuple[tuple[Statement, tuple[str, ...]], ...]:
    """What smtplib and others list of refused recipients: ``{'bob@b.test': (550, b'5.1.1 User unknown')}``."""
    found: dict[Statement, list[str]] = {}
    for one in _RECIPIENT.finditer(text) if "@" in text else ():
        reply = _statement(int(one[2]), one[3] or one[4] or "")
        if reply in found or len(found) < _MOST:
            found.setdefault(reply, []).append(one[1])
    return tuple((reply, tuple(dict.fromkeys(addresses))) for reply, addresses in found.items())


def _statement(code: int, text: str) -> Statement:
    enhanced, _, rest = text.partition(" ")
    known = _DETAIL.fullmatch(enhanced)
    return Statement(code, enhanced, _shown(rest)) if known else Statement(code, "", _shown(text))


def _told(text: str) -> str:
    """The text without quoted code and returned messages, escapes undone."""
    text = _unpacked(text) if "\n" in text else text
    back = _GIVEN_BACK.search(text) if "\n" in text else None
    if back and text[: back.start()].strip():
        text = text[: back.start()]
    text = without_code(text)
    if _LOGGED.search(text):
        text = _BEFORE_REPLY.sub(lambda found: f" {_LOGIN} " if _LOGIN in found[0] else " ", text)
    if "\\x" in text:
        charset = charset_of(b" ".join(map(_octets, _OCTETS.findall(text))))
        text = _OCTETS.sub(lambda found: _octets(found[0]).decode(charset, "replace"), text)
    return _ESCAPE.sub(" ", text) if "\\" in text or "\r" in text else text


def _unpacked(text: str) -> str:
    """The text of a bounce without its head, but for the subject, and without the phrases of every bounce."""
    text = text.replace("=\n", "")
    head = _HEAD.match(text)
    if head and _IS_MAIL.search(head[0]):
        subject = _SUBJECT.search(head[0])
        text = f"{subject[0] if subject else ''}\n{text[head.end() :]}"
    bare = _OF_A_BOUNCE.sub(" ", text) if "ecipient" in text or "-MTA:" in text else text
    return bare if bare.strip() else text


def _octets(escaped: str) -> bytes:
    """The octets that a repr of bytes shows as ``\\xd3\\xc3``."""
    return bytes.fromhex(escaped.replace("\\x", ""))


def _challenge(text: str) -> str:
    """What a server says of an OAuth token: JSON in base64."""
    found = _CHALLENGE.search(text) if "334" in text or "eyJ" in text else None
    return _decoded(found[1]) if found else ""


def _decoded(base64_text: str) -> str:
    try:
        return binascii.a2b_base64(base64_text + "==").decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def _statements(text: str) -> tuple[Statement, ...]:
    """Codes with an enhanced status code go first, then codes where a reply stands, then numbers that may be codes."""
    found = list(_found(_BOTH, text)) or list(_found(_CODE, text))
    if not found and len(text) < _SHORT:
        found = list(_found(_LONE, text))
    refusing = [one for one in found if one.digit >= 4] or found
    if not refusing:
        return tuple(Statement(0, one[1], _shown(one[2])) for one in _details(text))[:_MOST]
    if not refusing[0].enhanced:
        same = [one[1] for one in _details(text) if one[1][0].isdecimal()]
        fitting = [one for one in same if int(one[0]) == refusing[0].digit] or same
        refusing[0] = refusing[0]._replace(enhanced=fitting[0] if fitting else "")
    return tuple(dict.fromkeys(refusing))[:_MOST]


def _details(text: str) -> Iterator[re.Match[str]]:
    """Enhanced status codes. Versions of programs look like them; a yes counts when it is what the text is about."""
    sent, start = "status=sent" in text, len(text) - len(text.lstrip())
    for one in _DETAIL.finditer(text):
        if (one[1][0] != "2" or sent or one.start() == start) and not _VERSION.search(
            text, max(0, one.start() - 24), one.start()
        ):
            yield one


def _found(form: re.Pattern[str], text: str) -> Iterator[Statement]:
    last: Statement | None = None
    start = len(text) - len(text.lstrip())
    for match in form.finditer(text):
        code = int(match[1])
        if code in _PORTS or (form is not _BOTH and _is_number(text, match)):
            continue
        if code < 400 and (code not in _YES or match.start(1) > start):
            continue
        one = Statement(code, match[2], _shown(match[3]))
        if last and last[:2] == one[:2]:
            last = last._replace(text=f"{last.text} {one.text}"[:_SHOWN])
            continue
        if last:
            yield last
        last = one
    if last:
        yield last


def _is_number(text: str, match: re.Match[str]) -> bool:
    """Whether it counts or measures something: ``line 535``, ``500 bytes``."""
    return bool(_MEASURE.match(match[3]) or _NUMBER.search(text, max(0, match.start(1) - 40), match.start(1)))


def _shown(text: str) -> str:
    text = text.strip(_MARKS)
    return ascii_controls((text[2:].strip(_MARKS) if text[:2] in ("b'", 'b"') else text)[:_SHOWN])
