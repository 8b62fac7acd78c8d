"""The engines keep one contract: they say which selectors match which element of the tree that browsers build."""

from __future__ import annotations

import re

import pytest

from mailtemplates.errors import MailTemplatesError, SettingsError
from mailtemplates.inliners import engine_names, engine_version, load_engine
from mailtemplates.inlining.matching import Matching, match


@pytest.mark.parametrize("engine", engine_names())
@pytest.mark.parametrize(
    ("selector", "ids"),
    [
        ("*", "abcd"),
        ("P", "ac"),
        (".x", "bc"),
        ("div > .x", "c"),
        ("p:not(.x)", "a"),
        ("p:not(.x, .y)", "a"),
        ("p:not([class='x,y'], #a)", "c"),
        ("p:first-child", "ac"),
        ("#a + b", "b"),
        ("[title='t:u']", "d"),
        ("a:link", "d"),
        ("[href='Z']", ""),
        ("[href='Z' i]", "d"),
        ("[TYPE=TEXT]", "d"),
        ("[class='X']", ""),
        ("p:unknown", ""),
        ("p{", ""),
        ("", ""),
    ],
)
def test_an_engine_marks_what_a_selector_matches(engine: str, selector: str, ids: str) -> None:
    document = (
        "<!DOCTYPE html><html><body><p id=a>x</p><b id=b class=x></b>"
        "<div><p id=c class=x>y</p><a id=d href=z title='t:u' type=text></a></div>"
    )
    found = re.findall(r'id="(\w)"[^>]*--mailtemplates-1:', load_engine(engine)(document, ["nothing", selector, "p"]))
    assert sorted(set(found) & set("abcd")) == [letter for letter in ids if letter in "abcd"]


def test_a_name_that_is_almost_right() -> None:
    with pytest.raises(SettingsError, match="did you mean 'premailer'"):
        load_engine("premailler")


def test_an_engine_that_fails_is_our_error() -> None:
    def broken(document: str, selectors: object) -> str:
        raise RuntimeError("out of ink")

    with pytest.raises(MailTemplatesError, match="RuntimeError: out of ink"):
        match(["<p>"], ["p"], broken)


def test_versions_tell_packages_apart() -> None:
    assert engine_version("css-inline") != engine_version("premailer") != "unknown"


def test_a_matching_survives_json() -> None:
    matching = Matching(((0, 2), ()), (-1, None), ((), (1,)), (3,))
    assert Matching.from_json(matching.to_json()) == matching
