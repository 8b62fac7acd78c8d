"""The starter templates: every example renders to a good message; golden files show what changed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from chromium import find_chromium, style_differences
from conftest import ROOT, STAMP

from mailtemplates import Engine, Inliner, Linter, Settings
from mailtemplates.inspection.templatelint import TemplateLinter
from mailtemplates.text.woven import Woven

NAMES = ("welcome", "password_reset", "receipt", "newsletter")
GOLDEN = ROOT / "tests" / "golden"


def samples() -> Iterator[tuple[str, int]]:
    """Every starter with every example of its schema."""
    engine = Engine(ROOT / "templates")
    for name in NAMES:
        contract = engine.contract(f"{name}.j2")
        assert contract is not None
        assert len(contract.examples) >= 2
        yield from ((name, index) for index in range(len(contract.examples)))


@pytest.mark.parametrize(("name", "index"), list(samples()))
def test_a_starter_renders_every_example(starters: Engine, name: str, index: int) -> None:
    mail = starters.render(f"{name}.j2", starters.sample(f"{name}.j2", index))
    message = mail.message(STAMP)
    assert mail.subject
    assert mail.text
    assert mail.html is not None
    assert len(mail.html.encode()) < 102_000
    assert sum(map(len, re.findall(r"<style[^>]*>(.*?)</style>", mail.html, re.DOTALL))) < 16_000
    assert "http:" not in mail.html
    assert message.envelope.recipients
    assert mail.parts.warnings == ()


@pytest.mark.parametrize("name", NAMES)
def test_golden_message(starters: Engine, name: str, pytestconfig: pytest.Config) -> None:
    """The octets of each starter's first example, with LF line ends so that a diff reads well."""
    octets = starters.render(f"{name}.j2", starters.sample(f"{name}.j2")).message(STAMP).as_bytes()
    path = GOLDEN / f"{name}.eml"
    if pytestconfig.getoption("--update-golden"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(octets.replace(b"\r\n", b"\n"))
    assert octets == path.read_bytes().replace(b"\n", b"\r\n")


def test_kept_rules_beat_the_inlined_style(starters: Engine) -> None:
    """A declaration that stays in ``@media`` without ``!important`` would lose to the inlined style."""
    html = starters.render("receipt.j2", starters.sample("receipt.j2")).html or ""
    for style in re.findall(r"<style>(.*?)</style>", html, re.DOTALL):
        for declaration in re.findall(r"[{;]\s*([a-z-]+:[^;{}]+)(?=[;}])", style):
            assert "!important" in declaration, declaration


@pytest.mark.skipif(find_chromium() is None, reason="no chromium is installed")
def test_a_real_browser_sees_the_same_styles(starters: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The inlined html of every example has the computed styles of the html with its style sheets."""
    cases = [(f"{name}.j2", starters.sample(f"{name}.j2", index)) for name, index in samples()]
    inlined = [starters.render(name, data).html or "" for name, data in cases]
    monkeypatch.setattr(Inliner, "splice", lambda self, pieces, *rest: Woven(pieces))
    plain = [starters.render(name, data).html or "" for name, data in cases]
    assert plain != inlined
    assert style_differences(list(zip(plain, inlined, strict=True))) == [[] for _ in cases]


@pytest.mark.parametrize("name", [*(f"{name}.j2" for name in NAMES), "layouts/base.j2", "components/button.j2"])
def test_a_starter_is_clean_with_every_rule_on(name: str) -> None:
    """What newcomers copy has no finding, or a comment that says why it may stay."""
    found = TemplateLinter(Linter(Settings(select=("ALL",)))).lint(ROOT / "templates" / name)
    assert [(one.code, one.line, one.message) for one in found] == []
