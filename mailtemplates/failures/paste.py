"""A text as people paste it, made plain: colours of a terminal, marks of HTML, quoted code and what web servers log go.

Of a long text the lines stay that speak of mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailtemplates.pattern import pattern

_MOST = 120_000
_END = 20_000
_LINE = 2_000
_HITS = 2_000
_SPEAK = (
    "smtp", "mail", "ssl", "tls", "certificate", "refused", "rejected", "timed out", "timeout", "getaddrinfo",
    "reset by", "unreachable", "auth", "relay", "recipient", "errno", "winerror", "econn", "etimedout", "enotfound",
    "denied", "disconnected", "unicodeencode", "邮", "证书", "密码", "拒绝", "超时",
)  # fmt: skip
"""A line that has one of these may tell why mail does not arrive."""
_COLOUR = pattern(r"\x1b\[[0-9;?]{0,20}[A-Za-z]")
_TAG = pattern(r"</?(?:br|p|b|i|em|strong|code|pre|div|span|td|tr|li|font|h\d)(?: [^<>\n]{0,200})?/?>", re.I)
_ENTITY = pattern(r"&(lt|gt|amp|quot|apos|nbsp|#0?39|#x27|#34);", re.I)
_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "nbsp": " ", "#34": '"'}
_REQUEST = pattern(
    r"\"(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) [^\"\n]{0,2000} HTTP/[\d.]{1,3}\"(?: \d{3}\b[^\n]*)?"
    r"|\bmethod=[A-Z]{3,7} [^\n]{0,500}?\bstatus=\d{3}\b",
    re.A,
)
_OFFERED = pattern(
    r"(?:^[^\n]{0,100}?\b|(?<=[, >\d]))250[- ]"
    r"(?:AUTH|SIZE|STARTTLS|PIPELINING|8BITMIME|BINARYMIME|SMTPUTF8|DSN|CHUNKING"
    r"|ENHANCEDSTATUSCODES|ETRN|VRFY|HELP|LIMITS|REQUIRETLS|MAILCOMPRESS|X[A-Z0-9-]+)\b[^\n]*$"
    r"|^(?:PIPELINING|8BITMIME|SMTPUTF8|ENHANCEDSTATUSCODES|CHUNKING|BINARYMIME|DSN|STARTTLS|SIZE \d+"
    r"|AUTH [A-Z0-9 -]+)$",
    re.M,
)
_OUTLOOK = pattern(
    r"The message could not be sent because [^\0]{0,1500}?\bServer Response: '?([245]\d\d\b[^\0]{8,800}?)'?,? Port:? \d"
    r"[^\0]{0,120}?Error Number: 0x[0-9A-Fa-f]{8}"
)  # Outlook Express says about each refusal that an address was rejected, whatever the server told
_REFUSED = pattern(r"(['\"«“] ?[45]\d\d[ -][^\0]{8,800}?['\"»”][^\0]{1,200}?\b)0x800CCC7[89]\b", re.I)
"""The same in other languages: its error number says less than the reply."""
_GUESSES = pattern(r"^\d\. (?:The|A|You) [^\n]*$", re.M)  # MailKit lists all that may be, before what it is
_NET_CODES = {
    "Service not available, closing transmission channel": 421, "Error in processing": 451,
    "Insufficient system storage": 452, "Client does not have permission to submit mail to this server": 454,
    "Bad sequence of commands": 503, "Mailbox unavailable": 550, "Exceeded storage allocation": 552,
    "Mailbox name not allowed": 553, "Transaction failed": 554,
}  # fmt: skip
_NET = pattern(rf"\b({'|'.join(_NET_CODES)})\.\s+The server response was: ?(?=[^\s\d])")
"""What .NET says of a reply's code, in place of it, before the reply's words."""
_NET_EITHER = pattern(
    r"(?:a secure connection|sichere Verbindung|connexion sécurisée|connessione (?:protetta|sicura)|conexión segura"
    r"|conexão segura|безопасно\w{1,3} (?:подключени|соединени)|安全(?:的)?连接|保護された接続)"
    r"[^\n.。:：]{0,120}[.。]\s{0,9}[^\n.:：]{3,40}[:：]\s?(?=\d\.|\w{1,40} \w)"
    r"(?![^\n]{0,400}\b[45]\d\d[ -][45]\.)"
)  # .NET's words for 530 name two causes; the server says which
_MESSAGE = pattern(
    r"^(?P<lead>[^\n]{0,60}?\b354[ -][^\n]*\n)[^\0]{1,20000}?^(?:[^\w\n]{0,9}|[^\n]{0,60}CLIENT -> SERVER: )\.\r?$",
    re.M,
)  # what a transcript shows between the reply to DATA and the lone dot is no server's word
_MAY_BE = pattern(r"(?<=\n)[^\n]{0,400}\b[Pp]ossible (?:causes|reasons)\b[^\n:]{0,40}:[^\0]{0,1500}?(?=\n\s*\n|\Z)")
_TITLE = pattern(
    r"\b[45]\.\d\.\d\s- (?:Unknown address error|Other mail system problem)(?=[\"']? ?(?:Response|\(|[45]\d\d))"
)
"""What AsyncOS says of a reply whose own words it gives after it."""
_EXIM_GAVE_UP = pattern(
    r"(\berror from remote mail server[^\n]{1,200}?\b[45]\d\d\b[^\n]{3,500}?): ?(?:retry time|all hosts for )[^\n]*"
)
"""What Exim says after a server's words: how it goes on."""
_PASSED = pattern(
    r"\b(?:spf|dkim|dmarc|arc|iprev)=(?:pass|none|neutral|bestguesspass)\b|^Received-SPF: (?:pass|none|neutral)[^\n]*",
    re.I | re.M,
)
_FRAME = pattern(
    r"^[^\"\n]{0,120}\bFile \\?\"[^\"\n]*\", line \d+, (in [^\n]*)$(?:\n[^\"\n]{0,80}?[ \t]{4,}\S[^\n]*$)?", re.M
)
_CALL = pattern(r"^[ \t]+at [^\n]*$", re.M)
_PROGRAM = pattern(
    r"^(?:[ \t|+]*[\^~]+[^\n]*|[ \t]{4,}[^\n]*|During handling of [^\n]*|The above exception was [^\n]*)$", re.M
)
_FRAME_IN_JSON = pattern(r"\\n[ \t]+(?:at [^\\\n]*|File \\+\"[^\"\n]*\", line \d+, (?=in ))")
_FRAMES = ("Traceback", "\n    at ", "\n\tat ", 'File "', "\\n    at ", "\\n  File ")


def plain(text: str) -> str:
    """The text without what only screens, pages and logs add to it, and without what a server offers after EHLO."""
    if "\x1b" in text:
        text = _COLOUR.sub("", text)
    if "</" in text or "<br" in text:
        text = _TAG.sub(" ", text)
    if "&" in text:
        text = _ENTITY.sub(lambda found: _ENTITIES.get(found[1].lower(), "'"), text)
    if "HTTP/" in text or "method=" in text:
        text = _REQUEST.sub(" ", text)
    if "Server Response: " in text:
        text = _OUTLOOK.sub(r"\1", text)
    if "erver" in text or "服务器" in text or "サーバ" in text or "ервер" in text:
        text = _NET_EITHER.sub("530 ", _NET.sub(lambda found: f"{_NET_CODES[found[1]]} ", text))
    if "0x800ccc7" in text.lower():
        text = _REFUSED.sub(r"\1", text)
    if "This usually means that the SSL" in text:
        text = _GUESSES.sub("", text)
    if "ossible causes" in text or "ossible reasons" in text:
        text = _MAY_BE.sub("", text)
    if " - Unknown address" in text or " - Other mail" in text:
        text = _TITLE.sub("", text)
    if ": retry time" in text or ": all hosts for" in text:
        text = _EXIM_GAVE_UP.sub(r"\1", text)
    if "=pass" in text or "=none" in text or "Received-SPF" in text:
        text = _PASSED.sub("", text)
    if "354 " in text:
        text = _MESSAGE.sub(r"\g<lead>", text)
    if "250-" in text or "250 " in text or "PIPELINING" in text:
        text = _OFFERED.sub(" ", text)
    return text


def without_code(text: str) -> str:
    """The text without lines of code and without frames, but for the names of functions in Python's."""
    if not any(sign in text for sign in _FRAMES):
        return text
    bare = _CALL.sub("", _FRAME_IN_JSON.sub(" ", text))
    return (_PROGRAM.sub("", _FRAME.sub(r"\1", bare)) if 'File "' in bare else bare) or text


def shortened(text: str) -> str:
    """A text of bearable length: of a long one the end, and lines that speak of mail, those with rare words first."""
    if len(text) <= _MOST:
        return text
    lower = text.lower()
    if len(lower) != len(text):
        text = lower
    starts: set[int] = set()
    room = _MOST - _END
    for word in sorted(_SPEAK, key=lower.count):
        for start in _lines_with(word, lower):
            if start not in starts and room > 0:
                starts.add(start)
                room -= len(_line(text, start)) + 1
    return "\n".join((*(_line(text, start) for start in sorted(starts)), text[-_END:]))


def _lines_with(word: str, text: str) -> Iterator[int]:
    """Where lines begin that have a word."""
    at = text.find(word)
    for _ in range(_HITS):
        if at < 0:
            return
        start = text.rfind("\n", max(0, at - _LINE), at) + 1
        yield start or max(0, at - _LINE)
        end = text.find("\n", at, at + _LINE)
        at = text.find(word, end if end >= 0 else at + _LINE)


def _line(text: str, start: int) -> str:
    end = text.find("\n", start, start + 2 * _LINE)
    return text[start : end if end >= 0 else start + 2 * _LINE]
