"""The cache of lint results: known by content and settings, and never the reason of a wrong answer."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

import grimp
import pytest

import mailtemplates
from mailtemplates.digest import digest_of
from mailtemplates.finding import Edit, Fix
from mailtemplates.inspection.inspection import Inspection
from mailtemplates.linting.diagnostic import Diagnostic
from mailtemplates.linting.lintcache import ELSEWHERE, LintCache
from mailtemplates.settings import Settings
from mailtemplates.span import Span

FIX = Fix((Edit(Span(3, 5), b"\xff\x00x"), Edit(Span(9, 9), b"")), safe=False)
FOUND = Diagnostic("HDR001", "missing-from", "error", "m\udc80", "a.eml", 1, 2, 3, 4, "h", "s", "r", "src", (1, 2), FIX)


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def store(folder: Path) -> Path:
    return next((folder / "lint").iterdir())


def entries(folder: Path) -> list[str]:
    """The names of the files that the store knows."""
    octets = store(folder).read_bytes()
    return list(json.loads(octets[octets.index(b"{") :]))


def test_a_finding_comes_back_as_it_was(tmp_path: Path) -> None:
    """Another process gets the same diagnostics, fixes and octets too."""
    cache = LintCache(tmp_path, Settings())
    cache.remember("a.eml", "d", [FOUND], [1, 2])
    cache.save()
    again = LintCache(tmp_path, Settings())
    assert again.recall("a.eml", "d") == [FOUND]
    assert again.knows("a.eml", [1, 2])
    assert again.digest("a.eml") == "d"


def test_other_content_settings_files_or_folders_are_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = LintCache(tmp_path, Settings())
    cache.remember("a.eml", "d", [FOUND], [1])
    cache.save()
    again = LintCache(tmp_path, Settings())
    assert again.recall("a.eml", "e") is None
    assert again.recall("b.eml", "d") is None
    assert not again.knows("a.eml", [2])
    assert not again.knows("a.eml", None)
    assert LintCache(tmp_path, Settings(ignore=("HDR",))).recall("a.eml", "d") is None
    assert LintCache(tmp_path, Settings(rules={"x": {"y": 1}})).recall("a.eml", "d") is None
    assert LintCache(tmp_path, Settings(fail_on="info", baseline="b.json")).recall("a.eml", "d") == [FOUND]
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    assert LintCache(tmp_path, Settings()).recall("a.eml", "d") is None


def test_no_finding_depends_on_what_the_cache_does_not_look_at() -> None:
    """The folders whose changes leave results known: no rule, and nothing that a rule or a rendering needs, imports
    them. The engine alone does, to send, and lint never sends."""
    graph = grimp.build_graph("mailtemplates", exclude_type_checking_imports=True, cache_dir=None)
    passed = {f"mailtemplates.{name}" for name in ELSEWHERE}
    assert all((Path(mailtemplates.__file__).parent / name).is_dir() for name in ELSEWHERE)

    def is_passed(module: str) -> bool:
        return ".".join(module.split(".")[:2]) in passed

    reached: set[str] = set()
    waiting = [f"mailtemplates.{name}" for name in ("inspection", "linting", "rules")]
    waiting += [module for package in list(waiting) for module in graph.find_descendants(package)]
    while waiting:
        module = waiting.pop()
        if module not in reached:
            reached.add(module)
            needed = graph.find_modules_directly_imported_by(module)
            waiting += [one for one in needed if not (module == "mailtemplates.engine" and is_passed(one))]
    assert [module for module in sorted(reached) if is_passed(module)] == []
    assert len(reached) > 300


def test_another_version_of_the_rules_knows_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = LintCache(tmp_path, Settings())
    cache.remember("a.eml", "d", [FOUND])
    cache.save()
    package = tmp_path / "package"
    (package / "rules").mkdir(parents=True)
    (package / "rules" / "a.py").write_text("one")
    monkeypatch.setattr("mailtemplates.linting.lintcache.__file__", str(package / "linting" / "lintcache.py"))
    changed = LintCache(tmp_path, Settings())
    assert changed.recall("a.eml", "d") is None
    changed.remember("a.eml", "d", [])
    changed.save()
    (package / "smtp").mkdir()
    (package / "smtp" / "a.py").write_text("no rule knows this")
    assert LintCache(tmp_path, Settings()).recall("a.eml", "d") == []
    (package / "rules" / "a.py").write_text("other")
    assert LintCache(tmp_path, Settings()).recall("a.eml", "d") is None


DAMAGE = [b"", b"{", b"[]", b"null", b'{"a.eml": {"digest": "d", "found": []}}', b"\xff\xfe\n", b"\n" * 9]


@pytest.mark.parametrize("octets", DAMAGE, ids=range(len(DAMAGE)))
def test_damage_is_a_miss(tmp_path: Path, octets: bytes) -> None:
    cache = LintCache(tmp_path, Settings())
    cache.remember("a.eml", "d", [])
    cache.save()
    store(tmp_path).write_bytes(octets)
    damaged = LintCache(tmp_path, Settings())
    assert damaged.recall("a.eml", "d") is None
    damaged.remember("a.eml", "d", [FOUND])
    damaged.save()
    assert LintCache(tmp_path, Settings()).recall("a.eml", "d") == [FOUND]


def test_damage_anywhere_is_a_miss(tmp_path: Path) -> None:
    """No octet of a store can change, and no part of it be lost, without the whole being unknown."""
    cache = LintCache(tmp_path, Settings())
    cache.remember("a.eml", "d", [FOUND])
    cache.save()
    whole = store(tmp_path).read_bytes()
    for at in range(len(whole)):
        store(tmp_path).write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert LintCache(tmp_path, Settings()).recall("a.eml", "d") is None, at
        store(tmp_path).write_bytes(whole[:at])
        assert LintCache(tmp_path, Settings()).recall("a.eml", "d") is None, at


def test_writers_at_once_leave_a_whole_store(tmp_path: Path) -> None:
    def write(number: int) -> None:
        for turn in range(20):
            cache = LintCache(tmp_path, Settings())
            cache.remember(f"{number}.eml", str(turn), [FOUND] * 50)
            cache.save()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path.suffix for path in (tmp_path / "lint").iterdir()] == [".json"]
    assert entries(tmp_path)


def test_it_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailtemplates.linting.lintcache._ENTRIES", 10)
    for number in range(400):
        cache = LintCache(tmp_path, Settings(host=str(number)))
        for name in range(12 if number == 0 else 1):
            cache.remember(f"{name}.eml", "d", [])
        cache.save()
        if number == 0:
            assert len(entries(tmp_path)) == 10
    assert len(list((tmp_path / "lint").iterdir())) < 200


def test_a_folder_that_cannot_be_written_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cache = LintCache(tmp_path / "file", Settings())
    cache.remember("a.eml", "d", [FOUND])
    cache.save()
    assert cache.recall("a.eml", "d") == [FOUND]


def test_digests_tell_pieces_apart() -> None:
    assert digest_of(b"ab", b"c") != digest_of(b"a", b"bc")


class Counting(Inspection):
    """An inspection that counts what it really lints."""

    def __init__(self, settings: Settings, cache: LintCache) -> None:
        super().__init__(settings, cache)
        self.linted: list[str] = []

    def _lint(self, path: str, name: str, octets: bytes) -> list[Diagnostic]:
        self.linted.append(name)
        return super()._lint(path, name, octets)


def linted(folder: Path, *paths: str, settings: Settings | None = None) -> list[str]:
    """Which of the files are linted anew in a run of its own."""
    used = settings or Settings()
    run = Counting(used, LintCache(folder / "cache", used))
    run.judge(paths)
    return run.linted


def old(path: Path) -> None:
    """Let a file look as if it had been written an hour ago."""
    then = time.time() - 3600
    os.utime(path, (then, then))


@pytest.mark.parametrize("aged", [False, True], ids=["just written", "an hour old"])
def test_only_changed_messages_are_linted_again(tmp_path: Path, aged: bool) -> None:
    for name in ("a.eml", "b.eml"):
        (tmp_path / name).write_text("From: a@b.example\n\nhi\n")
        if aged:
            old(tmp_path / name)
    assert linted(tmp_path, "a.eml", "b.eml") == ["a.eml", "b.eml"]
    assert linted(tmp_path, "a.eml", "b.eml") == []
    (tmp_path / "b.eml").write_text("From: a@b.example\n\nho\n")
    assert linted(tmp_path, "a.eml", "b.eml") == ["b.eml"]
    (tmp_path / "b.eml").touch()
    assert linted(tmp_path, "a.eml", "b.eml") == []
    assert linted(tmp_path, "a.eml", settings=Settings(ignore=("HDR001",))) == ["a.eml"]


CHANGES = {
    "template": "templates/t.j2",
    "layout": "templates/layout.j2",
    "schema": "schemas/t.json",
    "settings": "mailtemplates.toml",
}


@pytest.mark.parametrize("changed", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("aged", [False, True], ids=["just written", "an hour old"])
def test_a_template_is_linted_again_when_anything_that_it_uses_changes(
    tmp_path: Path, changed: str, aged: bool
) -> None:
    files = {
        "templates/t.j2": '{% extends "layout.j2" %}{% block subject %}{{ n }}{% endblock %}',
        "templates/layout.j2": "{% block from %}a@b.example{% endblock %}{% block text %}x{% endblock %}",
        "schemas/t.json": '{"examples": [{"n": "x"}]}',
        "mailtemplates.toml": 'host = "x.example"',
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
        if aged:
            old(tmp_path / name)
    assert linted(tmp_path, "templates/t.j2") == ["templates/t.j2"]
    assert linted(tmp_path, "templates/t.j2") == []
    (tmp_path / changed).write_text(files[changed].replace("x", "y"))
    if aged:
        old(tmp_path / changed)
    assert linted(tmp_path, "templates/t.j2") == ["templates/t.j2"]
    assert linted(tmp_path, "templates/t.j2") == []
