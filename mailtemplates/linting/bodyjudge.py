"""The rules over the bodies of a message: its html, its plain text, and both side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from functools import partial

from mailtemplates.html.document import HtmlDocument
from mailtemplates.html.plain import PlainDocument
from mailtemplates.links.hyperlinks import read_hyperlinks
from mailtemplates.linting.check import Check, judged
from mailtemplates.linting.found import Found
from mailtemplates.linting.remembered import Remembered
from mailtemplates.octets.bodies import Bodies, Body, read_bodies
from mailtemplates.octets.message import RawMessage


class BodyJudge:
    """Rules over html and over bodies. Thread-safe.

    :param documents: the rules over html.
    :param both: those over html and text side by side.
    :param asked: the codes of those that judge messages too that were not rendered here.
    """

    def __init__(self, documents: Sequence[Check], both: Sequence[Check], asked: Set[str]) -> None:
        self._documents = documents
        self._both = both
        self._asked_documents = [check for check in documents if check.rule.code in asked]
        self._asked_both = [check for check in both if check.rule.code in asked]
        self._structural = [check for check in documents if check.rule.structural]
        self._of_words = [check for check in documents if not check.rule.structural]
        self._remembered = Remembered(partial(judged, self._structural))
        self._written = Remembered(partial(judged, [check for check in self._structural if check.rule.written]))

    def judge(self, raw: RawMessage, *, rendered: bool, is_text_made: bool = False) -> list[Found]:
        """What the rules find in the bodies of a message, in octets of it.

        :param rendered: whether it was rendered here; else only the rules judge it that were asked for by name.
        :param is_text_made: whether its plain text is known to be made of its html.
        :raises RuleError: a rule crashed.
        """
        documents = self._documents if rendered else self._asked_documents
        both = self._both if rendered else self._asked_both
        if not documents and not both:
            return []
        bodies = read_bodies(raw, is_text_made=is_text_made)
        found = judged(both, bodies)
        for body in bodies.all:
            if body.document is not None:
                found += _placed(body, self._judge_document(body.document, documents))
        text = bodies.text
        if text is not None and not is_text_made and ("://" in text.text or "mailto:" in text.text):
            found += _placed(text, judged([check for check in documents if check.rule.texts], _plain(text, bodies)))
        return found

    def _judge_document(self, document: HtmlDocument, checks: Sequence[Check]) -> list[Found]:
        """What rules over html find in a document; from memory what depends on its structure alone."""
        if len(checks) < len(self._documents):
            return judged(checks, document)
        return self.judge_structure(document) + judged(self._of_words, document)

    def judge_structure(self, document: HtmlDocument) -> list[Found]:
        """What the rules find that look at nothing but a html body's structure; judged once for each structure.

        :raises RuleError: a rule crashed.
        """
        return self._remembered.find(document)

    def judge_written(self, document: HtmlDocument) -> list[Found]:
        """What the rules that look at style sheets before inlining find in them.

        :raises RuleError: a rule crashed.
        """
        return self._written.find(document) + judged([one for one in self._of_words if one.rule.written], document)


def _plain(text: Body, bodies: Bodies) -> PlainDocument:
    """The plain text, without the URLs that the html has too."""
    known = {link.text for body in bodies.all if body.document for link in read_hyperlinks(body.document)}
    return PlainDocument(text.text, text.part.section, frozenset(known))


def _placed(body: Body, found: Iterable[Found]) -> list[Found]:
    """What was found in characters of a body, in octets of the message."""
    return [one._replace(finding=one.finding._replace(span=body.span(*one.finding.span)), body=body) for one in found]
