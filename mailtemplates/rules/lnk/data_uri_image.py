from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.html.document import HtmlDocument
from mailtemplates.links.hyperlinks import Hyperlink, each_url, read_hyperlinks, times
from mailtemplates.links.weburl import Url
from mailtemplates.linting.rule import rule


@rule("LNK007", severity="warning")
def data_uri_image(document: HtmlDocument) -> Findings:
    """An image stands in the html as a `data:` URL.

    Gmail and Outlook on Windows don't show such images, and each adds a third to its size, against the 102 KB after
    which Gmail cuts the html. An image that travels with the message is a part of it, with a `cid:` URL.

    Reference: caniemail (image-base64); RFC 2397; RFC 2392

    Bad:

        <p><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt="Acme"></p>

    Bad:

        <p style="background-image: url(data:image/gif;base64,R0lGODlhAQABAAAAACw=)">Hello</p>

    Good:

        <p><img src="cid:logo" alt="Acme"></p>
    """
    for link, count in each_url(_images(document), _is_data):
        size = f", {len(link.text):,} characters" if len(link.text) > 999 else ""
        problem = f"the image `{shorten(link.text, 40)}` is a data: URL{size}{times(count)}"
        yield Finding(link.span, problem, "embed it with inline('…'), or link to it on a server")


def _images(document: HtmlDocument) -> list[Hyperlink]:
    return [link for link in read_hyperlinks(document) if link.kind == "image" and link.text[:5].lower() == "data:"]


def _is_data(url: Url) -> bool:
    return url.path.lower().startswith("image/")
