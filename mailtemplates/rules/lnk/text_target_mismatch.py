from __future__ import annotations

from typing import NamedTuple

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.html.document import HtmlDocument
from mailtemplates.links.hyperlinks import Hyperlink, read_hyperlinks
from mailtemplates.links.orgdomain import is_aligned, organizational_domain
from mailtemplates.links.weburl import Url, ascii_host, has_marks
from mailtemplates.linting.rule import rule
from mailtemplates.pattern import pattern

_URL = pattern(
    r"(?i)(?<![\w@./-])(?:(https?)://|(?=www\.))((?:[\w-]+\.)+\w{2,}|localhost|[\d.]+)(?::\d+)?(?=[/?#\s.,;:!)\]>'\"…]|\Z)"
)
_BARE = pattern(r"(?i)((?:[\w-]+\.)+[a-z]{2,})(?::\d+)?(/\S*)?")
_AROUND = pattern(r"\A[^\w/]+|[^\w/]+\Z")
_ADDRESS = pattern(r"(?i)(?:mailto:)?[^\s@<>:/]+@((?:[\w-]+\.)+[a-z]{2,})")
#: Endings of domains, without those that are rather of files and programs: md, py, sh, zip.
_TOPS = pattern(
    r"(?i)com|net|org|edu|gov|mil|int|info|biz|name|pro|mobi|museum|coop|aero|jobs|travel|dev|online|site|store|"
    r"shop|blog|cloud|tech|xyz|club|page|news|email|agency|studio|design|ac|ad|ae|af|ag|ai|al|ao|ar|at|au|az|ba|"
    r"bb|bd|be|bf|bg|bh|bi|bj|bn|bo|br|bs|bt|bw|by|bz|ca|cd|cf|cg|ch|ci|cl|cm|cn|co|cr|cu|cv|cy|cz|de|dj|dk|dm|"
    r"dz|ec|ee|eg|es|et|eu|fi|fj|fm|fr|ga|gd|ge|gg|gh|gi|gl|gm|gr|gt|gy|hk|hn|hr|ht|hu|id|ie|il|im|in|io|iq|ir|"
    r"is|it|je|jm|jo|jp|ke|kg|kh|ki|km|kn|kr|kw|kz|la|lb|li|lk|lr|ls|lt|lu|lv|ly|ma|mc|me|mg|mk|ml|mm|mn|mo|mr|"
    r"mt|mu|mv|mw|mx|mz|na|ne|ng|ni|nl|no|np|nr|nu|nz|om|pa|pe|ph|pk|pt|pw|qa|ro|ru|rw|sa|sc|sd|se|sg|si|sk|sl|"
    r"sm|sn|sr|su|sv|sy|sz|tc|td|tg|th|tj|tk|tl|tm|tn|to|tr|tt|tv|tw|tz|ua|ug|uk|us|uy|uz|va|vc|ve|vg|vi|vn|vu|"
    r"ws|ye|za|zm|zw"
)
_PRODUCTS = frozenset(("asp.net", "ado.net", "vb.net", "ml.net"))
_KIN = (
    frozenset(("youtube.com", "youtu.be")),
    frozenset(("facebook.com", "fb.com", "fb.me", "messenger.com", "m.me")),
    frozenset(("twitter.com", "x.com", "t.co")),
    frozenset(("linkedin.com", "lnkd.in")),
    frozenset(("instagram.com", "instagr.am")),
    frozenset(("telegram.org", "telegram.me", "t.me")),
    frozenset(("whatsapp.com", "wa.me")),
    frozenset(("microsoft.com", "aka.ms")),
    frozenset(("google.com", "goo.gl", "withgoogle.com")),
    frozenset(("discord.com", "discord.gg", "discordapp.com")),
)


class _Shown(NamedTuple):
    """A host that words show, and its scheme in lower case; empty where they show none."""

    scheme: str
    host: str


@rule("LNK004", severity="error")
def text_target_mismatch(document: HtmlDocument, *, redirects: tuple[str, ...] = ()) -> Findings:
    """The words of a link show another domain than the link leads to, or https where it has http.

    That is how phishing looks. Gmail asks that "links are visible and easy to understand", Outlook and Thunderbird
    warn of such a link, and filters count it. A link over a redirect of another domain is better behind words that are
    no URL. `redirects` names domains that count clicks for yours, so that words may show where they lead at last.

    Reference: Gmail sender guidelines; SpamAssassin rule __SPOOFED_URL

    Bad:

        <p><a href="https://acme-shop.click.tracking.example/c/81">www.acme-shop.com</a></p>

    Bad:

        <p>Go to <a href="https://acme-shop.evil.example/">https://acme-shop.com/reset</a></p>

    Bad (also insecure-url):

        <p><a href="http://acme-shop.com/reset">https://acme-shop.com/reset</a></p>

    Bad:

        <p><a href="mailto:help@acme-help.example">help@acme-shop.com</a></p>

    Good:

        <p><a href="https://www.acme-shop.com/?utm_source=mail">acme-shop.com</a></p>
        <p><a href="https://acme-shop.click.tracking.example/c/81">Our shop</a></p>
        <p><a href="https://nodejs.org/">Node.js</a></p>
    """
    allowed = {organizational_domain(ascii_host(one.lower())) for one in redirects}
    for link in read_hyperlinks(document):
        if link.kind != "link" or link.attribute != "href" or has_marks(link.text):
            continue
        url = link.url
        if url.scheme == "mailto":
            yield from _judge_address(link, url)
        elif url.is_web and organizational_domain(ascii_host(url.host)) not in allowed:
            yield from _judge_web(link, url)


def _judge_web(link: Hyperlink, url: Url) -> Findings:
    shown = _shown_host(link.words)
    if shown is None:
        return
    words = shorten(link.words, 60)
    if not _is_same(shown.host, url.host):
        problem = f"the words `{words}` show `{shorten(shown.host, 60)}`, the link leads to `{shorten(url.host, 60)}`"
        yield Finding(link.span, problem, "link to what the words show, or say in words where it leads")
    elif shown.scheme == "https" and url.scheme == "http":
        yield Finding(link.span, f"the words `{words}` show https, the link has http", "write https:// in the link")


def _judge_address(link: Hyperlink, url: Url) -> Findings:
    shown = _ADDRESS.fullmatch(link.words.strip())
    domain = ascii_host(url.path.rpartition("@")[2].strip().lower())
    if shown is None or "@" not in url.path or "," in url.path or "%" in url.path:
        return
    if not is_aligned(ascii_host(shown[1].lower()), domain):
        words = shorten(link.words, 60)
        problem = f"the words `{words}` show another domain than the address `{shorten(url.path, 60)}`"
        yield Finding(link.span, problem, "write the same address in both")


def _shown_host(words: str) -> _Shown | None:
    """The host that words show: that of a URL in them, or a domain that is all they are."""
    if "." not in words or len(words) > 2000 or has_marks(words):
        return None
    found = [_Shown((one[1] or "").lower(), ascii_host(one[2].lower())) for one in _URL.finditer(words)]
    if found:
        return found[0] if len({organizational_domain(one.host) for one in found}) == 1 else None
    bare = _BARE.fullmatch(_AROUND.sub("", words))
    if bare is None or not _TOPS.fullmatch(bare[1].rpartition(".")[2]) or bare[1].lower() in _PRODUCTS:
        return None
    return _Shown("", ascii_host(bare[1].lower()))


def _is_same(shown: str, host: str) -> bool:
    """Whether two hosts have one owner, as far as their names tell."""
    host = ascii_host(host)
    if is_aligned(shown, host) or host == shown:
        return True
    owners = {organizational_domain(shown), organizational_domain(host)}
    return any(owners <= kin for kin in _KIN)
