"""Domains of addresses: names, international names and literals (RFC 5321 §4.1.2, RFC 5890).

A domain leaves here as what goes on the wire: ASCII labels of letters, digits and hyphens, or an address
literal in brackets.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mailtemplates.characters import shorten
from mailtemplates.errors import AddressError
from mailtemplates.pattern import pattern

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_NAME = pattern(rf"(?:{_LABEL}\.)*{_LABEL}")
_IPV4 = pattern(r"(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?=\d)|$)){4}", re.ASCII)
_HEXTET = pattern(r"[0-9A-Fa-f]{1,4}")


@lru_cache(maxsize=2048)
def check_domain(text: str) -> str:
    """The domain in its wire form: a name of ASCII labels, or a literal such as ``[127.0.0.1]`` or ``[IPv6:::1]``.

    A name outside ASCII is mapped (UTS 46) and encoded by IDNA 2008. Raises :class:`AddressError`.
    """
    if text.startswith("["):
        return _check_literal(text)
    name = text if text.isascii() else _encode(text)
    if not _NAME.fullmatch(name) or len(name) > 253:
        raise _error(text, _explain(name))
    if "xn--" in name.lower():
        _check_encoded(text, name)
    last = name.rpartition(".")[2]
    if last.isdigit():
        raise _error(text, "its last label is a number", cure=f"write an IP address in brackets: [{shorten(name)}]")
    return name


def _encode(text: str) -> str:
    import idna

    try:
        return idna.encode(text, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise _error(text, f"it is no international domain name ({error})") from None


def _check_encoded(text: str, name: str) -> None:
    """Labels that begin ``xn--`` must be what IDNA 2008 makes."""
    import idna

    for label in name.split("."):
        if not label.lower().startswith("xn--"):
            continue
        try:
            idna.ulabel(label)
        except (idna.IDNAError, UnicodeError) as error:
            raise _error(text, f"the label `{label}` is no A-label ({error})") from None


def _explain(name: str) -> str:
    if not name:
        return "it is empty"
    if len(name) > 253:
        return f"it has {len(name)} octets, and 253 are the most"
    for label in name.split("."):
        if not label:
            return "two dots stand together, or one at an end"
        if len(label) > 63:
            return f"a label has {len(label)} octets, and 63 are the most"
        if label.startswith("-") or label.endswith("-"):
            return f"the label `{shorten(label)}` begins or ends with a hyphen"
    wrong = next(char for char in name if not (char.isascii() and (char.isalnum() or char in "-.")))
    return f"`{shorten(wrong)}` cannot stand in it"


def _check_literal(text: str) -> str:
    inner = text[1:-1] if text.endswith("]") else ""
    if _IPV4.fullmatch(inner) or (inner[:5].lower() == "ipv6:" and _is_ipv6(inner[5:])):
        return text
    raise _error(text, "it is no address literal", cure="write [192.0.2.1] or [IPv6:2001:db8::1]")


def _is_ipv6(text: str) -> bool:
    head, compressed, tail = text.partition("::")
    if ":::" in text or "::" in tail:
        return False
    groups = [group for side in (head, tail) if side for group in side.split(":")]
    size = len(groups)
    if groups and "." in groups[-1]:
        if not _IPV4.fullmatch(groups.pop()):
            return False
        size += 1
    return all(map(_HEXTET.fullmatch, groups)) and (size < 8 if compressed else size == 8)


def _error(text: str, problem: str, *, cure: str = "") -> AddressError:
    cure = cure or "a domain is labels of letters, digits and hyphens with dots between them"
    return AddressError(f'"{shorten(text)}" is not a domain: {problem}', cure=cure)
