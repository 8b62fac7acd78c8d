"""Fixes of layouts, includes and macro files: for what is found in them through the templates that use them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mailtemplates.inspection.inspection import Inspection
from mailtemplates.inspection.mending import Mended
from mailtemplates.linting.lintcache import LintCache
from mailtemplates.settings import Settings

TWICE = '<p class="note" class="note">'
ONCE = '<p class="note">'
LAYOUT = (
    "{% block from %}Acme <hello@acme-shop.com>{% endblock %}\n"
    "{% block to %}ben@reader.example{% endblock %}\n"
    "{% block html %}<!DOCTYPE html><html lang=\"en\"><head><title>Hello</title></head><body>\n"
    "  TWICEHello, here is what is new at Acme this week</p>\n"
    "{% block content %}{% endblock %}{% include 'foot.j2' %}</body></html>{% endblock %}\n"
)  # fmt: skip
FOOT = "{% from 'box.j2' import box %}\n{{ box('x') }}TWICEAcme, Vienna</p>\n"
BOX = "{% macro box(words) %}TWICE{{ words }}</p>{% endmacro %}\n"
OWN = "{% extends 'layout.j2' %}{% block subject %}Hello {{ n }}{% endblock %}{% block content %}TWICEx</p>{% endblock %}\n"
SHARED = {"layout.j2": LAYOUT, "foot.j2": FOOT, "box.j2": BOX}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three templates on one layout with an include and a macro file; the same fault in each file."""
    for name in ("templates", "schemas"):
        (tmp_path / name).mkdir()
    for name, text in SHARED.items():
        (tmp_path / "templates" / name).write_text(text.replace("TWICE", TWICE))
    for number in range(3):
        (tmp_path / f"templates/t{number}.j2").write_text(OWN.replace("TWICE", TWICE))
        (tmp_path / f"schemas/t{number}.json").write_text(json.dumps({"examples": [{"n": number}]}))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def mend(*names: str, unsafe: bool = False) -> dict[str, str]:
    """What is mended, by template name; nothing is written."""
    settings = Settings(select=("HTM003",))
    found = Inspection(settings, LintCache(None, settings)).mend([f"templates/{name}" for name in names], unsafe=unsafe)
    mended = {}
    for one in found:
        assert isinstance(one, Mended)
        if one.after != one.before:
            assert one.path not in mended
            mended[one.path.removeprefix("templates/")] = one.after.decode()
    return mended


def test_a_layout_is_mended_once_for_all_that_use_it(folder: Path) -> None:
    """Whoever shows it: each file's fault is gone, and nothing else has changed."""
    mended = mend("t0.j2", "t1.j2", "t2.j2")
    wanted = {**SHARED, "t0.j2": OWN, "t1.j2": OWN, "t2.j2": OWN}
    assert mended == {name: text.replace("TWICE", ONCE) for name, text in wanted.items()}


def test_one_template_is_enough_to_mend_what_it_uses(folder: Path) -> None:
    assert set(mend("t1.j2")) == {"t1.j2", *SHARED}


def test_what_a_comment_hides_in_a_layout_is_not_mended(folder: Path) -> None:
    ignored = "{# mailtpl: ignore[HTM003] on purpose #}" + FOOT
    (folder / "templates/foot.j2").write_text(ignored.replace("TWICE", TWICE))
    assert set(mend("t0.j2", "t1.j2", "t2.j2")) == {"t0.j2", "t1.j2", "t2.j2", "layout.j2", "box.j2", "foot.j2"}
    hidden = FOOT.replace("TWICE", "{# mailtpl: ignore[HTM003] on purpose #}TWICE")
    (folder / "templates/foot.j2").write_text(hidden.replace("TWICE", TWICE))
    assert "foot.j2" not in mend("t0.j2", "t1.j2", "t2.j2")


def test_a_template_that_ignores_a_rule_keeps_no_other_from_mending_the_layout(folder: Path) -> None:
    path = folder / "templates/t0.j2"
    path.write_text("{# mailtpl: ignore-file[HTM003] as it is #}" + path.read_text())
    assert mend("t0.j2") == {}
    assert "layout.j2" in mend("t0.j2", "t1.j2")


def run(*arguments: str, text: str = "") -> tuple[int, str]:
    """The exit code of ``mailtpl lint --select HTM003`` and what it says."""
    command = [sys.executable, "-m", "mailtemplates", "lint", "--select", "HTM003", "--no-cache", *arguments]
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=False)
    return done.returncode, (done.stdout + done.stderr).decode()


def test_the_command_writes_shared_files_whole(folder: Path) -> None:
    """``--diff`` says what ``--fix`` writes, and afterwards nothing is left."""
    code, diff = run("templates", "--diff")
    assert code == 1
    assert all(f"templates/{name}" in diff for name in SHARED)
    assert TWICE in (folder / "templates/layout.j2").read_text()
    code, said = run("templates", "--fix")
    assert (code, "Fixed 6 findings in 6 files." in said) == (0, True)
    assert (folder / "templates/layout.j2").read_text() == LAYOUT.replace("TWICE", ONCE)
    assert run("templates") == (0, "No findings in 6 files.\n")


def test_standard_input_changes_no_file(folder: Path) -> None:
    own = OWN.replace("TWICE", TWICE)
    _, said = run("--fix", "--stdin-filename", "templates/t0.j2", "-", text=own)
    assert ONCE in said
    assert TWICE in (folder / "templates/layout.j2").read_text()
    assert (folder / "templates/t0.j2").read_text() == own
