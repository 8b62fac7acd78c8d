"""URLs taken apart, and what is wrong with one (RFC 3986, RFC 6068, RFC 3966).

Any text is read and none raises: :func:`read_url` splits, :func:`find_fault` judges what stands in a message,
where no base URL makes a relative one whole.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from mailtemplates.characters import shorten
from mailtemplates.errors import AddressError
from mailtemplates.headers.domain import check_domain
from mailtemplates.pattern import pattern

# RFC 3986 appendix B; a backslash ends the authority too, as in browsers.
_SPLIT = pattern(r"(?s)(?:([A-Za-z][A-Za-z0-9+.-]*+):)?(?://([^/?#\\]*+))?([^?#]*+)(?:\?([^#]*+))?(?:#(.*+))?")
_PERCENT = pattern(r"%(?![0-9A-Fa-f]{2})")
_NOT_ALLOWED = pattern(r"[\x00-\x20\x7f\"<>\\^`{|}]|[^\x00-\x7f]+")
_PORT_ONLY = pattern(r"\d{1,5}(?![^/?#])")
_WORD = pattern(r"[\w.-]++%")
_MARKS = pattern(
    r"\{\{|\}\}|\{%|\$\{|#\{|@\{|\*\||\|\*|<%|%%|\[\[|\]\]|##|\{[\w.:$ -]+\}|\[[A-Za-z_][\w.: -]*\]|__\w+__|\A\$\w|@@|"
    r"%\(\w+\)s|%s"
)
_TYPOS = frozenset(
    ("htp", "htps", "hhtp", "hhtps", "htttp", "htttps", "httpss", "ttp", "ttps", "htpp", "htpps", "hxxp", "hxxps",
     "htttps", "httsp", "hptts", "httos", "htts", "https.", "http.", "mailo", "mailt", "malto", "mail-to")
)  # fmt: skip
_TEL = pattern(r"\+?[0-9A-Fa-f*#().-]+(?:;[A-Za-z0-9-]+(?:=[^;\s]*)?)*")
_ADDR_SPEC = pattern(r"[^\x00-\x20()<>\[\]:;@\\,\"]+@([^@\s]+)")
_LITERAL = pattern(r"\[[0-9A-Fa-f:.]+(?:%25[\w.~-]+)?\]|\[v[0-9A-Fa-f]+\.[\w.~!$&'()*+,;=:-]+\]")


class Url(NamedTuple):
    """A text split into what RFC 3986 §3 calls its components, without the marks between them.

    :param scheme: in lower case; empty for a relative reference.
    :param authority: as written; None when there is no ``//``.
    """

    text: str
    scheme: str
    authority: str | None
    path: str
    query: str
    fragment: str

    @property
    def userinfo(self) -> str:
        """What stands before the last ``@`` of the authority."""
        return (self.authority or "").rpartition("@")[0]

    @property
    def _host_and_port(self) -> tuple[str, str]:
        rest = (self.authority or "").rpartition("@")[2]
        if rest.startswith("["):
            host, bracket, port = rest.partition("]")
            return host + bracket, port.removeprefix(":")
        host, _, port = rest.partition(":")
        return host, port

    @property
    def host(self) -> str:
        """The host in lower case, a literal in its brackets; without a dot at its end."""
        return self._host_and_port[0].lower().removesuffix(".")

    @property
    def port(self) -> str:
        """The port as written, or empty."""
        return self._host_and_port[1]

    @property
    def is_web(self) -> bool:
        """Whether it is an ``http`` or ``https`` URL with a host that no other system fills in later."""
        return self.scheme in ("http", "https") and bool(self.host) and not has_marks(self.authority or "")


class UrlFault(NamedTuple):
    """What is wrong with a URL.

    :param problem: in words that go on after "the link ", such as ``is relative``.
    :param cure: what to write.
    :param works: whether readers cope with it as a rule.
    """

    problem: str
    cure: str
    works: bool = False


@lru_cache(maxsize=2048)
def read_url(text: str) -> Url:
    """Split any text; white space at its ends is not part of a URL."""
    text = text.strip(" \t\r\n\f\x00")
    match = _SPLIT.match(text)
    assert match is not None
    scheme, authority, path, query, fragment = match.groups()
    return Url(text, (scheme or "").lower(), authority, path, query or "", fragment or "")


def ascii_host(host: str) -> str:
    """A host as it goes on the wire, A-labels for an international name; as it is where it is none."""
    if host.isascii():
        return host
    try:
        return check_domain(host).lower()
    except AddressError:
        return host


def has_marks(text: str) -> bool:
    """Whether a text holds a place that is filled in later, by a template or a sending service: ``{{``, ``%x%``."""
    if _MARKS.search(text):
        return True
    pieces = text.split("%")
    return any(
        _WORD.match(piece + "%") is not None and any(char in "_." or char.lower() > "f" for char in piece)
        for piece in pieces[1:-1]
    )


def find_fault(url: Url) -> UrlFault | None:
    """What is wrong with a URL that stands in a message; the gravest fault, None when there is none."""
    if has_marks(url.text):
        return None
    if not url.text:
        return UrlFault("is empty", "write the URL, or take the link away")
    if url.scheme in ("http", "https"):
        return _web_fault(url) or _character_fault(url)
    if url.scheme == "mailto":
        return _mailto_fault(url) or _character_fault(url)
    if url.scheme in ("tel", "sms"):
        return _tel_fault(url) if url.scheme == "tel" else None
    if url.scheme in _TYPOS:
        return UrlFault(f"has the scheme `{url.scheme}:`", "write https:// or mailto:")
    if url.scheme and not _is_host_and_port(url):
        return _drive_fault(url)
    return _relative_fault(url)


def _web_fault(url: Url) -> UrlFault | None:
    host = url.host
    if url.authority is None:
        return UrlFault(f"has no // after `{url.scheme}:`", f"write {url.scheme}://host/path")
    if not host:
        return UrlFault("has no host", "write the domain after //")
    if host in ("http", "https") and (url.port == "" or url.path.startswith("//")):
        return UrlFault("has its scheme twice", "leave one https:// there")
    port = url.port
    if port and not (port.isascii() and port.isdigit() and int(port[:6]) < 65536):
        return UrlFault(f"has the port `{shorten(port)}`", "write a number below 65536, or no port")
    fault = _host_fault(host)
    if fault is None and url.userinfo:
        return UrlFault(f"has `{shorten(url.userinfo)}@` before its host", "leave it out: readers warn of it", True)
    return fault


def _host_fault(host: str) -> UrlFault | None:
    """What is wrong with a host; not whether anybody reaches it."""
    if host.startswith("["):
        return None if _LITERAL.fullmatch(host) else UrlFault(f"has the host `{shorten(host)}`", "write a domain")
    if (host.isascii() and host.replace(".", "").isdigit()) or host.startswith("0x"):
        return _number_fault(host)
    try:
        check_domain(host)
    except AddressError as error:
        reason = error.problem.rpartition(": ")[2]
        try:
            check_domain(host.replace("_", "a"))
        except AddressError:
            return UrlFault(f"has the host `{shorten(host)}`, which is no domain: {reason}", "write the domain")
        return UrlFault(f"has the host `{shorten(host)}` with `_` in it", "use a host name of letters and digits", True)
    return None


def _number_fault(host: str) -> UrlFault | None:
    numbers = [int(one[:6] or "0") for one in host.split(".")] if not host.startswith("0x") else []
    if len(numbers) < 2 or (len(numbers) == 4 and all(one < 256 for one in numbers)):
        return None
    return UrlFault(f"has the host `{shorten(host)}`, which is no IP address", "write the domain")


def _character_fault(url: Url) -> UrlFault | None:
    """The first character that must be percent-encoded (RFC 3986 §2.1), outside of hosts and addresses (RFC 6532)."""
    start = url.text.find(url.path, len(url.scheme) + 1 + len(url.authority or "")) if url.path else 0
    rest = url.text[max(start, 0) :] if url.path or url.query or url.fragment else ""
    found = next((one for one in _NOT_ALLOWED.finditer(rest) if one[0].isascii() or url.scheme != "mailto"), None)
    if found:
        what = {" ": "a space", "\n": "a line break", "\r": "a line break", "\t": "a tab"}.get(found[0])
        wrong = what or f"`{shorten(found[0], 20)}`"
        return UrlFault(f"has {wrong} in it that is not percent-encoded", _cure(found[0]), True)
    if _PERCENT.search(rest):
        return UrlFault(
            "has a `%` in it without two hexadecimal digits after it", "write %25 for the sign itself", True
        )
    return None


def _cure(wrong: str) -> str:
    if wrong in "\r\n\t":
        return "write the URL on one line"
    encoded = "".join(f"%{octet:02X}" for octet in wrong[:6].encode("utf-8", "replace"))
    return f"write {encoded} for it" if len(wrong) == 1 else "percent-encode it, with the filter urlencode"


def _mailto_fault(url: Url) -> UrlFault | None:
    """``mailto:`` needs an address, or a query that a reader's program fills in (RFC 6068 §2)."""
    if url.authority is not None:
        return UrlFault("has // after `mailto:`", "write mailto:name@domain")
    to = unquote(url.path)
    if not to.strip():
        return None if url.query else UrlFault("has no address after `mailto:`", "write mailto:name@domain")
    for one in to.split(","):
        match = _ADDR_SPEC.fullmatch(one.strip())
        if match is None and not one.strip().startswith('"'):
            return UrlFault(f"has `{shorten(one.strip())}` after `mailto:`, which is no address", "write name@domain")
        if match and not match[1].startswith("[") and _host_fault(match[1]):
            return UrlFault(f"has an address at `{shorten(match[1])}`, which is no domain", "write name@domain")
    return None


def _tel_fault(url: Url) -> UrlFault | None:
    number = unquote(url.path)
    if not any(char.isalnum() for char in number):
        return UrlFault("has no number after `tel:`", "write tel:+ and the number with its country code")
    if _TEL.fullmatch(number):
        return None
    return UrlFault(f"has the number `{shorten(number)}`", "write digits and hyphens only, as in tel:+1-555-0100", True)


def _is_host_and_port(url: Url) -> bool:
    """Whether what looks like a scheme is a host before a port: ``localhost:8000/a``, ``acme.com:443``."""
    return url.authority is None and ("." in url.scheme or url.scheme == "localhost") and bool(
        _PORT_ONLY.match(url.path)
    )  # fmt: skip


def _drive_fault(url: Url) -> UrlFault | None:
    if len(url.scheme) == 1:
        return UrlFault(f"is a file of one computer, at {url.scheme.upper()}:", "write the URL that readers reach")
    return None


def _relative_fault(url: Url) -> UrlFault:
    cure = "write it whole, from https:// on, or set base-url"
    if url.text.startswith("//"):
        return UrlFault("has no scheme, and a message has none to lend it", "write https: before it")
    first = url.text.partition("/")[0]
    if first.lower().startswith("www.") or _is_host_and_port(url):
        return UrlFault("has no scheme", "write https:// before it")
    if "@" in first and _ADDR_SPEC.fullmatch(first.partition("?")[0]):
        return UrlFault("is an address without `mailto:`", "write mailto: before it")
    if first.lower() in ("http", "https", "http;", "https;"):
        return UrlFault(f"has no `:` after `{first}`", "write https://")
    return UrlFault("is relative, and a message has no base", cure)
