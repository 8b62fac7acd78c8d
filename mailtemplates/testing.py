"""Mail in tests: assertions over a mail or message that read as a sentence, and samples to run a test over."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from html import unescape
from typing import Any

from mailtemplates.engine import Engine
from mailtemplates.finding import Severity
from mailtemplates.headers.address import mailboxes
from mailtemplates.html.markup import attributes, cut
from mailtemplates.linting.diagnostic import Diagnostic
from mailtemplates.linting.linter import lint
from mailtemplates.mail import Mail
from mailtemplates.message.message import Message
from mailtemplates.message.stamp import Stamp
from mailtemplates.octets.address import display_name, read_addresses
from mailtemplates.octets.encodedword import decode
from mailtemplates.octets.mime import Part, parse
from mailtemplates.settings import Settings
from mailtemplates.severity import reaches

#: The stamp of messages that tests compose, so that they are the same at every run.
STAMP = Stamp(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "test")


def message_of(mail: Mail | Message) -> Message:
    """The message of a mail, composed with a stamp that never changes; a message as it is."""
    return mail.message(STAMP) if isinstance(mail, Mail) else mail


def assert_lints_clean(
    mail: Mail | Message, *, fail_on: Severity = "error", ignore: tuple[str, ...] = (), settings: Settings | None = None
) -> None:
    """Fail with all findings unless a mail has none at or over a severity.

    :param ignore: codes, names or families of rules that may find something.
    """
    settings = settings or (mail.settings if isinstance(mail, Mail) else Settings())
    if ignore:
        settings = settings._replace(ignore=(*settings.ignore, *ignore))
    found = [one for one in lint(message_of(mail), settings) if reaches(one.severity, fail_on)]
    if found:
        raise AssertionError("\n".join([f"the message has {len(found)} findings", *map(_line, found)]))


def _line(one: Diagnostic) -> str:
    cure = f" ({one.help})" if one.help else ""
    return f"  {one.line}:{one.column} {one.severity} {one.code} {one.name}: {one.message}{cure}\n    | {one.source}"


def assert_mail(mail: Mail | Message) -> MailAssertion:
    """Begin assertions over a mail: ``assert_mail(mail).to("ann@x.example").subject("Hello").has_link(url)``."""
    return MailAssertion(message_of(mail))


@dataclass(frozen=True)
class MailAssertion:
    """Assertions over one message. Each gives itself back, or raises ``AssertionError`` with what is there instead."""

    message: Message = field(repr=False)

    @cached_property
    def root(self) -> Part:
        """The message's tree."""
        return parse(self.message.octets)

    def to(self, *addresses: str) -> MailAssertion:
        """To holds exactly these: addr-specs, or ``Name <addr-spec>`` to look at names too, in any order."""
        return self._addresses("To", addresses)

    def cc(self, *addresses: str) -> MailAssertion:
        """Cc holds exactly these."""
        return self._addresses("Cc", addresses)

    def bcc(self, *addresses: str) -> MailAssertion:
        """These and no others are recipients of the envelope that no field names."""
        shown = {box for name in ("To", "Cc") for box, _ in self._boxes(name)}
        hidden = [one for one in self.message.envelope.recipients if one not in shown]
        return self._check(sorted(hidden) == sorted(addresses), f"Bcc is {hidden}, not {list(addresses)}")

    def from_(self, *addresses: str) -> MailAssertion:
        """From holds exactly these."""
        return self._addresses("From", addresses)

    def reply_to(self, *addresses: str) -> MailAssertion:
        """Reply-To holds exactly these."""
        return self._addresses("Reply-To", addresses)

    def subject(self, expected: str | re.Pattern[str]) -> MailAssertion:
        """The subject is this text, or has something that matches this pattern."""
        return self.header("Subject", expected)

    def header(self, name: str, expected: str | re.Pattern[str]) -> MailAssertion:
        """The first field of a name has this decoded value, or one that matches."""
        found = self.root.first(name)
        if found is None:
            raise AssertionError(f"the message has no {name}")
        value = decode(found.value)
        matches = expected.search(value) if isinstance(expected, re.Pattern) else value == expected
        wanted = expected.pattern if isinstance(expected, re.Pattern) else expected
        return self._check(bool(matches), f"{name} is {value!r}, not {wanted!r}")

    def has_text(self, *words: str) -> MailAssertion:
        """The plain text has all of these, white space folded."""
        return self._has("plain text", self._body("text/plain"), words)

    def has_html_text(self, *words: str) -> MailAssertion:
        """The html shows all of these to a reader, white space folded."""
        html = self._body("text/html")
        shown = "".join(html[token.start : token.end] if token.kind == "text" else " " for token in cut(html))
        return self._has("html", unescape(shown), words)

    def has_link(self, *urls: str | re.Pattern[str]) -> MailAssertion:
        """The html links to all of these, and the plain text has them too."""
        links, text = self.links, self._body("text/plain")
        for url in urls:
            found = [link for link in links if (url.search(link) if isinstance(url, re.Pattern) else link == url)]
            self._check(bool(found), f"no link to {url!r} in {links}")
            missing = [link for link in found if text and link not in text]
            self._check(not missing, f"the plain text has no {missing}")
        return self

    def has_attachment(self, filename: str, media_type: str = "") -> MailAssertion:
        """A file of that name is attached, and of that type when one is given."""
        files = {part.filename: part.media_type for part in self.root.walk() if part.is_attachment}
        self._check(filename in files, f"no attachment {filename!r} in {sorted(files)}")
        right = not media_type or files[filename] == media_type
        return self._check(right, f"{filename} is {files[filename]}, not {media_type}")

    def lints_clean(self, *, fail_on: Severity = "error", ignore: tuple[str, ...] = ()) -> MailAssertion:
        """The message has no findings at or over a severity."""
        assert_lints_clean(self.message, fail_on=fail_on, ignore=ignore)
        return self

    @cached_property
    def links(self) -> list[str]:
        """The targets of the html's links, in order."""
        html = self._body("text/html")
        tags = (html[token.start : token.end] for token in cut(html) if (token.kind, token.name) == ("start", "a"))
        return [found["href"] for tag in tags if (found := attributes(tag)).get("href")]

    def _body(self, media_type: str) -> str:
        parts = (part for part in self.root.walk() if part.media_type == media_type and not part.is_attachment)
        return next((part.text for part in parts), "")

    def _has(self, where: str, text: str, words: tuple[str, ...]) -> MailAssertion:
        folded = " ".join(text.split())
        for one in words:
            self._check(" ".join(one.split()) in folded, f"the {where} has no {one!r}:\n{text}")
        return self

    def _boxes(self, name: str) -> list[tuple[str, str]]:
        """Address and display name of each mailbox of a field."""
        found = self.root.first(name)
        boxes = read_addresses(found).mailboxes if found else ()
        return [(f"{box.spec.local}@{box.spec.domain}", display_name(box)) for box in boxes if box.spec]

    def _addresses(self, name: str, expected: tuple[str, ...]) -> MailAssertion:
        there = self._boxes(name)
        wanted = [(box.addr_spec, box.name) for text in expected for box in mailboxes(text)]
        named = {address for address, label in wanted if label}
        seen = sorted((address, label if address in named else "") for address, label in there)
        return self._check(seen == sorted(wanted), f"{name} is {there}, not {list(expected)}")

    def _check(self, right: bool, problem: str) -> MailAssertion:
        if not right:
            raise AssertionError(problem)
        return self


@dataclass(frozen=True)
class MailSample:
    """One template with one of its samples."""

    engine: Engine = field(repr=False)
    name: str
    index: int

    @property
    def data(self) -> Any:
        """The sample's data."""
        return self.engine.sample(self.name, self.index)

    @property
    def id(self) -> str:
        """The name of a test over it: ``welcome-0``."""
        return f"{self.name.removesuffix('.j2')}-{self.index}"

    def render(self, **given: Any) -> Mail:
        """The mail; ``given`` is what :meth:`Engine.render` takes beside the data."""
        return self.engine.render(self.name, self.data, **given)


def every_sample(engine: Engine, choose: Callable[[str], bool] = lambda name: True) -> Iterator[MailSample]:
    """Every template of an engine that has samples, with each of them."""
    for name in engine.templates:
        contract = engine.contract(name) if choose(name) else None
        for index in range(len(contract.examples) if contract else 0):
            yield MailSample(engine, name, index)
