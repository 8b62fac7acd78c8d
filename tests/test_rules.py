"""Every rule's examples: the bad ones are found by that rule and no other, the good ones by none, fixes mend."""

from __future__ import annotations

from functools import cache

import pytest

from mailtemplates.html.document import HtmlDocument
from mailtemplates.linting.catalogue import all_rules
from mailtemplates.linting.fixing import apply_fixes
from mailtemplates.linting.linter import Linter
from mailtemplates.linting.rule import Example, Rule
from mailtemplates.octets.bodies import read_bodies
from mailtemplates.octets.message import read_message
from mailtemplates.octets.notation import read_examples, read_html, split_dialogue
from mailtemplates.octets.submission import read_submission_example
from mailtemplates.settings import Settings


@cache
def linter(profile: str) -> Linter:
    """All rules of a profile, those too that are off by default."""
    extra = tuple(one.code for one in all_rules() if not one.default and not one.network)
    return Linter(Settings(profile="bulk" if profile == "bulk" else "transactional", extend_select=extra))


def names_found(rule: Rule, text: str) -> set[str]:
    """The names of the rules that find something in an example; of those over the same kind of subject for html."""
    judge = linter(rule.profile)
    if rule.subject == "HtmlDocument":
        return {one.rule.name for one in judge.judge(HtmlDocument(read_html(text)))}
    if split_dialogue(text)[0]:
        return {one.rule.name for one in judge.find(read_submission_example(text))} - BARE_HTML
    octets = read_examples(text)
    if rule.subject == "Bodies":
        return {one.rule.name for one in judge.judge(read_bodies(read_message(octets[0])))}
    messages = [("example.eml", read_message(one)) for one in octets]
    found = [one for _, raw in messages for one in judge.lint(raw)]
    names = {one.name for one in [*found, *judge.lint_batch(messages)]}
    return names if rule.name in BARE_HTML else names - BARE_HTML


#: Most examples of html are given without a text version, to be short.
BARE_HTML = {"html-without-text"}

#: Families whose examples are templates: tests/test_templatelint.py runs them.
TEMPLATES = ("SUP", "TPL")

#: What a rule of the network finds depends on more than the example: its own tests have a server.
LOCAL = [rule for rule in all_rules() if not rule.network]

BAD = {f"{rule.name}-{at}": (rule, example) for rule in LOCAL for at, example in enumerate(rule.page.bad)}
GOOD = {f"{rule.name}-{at}": (rule, example) for rule in LOCAL for at, example in enumerate(rule.page.good)}


@pytest.mark.parametrize(("rule", "example"), BAD.values(), ids=BAD)
def test_a_bad_example_is_found_by_its_rule_and_by_no_other(rule: Rule, example: Example) -> None:
    if rule.family not in TEMPLATES:
        assert names_found(rule, example.text) == {rule.name, *example.also}


@pytest.mark.parametrize(("rule", "example"), GOOD.values(), ids=GOOD)
def test_a_good_example_is_found_by_none(rule: Rule, example: Example) -> None:
    if rule.family not in TEMPLATES:
        assert names_found(rule, example.text) == set()


@pytest.mark.parametrize(("rule", "example"), BAD.values(), ids=BAD)
def test_a_fix_takes_its_finding_away_and_brings_no_other(rule: Rule, example: Example) -> None:
    """What a rule says of its fixes is so: safe ones are safe, and every fix leaves the message without the finding."""
    messages = read_examples(split_dialogue(example.text)[1])
    judge = linter(rule.profile)
    if len(messages) > 1 or rule.family in TEMPLATES:
        return
    if rule.subject == "HtmlDocument":
        check_html_fix(rule, read_html(example.text), judge)
        return
    if rule.subject == "Bodies":
        return
    before = judge.lint(messages[0])
    mine = [one for one in before if one.name == rule.name]
    fixes = [one.fix for one in mine if one.fix]
    if rule.fix == "-":
        assert not fixes
        return
    if rule.fix != "part":
        assert len(fixes) == len(mine), "a finding without the fix that the rule promises"
    assert all(fix.safe for fix in fixes) or rule.fix in ("unsafe", "part")
    if fixes:
        after = judge.lint(apply_fixes(messages[0], fixes))
        assert {one.name for one in after} <= {one.name for one in before} - {rule.name}


def check_html_fix(rule: Rule, html: str, judge: Linter) -> None:
    """The fixes of a rule over html, in characters of it."""
    before = judge.judge(HtmlDocument(html))
    mine = [one.finding.fix for one in before if one.rule.name == rule.name]
    fixes = [fix for fix in mine if fix]
    assert rule.fix != "-" or not fixes
    assert rule.fix in ("-", "part") or len(fixes) == len(mine), "a finding without the fix that the rule promises"
    assert all(fix.safe for fix in fixes) or rule.fix in ("unsafe", "part")
    if fixes and html.isascii():
        after = judge.judge(HtmlDocument(apply_fixes(html.encode(), fixes).decode()))
        assert {one.rule.name for one in after} <= {one.rule.name for one in before} - {rule.name}


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: str(rule.code))
def test_a_rule_has_a_whole_page(rule: Rule) -> None:
    page = rule.page
    assert page.summary.endswith(".")
    assert page.why
    assert page.reference
    assert page.bad
    assert page.good
