from __future__ import annotations

import re

from mailtemplates.clients.verdict import Tally
from mailtemplates.finding import Findings
from mailtemplates.html.document import HtmlDocument
from mailtemplates.linting.rule import rule
from mailtemplates.pattern import pattern
from mailtemplates.settings import CLIENTS

_EXTENSION = pattern(r"(?:(?:https?:)?//[^/?#]*/|(?!\w+:|//))[^?#]*\.([a-z0-9]{2,4})(?:[?#]|\Z)", re.I)
_DATA = pattern(r"data:image/([a-z0-9-]+)", re.I)


@rule("CSS004", severity="warning")
def unsupported_image_format(document: HtmlDocument, *, clients: tuple[str, ...] = CLIENTS) -> Findings:
    """An image has a format that mail clients do not show.

    The reader sees an empty box, or the alt text. PNG, JPEG and GIF are shown everywhere. It is a warning when a chosen
    family of clients cannot show the format at all, and an info when some of its clients can. An image whose address
    does not tell its format is not judged, nor what <picture> offers beside an <img>.

    Reference: caniemail.com, image-*

    Bad:

        <p><img src="https://cdn.acme-shop.com/logo.svg" alt="Acme" width="120" height="40"></p>

    Bad:

        <p><img src="https://cdn.acme-shop.com/lamp.webp?v=2" alt="A lamp" width="320" height="200"></p>

    Good:

        <p><img src="https://cdn.acme-shop.com/logo.png" alt="Acme" width="120" height="40"></p>
    """
    tally = Tally(document, clients)
    for image in document.select("img", "input"):
        source = image.get("src")[:2000]
        found = _DATA.match(source) or _EXTENSION.match(source)
        if found:
            name = next(group for group in found.groups() if group).lower().partition("+")[0]
            if f"image:{name}" in tally.wanted:
                tally.use(f"image:{name}", f"the image format {name}", image.span_of("src"))
    yield from tally.findings()
