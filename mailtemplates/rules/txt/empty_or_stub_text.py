from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Edit, Finding, Findings, Fix
from mailtemplates.links.optout import says_web_copy
from mailtemplates.linting.rule import rule
from mailtemplates.octets.bodies import Bodies, Body
from mailtemplates.octets.reencoding import is_ours
from mailtemplates.octets.textversion import text_version
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

_MOST_WORDS = 80
_FEW_WORDS = 30
_REST = 8
_WORD = pattern(r"\w+")
_URL = pattern(r"(?i)<?(?:https?://|www\.)[^\s>]++>?|(?<!\S)[^\s@]++@\S++")
_SENTENCE = pattern(r"(?<=[.!?。！？])\s+|\n\s*\n|。|！")
_HTML = pattern(r"(?i)x?html")
_HTML_MAIL = pattern(
    r"(?i)html[-\s]?(?:messag|e-?mail|mail|nachricht|format|version|поч|пис|сообщ|形式|メール|格式|邮件|郵件|메일)"
)
_OPENS = pattern(
    r"(?i)click|klick|clic|open (?:it|this|the)|öffn|anseh|anschau|lesen|read |voir|consult|ouvr|ver |leer |leggi|"
    r"lees|läs|zobacz|abr|apri|kliknij|нажм|откр|打开|開く|点击"
)
_UNABLE = pattern(
    r"(?i)support|display|view|enable|capable|compatible|client|reader|program|version|format|see |show|render|"
    r"anzeig|darstell|unterstütz|aktivier|betracht|affich|visualis|prend|logiciel|messagerie|activ|ver |"
    r"visualiz|admite|soport|cliente|lector|habilit|supporta|mostr|weerg|ondersteun|bekijk|visa|stöd|vis |støt|"
    r"vise|näyt|tue|obsług|wyświetl|podpor|zobraz|megjelen|támogat|afiș|suport|görüntü|destekle|поддерж|отобра|"
    r"просм|программ|клієнт|підтрим|υποστηρ|προβ|表示|対応|ご覧|显示|顯示|支持|支援|查看|查閱|지원|표시|보기|"
    r"yüklen|hiển thị|hỗ trợ|تدعم|يدعم|عرض|תומכ|להציג"
)


@rule("TXT001", severity="error", fix="part")
def empty_or_stub_text(bodies: Bodies) -> Findings:
    """The plain text is empty, or says only that the reader's program cannot show html.

    Watches, notifications, screen readers and people who prefer text are shown this version, and it says nothing to
    them. A message without any text version is better off: programs make one from the html.

    Reference: RFC 2046 §5.1.4

    Bad:

        Content-Type: multipart/alternative; boundary=one
        …

        --one
        Content-Type: text/plain; charset=utf-8

        --one
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Hello Ben, your order is on its way.</p>
        --one--

    Bad:

        Content-Type: multipart/alternative; boundary=one
        …

        --one
        Content-Type: text/plain; charset=utf-8

        Your email client does not support HTML messages. Please use another one.
        --one
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Hello Ben, your order of two shoes is on its way. It comes on Monday with the post, and you
        need not be at home.</p>
        --one--

    Bad:

        Content-Type: multipart/alternative; boundary=one
        …

        --one
        Content-Type: text/plain; charset=utf-8

        Diese Nachricht können Sie im Browser ansehen:
        https://acme-shop.com/m/81
        --one
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Hallo Ben, deine zwei Schuhe sind auf dem Weg. Sie kommen am Montag mit der Post, und du
        musst nicht zu Hause sein.</p>
        --one--

    Good:

        Content-Type: multipart/alternative; boundary=one
        …

        --one
        Content-Type: text/plain; charset=utf-8

        Hello Ben, your order is on its way.
        --one
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Hello Ben, your order is on its way.</p>
        --one--
    """
    if bodies.pair is None:
        return
    text, html = bodies.pair
    if bodies.is_generated or not (bodies.said.strip() or "<img" in html.text.lower()):
        return
    if not _WORD.search(text.text):
        where = text.span(0, len(text.text)) if text.text.strip() else _start(text)
        yield Finding(where, "the plain text is empty", "say in it what the html says", _fix(text, html))
    elif _is_stub(text.text, bodies.said):
        first = len(text.text) - len(text.text.lstrip())
        where = text.span(first, len(text.text.rstrip()))
        problem = f"the plain text is only a stub: `{shorten(' '.join(text.text.split()), 60)}`"
        yield Finding(where, problem, "say in it what the html says", _fix(text, html))


def _is_stub(text: str, said: str) -> bool:
    """Whether a text is nearly nothing but a word about html or a copy on the web, and the html says more."""
    words = len(_WORD.findall(_URL.sub(" ", text)))
    if words > _MOST_WORDS or _is_repeated(text, said) or len(text) > 2000 or len(said) <= len(_URL.sub("", text)) // 2:
        return False
    if words <= _FEW_WORDS and len(text) < 300 and _HTML_MAIL.search(text) and _UNABLE.search(text):
        return True
    rest = [one for one in _SENTENCE.split(_URL.sub(" ", text)) if not _is_about_html(one)]
    left = _WORD.findall(" ".join(rest))
    return sum(map(len, left)) < 60 and len(left) <= max(min(_REST, words - 2), 0)


def _is_repeated(text: str, said: str) -> bool:
    """Whether the html says the words of the text too, and little more: both are short."""
    words = {word.casefold() for word in _WORD.findall(_URL.sub(" ", text))}
    others = {word.casefold() for word in _WORD.findall(said)}
    return len(said) < 2 * len(text) and len(words & others) >= 0.7 * len(words)


def _is_about_html(sentence: str) -> bool:
    return bool(_HTML.search(sentence) and _UNABLE.search(sentence)) or (
        says_web_copy(sentence) and bool(_OPENS.search(sentence) or _UNABLE.search(sentence))
    )


def _start(text: Body) -> Span:
    return Span(text.part.body.start, text.part.body.start)


def _fix(text: Body, html: Body) -> Fix | None:
    """The text that is made of the html, in the place of this one."""
    entity = text_version(html.part) if is_ours(text.part) and is_ours(html.part) else None
    return Fix((Edit(Span(text.part.header.start, text.part.body.end), entity),)) if entity else None
