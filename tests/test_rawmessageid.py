"""Message identifiers as they stand: what is legal is silent, what is wrong is named at its octets."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.octets import messageid
from mailtemplates.octets.messageid import read_message_id, read_message_ids

# RFC 5322 appendix A, and odd identifiers that are legal.
LEGAL = {
    "a1": ("<1234@local.machine.example>", "1234", "local.machine.example"),
    "a2": ("<testabcd.1234@silly.example>", "testabcd.1234", "silly.example"),
    "white-space-and-comments-round-it": (" \r\n (c) <a@b.example> (d)", "a", "b.example"),
    "signs": ("<5678.21-Nov-1997$x/y=z+{}|~@example.com>", "5678.21-Nov-1997$x/y=z+{}|~", "example.com"),
    "literal": ("<a@[192.0.2.1]>", "a", "[192.0.2.1]"),
    "no-fold-quote-of-rfc-2822": ('<"a b"@example.com>', '"a b"', "example.com"),
    "quoted-bracket": ('<"a>b@c"@example.com>', '"a>b@c"', "example.com"),
    "underscore": ("<a@my_host.example>", "a", "my_host.example"),
    "digits": ("<a@10.0.0.1>", "a", "10.0.0.1"),
}


@pytest.mark.parametrize(("text", "left", "right"), LEGAL.values(), ids=LEGAL)
def test_legal_identifiers_have_no_fault(text: str, left: str, right: str) -> None:
    found = read_message_id(text)
    assert found.faults == ()
    assert (found.left, found.right, found.text) == (left, right, f"{left}@{right}")
    assert text[found.start] == "<"
    assert text[found.end - 1] == ">"


FAULTY = {
    "empty": ("", "empty", "", None),
    "white": (" \r\n ", "empty", " \r\n ", None),
    "empty-brackets": (" <>", "empty", "<>", None),
    "no-left": ("<@b.example>", "empty", "<@b.example>", None),
    "no-right": ("<a@>", "empty", "<a@>", None),
    "no-brackets": (" a@b.example ", "brackets", "a@b.example", "<a@b.example>"),
    "no-brackets-and-spaces": ("a b@c.example", "brackets", "a b@c.example", None),
    "not-closed": ("<a@b.example", "brackets", "<a@b.example", "<a@b.example>"),
    "not-opened": ("a@b.example>", "brackets", "a@b.example>", "<a@b.example>"),
    "two-pairs": ("<<a@b.example>>", "brackets", "<<a@b.example>>", "<a@b.example>"),
    "bracket-inside": ("<a<b@c.example>", "brackets", "<a<b@c.example>", None),
    "two": ("<a@b.example> <c@d.example>", "outside", " <c@d.example>", None),
    "word-before": ("id <a@b.example>", "outside", "id", None),
    "word-after": ("<a@b.example> x", "outside", "x", None),
    "no-at": ("<abc.example>", "no-at", "<abc.example>", None),
    "two-ats": ("<a@b@c.example>", "many-at", "<a@b@c.example>", None),
    "space": ("<a b@c.example>", "space", " ", None),
    "fold": ("<abc\r\n def@c.example>", "space", "\r\n ", None),
    "a63-obsolete": ("<1234   @   local(blah)  .machine .example>", "obsolete-space", "1234   @   local(blah)  .machine .example", None),
    "space-in-brackets": ("< a@b.example >", "obsolete-space", " a@b.example ", "a@b.example"),
    "comma": ("<a,b@c.example>", "character", ",", None),
    "colon": ("<a:b@c.example>", "character", ":", None),
    "literal-and-more": ("<a@[b].c>", "character", "[b]", None),
    "quote": ('<a"b@c.example>', "character", '"', None),
    "two-dots": ("<a..b@c.example>", "dot", ".", None),
    "dot-first": ("<.a@c.example>", "dot", ".", None),
    "dot-last": ("<a@c.example.>", "dot", ".", None),
    "localhost": ("<1@localhost>", "host", "localhost", None),
    "localdomain": ("<1@host.localdomain>", "host", "host.localdomain", None),
}  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "at", "mended"), FAULTY.values(), ids=FAULTY)
def test_faults_are_named_at_their_octets(text: str, kind: str, at: str, mended: str | None) -> None:
    found = read_message_id(text).faults
    assert [(one.kind, text[one.start : one.end], one.text) for one in found] == [(kind, at, mended)]


LISTS = {
    "none": ("", [], []),
    "two": ("<a@b.example>\r\n <c@d.example>", ["a@b.example", "c@d.example"], []),
    "touching": ("<a@b.example><c@d.example>", ["a@b.example", "c@d.example"], []),
    "phrase": ('Your message of "Fri, 21 Nov" <a@b.example>', ["a@b.example"], []),
    "phrase-alone": ("Your message of Friday", [], []),
    "address-in-a-phrase": ("message from joe@x.example of Friday", [], []),
    "comment": ("<a@b.example> (joe's message, of Friday)", ["a@b.example"], []),
    "comma": ("<a@b.example>, <c@d.example>", ["a@b.example", "c@d.example"], [("separator", ",", "")]),
    "comma-touching": ("<a@b.example>,<c@d.example>", ["a@b.example", "c@d.example"], [("separator", ",", " ")]),
    "not-closed": ("<a@b.example <c@d.example>", ["c@d.example"], [("brackets", "<a@b.example ", None)]),
    "cut": ("<a@b.example> <c@d.exa", ["a@b.example"], [("brackets", "<c@d.exa", None)]),
    "not-opened": ("a@b.example>", [], [("brackets", ">", None)]),
    "bare": (" a@b.example", [], [("brackets", "a@b.example", "<a@b.example>")]),
    "two-bare": ("a@b.example c@d.example", [], [("brackets", "a@b.example c@d.example", None)]),
}


@pytest.mark.parametrize(("text", "ids", "faults"), LISTS.values(), ids=LISTS)
def test_lists_are_read_past_phrases(text: str, ids: list[str], faults: list[tuple[str, str, str | None]]) -> None:
    found = read_message_ids(text)
    assert [one.text for one in found.ids] == ids
    assert [(one.kind, text[one.start : one.end], one.text) for one in found.faults] == faults


@given(st.text(st.characters(max_codepoint=255)) | st.text('<>a@."() ,[]\\\r\n', max_size=30))
def test_any_text_is_read_without_an_exception(text: str) -> None:
    one = read_message_id(text)
    many = read_message_ids(text)
    faults = [*one.faults, *many.faults, *(fault for each in many.ids for fault in each.faults)]
    for fault in faults:
        assert 0 <= fault.start <= fault.end <= len(text)


@pytest.mark.parametrize("piece", ["<", ">", "<>", "<a@b> ", "@", '"', "(", ",", "<a@b>,", ".", " "])
def test_long_texts_take_linear_time(piece: str) -> None:
    begin = time.process_time()
    read_message_id(piece * 20_000)
    read_message_ids(piece * 20_000)
    assert time.process_time() - begin < 60


@given(
    st.text('ab.-_@<> \r\n1ä!"()[]\\,', max_size=24)
    | st.from_regex(r"\A ?<[a-z!.]{1,6}@[a-z-]{1,4}(\.[a-z]{1,9}){0,3}>\r?\n?\Z")
)
def test_an_identifier_that_is_whole_at_first_sight_is_what_the_grammar_says(text: str) -> None:
    """The short way and the long way give the same."""
    quick = read_message_id(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(messageid, "_WHOLE", re.compile("(?!)"))
        assert read_message_id(text) == quick
