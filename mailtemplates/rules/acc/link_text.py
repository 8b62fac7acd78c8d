from __future__ import annotations

from mailtemplates.finding import Finding, Findings
from mailtemplates.html.document import Element, HtmlDocument
from mailtemplates.linting.rule import rule
from mailtemplates.pattern import pattern

_EDGES = pattern(r"^[\W_]+|[\W_]+$")
_INSIDE = frozenset({"img", "svg", "object", "input", "button", "video", "picture", "v:roundrect", "v:rect", "amp-img"})
#: Words that say nothing about the target, alone.
_GENERIC = frozenset(
    {
        "click here", "click", "here", "link", "this link", "click this link", "this", "click this", "tap here",
        "hier", "hier klicken", "klick hier", "klicken sie hier", "klicke hier", "bitte hier klicken", "dieser link",
        "ici", "cliquez ici", "clique ici", "cliquer ici", "lien", "ce lien", "aquí", "haz clic aquí", "clic aquí",
        "haga clic aquí", "enlace", "este enlace", "aqui", "clique aqui", "clica aqui", "qui", "clicca qui",
        "clicca", "klik hier", "deze link", "klicka här", "här", "klik her", "her", "klikk her", "tästä",
        "kliknij tutaj", "kliknij", "tutaj", "zde", "klikněte zde",
        "kattints ide", "ide", "buraya tıklayın", "tıklayın", "здесь", "тут",
        "нажмите здесь", "ссылка", "нажмите сюда", "こちら", "ここをクリック", "こちらをクリック", "点击这里", "这里",
        "點擊這裡", "여기", "여기를 클릭하세요",
    }
)  # fmt: skip
#: Words that say something only beside what they stand with.
_VAGUE = frozenset(
    {
        "more", "read more", "learn more", "more info", "details", "see more", "continue", "continue reading", "go",
        "mehr", "weiterlesen", "mehr erfahren", "mehr lesen", "en savoir plus", "lire la suite", "plus", "leer más",
        "más información", "ver más", "saiba mais", "leia mais", "leggi di più", "scopri di più", "lees meer",
        "meer lezen", "läs mer", "læs mere", "les mer", "czytaj więcej", "więcej", "подробнее", "читать далее",
    }
)  # fmt: skip


@rule("ACC006", severity="warning")
def link_text(document: HtmlDocument) -> Findings:
    """A link has no text, or one that does not say where it leads.

    Screen readers list the links of a message without what stands around them: ten times "here" is no list. A link
    without text is read as its address, letter by letter.

    Reference: WCAG 2.2 §2.4.4

    Bad:

        <p>To see your order click <a href="https://acme-shop.com/orders/1">here</a>.</p>

    Bad:

        <p><a href="https://acme-shop.com/"><img src="cid:logo" alt=""></a></p>

    Bad:

        <p><a href="https://acme-shop.com/"></a> Hello</p>

    Bad:

        <p>We have news. <a href="https://acme-shop.com/news">Read more &rarr;</a></p>

    Good:

        <p><a href="https://acme-shop.com/"><img src="cid:logo" alt="Acme"></a>
        <a href="https://acme-shop.com/orders/1">See your order</a>
        <a href="https://acme-shop.com/news" aria-label="Read more of our news">Read more</a></p>
    """
    for element in document.select("a"):
        if not element.get("href") or element.get("aria-label") or element.get("aria-labelledby"):
            continue
        text = element.text
        words = _EDGES.sub("", text.casefold())
        if not text:
            if not element.get("title") and not _has_content(element) and not _is_hidden(element):
                yield Finding(element.tag, "a link has no text", "write where it leads, as text or as alt of its image")
        elif words in _GENERIC and not _has_content(element):
            yield _generic(element, text, "warning")
        elif words in _VAGUE and not _has_content(element):
            yield _generic(element, text, "info")


def _generic(element: Element, text: str, severity: str) -> Finding:
    problem = f"the link text {text!r} does not say where it leads"
    return Finding(
        element.tag, problem, "name the target: See your order", severity="info" if severity == "info" else None
    )


def _has_content(element: Element) -> bool:
    """Whether something in it stands for words; an image without alt is told of elsewhere."""
    start, end = element.content
    if "<" not in element.document.html[start:end]:
        return False
    for one in element.document.elements[element.index + 1 :]:
        if one.tag.start >= end:
            return False
        if one.name in _INSIDE and (one.name != "img" or one.attributes.get("alt", "?").strip()):
            return True
    return False


def _is_hidden(element: Element) -> bool:
    return element.is_hidden or any(one.get("aria-hidden").lower() == "true" for one in (element, *element.ancestors))
