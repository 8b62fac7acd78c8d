"""What a host in a URL is: one that nobody outside reaches, an address, a service that hides where it leads.

Names of RFC 6761, RFC 6762, RFC 8375 and of local networks; addresses by :mod:`ipaddress`. The names and
addresses that are reserved for examples (RFC 2606, RFC 5737, RFC 3849) are nothing special here: sample data has them.
"""

from __future__ import annotations

import ipaddress

from mailtemplates.links.orgdomain import organizational_domain
from mailtemplates.pattern import pattern

_LOCAL_TOPS = frozenset(
    ("localhost", "local", "test", "invalid", "internal", "lan", "intranet", "localdomain", "corp", "private")
)
_TUNNELS = frozenset(
    ("ngrok.io", "ngrok.app", "ngrok.dev", "ngrok-free.app", "ngrok-free.dev", "lvh.me", "nip.io", "sslip.io",
     "xip.io", "localtest.me", "trycloudflare.com", "loca.lt", "localhost.run", "serveo.net", "vcap.me")
)  # fmt: skip
_STAGE = pattern(r"(?:.*-)?(?:staging|stg|uat|preprod|pre-prod)\d{0,2}(?:-.*)?|(?:dev|test|qa)\d{0,2}|(?:dev|qa)-.*")
_PUBLIC_STAGES = frozenset(
    ("dev.azure.com", "dev.mysql.com", "dev.twitter.com", "test.pypi.org", "dev.to", "dev.wix.com", "dev.epicgames.com",
     "dev.outlook.com", "dev.office.com", "dev.bitly.com", "test.salesforce.com", "dev.evernote.com")
)  # fmt: skip
_SHORTENERS = frozenset(
    ("bit.ly", "bitly.com", "j.mp", "tinyurl.com", "t.co", "goo.gl", "ow.ly", "is.gd", "v.gd", "buff.ly", "rebrand.ly",
     "cutt.ly", "rb.gy", "shorturl.at", "t.ly", "tiny.cc", "adf.ly", "bit.do", "s.id", "soo.gd", "clck.ru", "vk.cc",
     "u.to", "urlz.fr", "kutt.it", "tr.im", "surl.li", "trib.al", "dlvr.it", "shorte.st", "bl.ink", "x.co", "po.st",
     "su.pr", "cli.gs", "mcaf.ee", "q.gs", "qr.ae", "snip.ly", "short.gy", "lc.chat", "tny.im", "shrtco.de", "gg.gg",
     "da.gd", "0rz.tw", "reurl.cc", "dwz.cn", "t.cn", "url.cn", "suo.im", "han.gl", "me2.do", "n9.cl", "acortar.link",
     "encurtador.com.br", "l.ead.me", "ift.tt", "zpr.io", "2.gp", "4sq.com", "rotf.lol", "shorturl.com")
)  # fmt: skip
_EXAMPLE_NETS = ("192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:")


def ip_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a host is: dotted, in brackets, or one number as browsers read it; None for a name."""
    try:
        if host.startswith("["):
            return ipaddress.ip_address(host.strip("[]").partition("%")[0])
        if host[:1].isdigit() and len(host) < 16 and host.isascii():
            if host.isdigit() or host.startswith("0x"):
                return ipaddress.IPv4Address(int(host, 0 if host.startswith("0x") else 10))
            return ipaddress.IPv4Address(host)
    except ValueError:
        pass
    return None


def why_not_public(host: str) -> str:
    """Why readers outside do not reach a host, in words that go on after its name; empty when they may."""
    address = ip_address(host)
    if address is not None:
        mapped = getattr(address, "ipv4_mapped", None) or address
        if str(mapped).startswith(_EXAMPLE_NETS) or mapped.is_global:
            return ""
        return "is this computer itself" if mapped.is_loopback else "is an address of a private network"
    last = host.rpartition(".")[2]
    if host == "localhost" or host.endswith(".localhost"):
        return "is the reader's own computer"
    if last in ("test", "invalid"):
        return f"is under .{last}, where no host exists"
    if last in _LOCAL_TOPS or host.endswith(".home.arpa"):
        return "is a name of a local network"
    if "." not in host:
        return "has no dot: it is a name of a local network"
    return ""


def why_not_final(host: str) -> str:
    """Why a host looks like one of developers and not of readers; empty when it does not."""
    owner = organizational_domain(host)
    if owner in _TUNNELS or host.endswith(tuple("." + one for one in _TUNNELS)):
        return "is a tunnel to a developer's computer"
    labels = host.removesuffix(owner).rstrip(".").split(".")
    if host in _PUBLIC_STAGES or not labels[0] or ip_address(host) is not None:
        return ""
    return f"looks like a copy for tests: `{labels[0]}`" if _STAGE.fullmatch(labels[0]) else ""


def is_shortener(host: str) -> bool:
    """Whether a host is a service for short URLs that anybody may use."""
    return host.removeprefix("www.") in _SHORTENERS
