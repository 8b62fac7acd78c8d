"""Baselines: what is known stays quiet, what is new is shown, and the file is readable in a diff."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailtemplates.errors import SettingsError
from mailtemplates.linting.baseline import Baseline, read_baseline
from mailtemplates.linting.diagnostic import Diagnostic


def finding(name: str = "missing-from", path: str = "a.eml", line: int = 1) -> Diagnostic:
    return Diagnostic("HDR001", name, "error", "m", path, line, 1, line, 2)


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.eml", "b.eml"):
        (tmp_path / name).touch()


def baseline(counts: dict[str, dict[str, int]]) -> Baseline:
    return Baseline(Path.cwd(), counts)


# allowed, found, shown
COUNTS = [
    pytest.param(2, 2, 0, id="as many as allowed"),
    pytest.param(2, 1, 0, id="fewer"),
    pytest.param(2, 3, 3, id="one more shows all"),
    pytest.param(0, 1, 1, id="nought"),
]


@pytest.mark.parametrize(("allowed", "found", "shown"), COUNTS)
def test_over_the_count_all_of_the_rule_in_the_file_are_shown(allowed: int, found: int, shown: int) -> None:
    known = baseline({"a.eml": {"missing-from": allowed}})
    ones = [finding(line=line + 1) for line in range(found)]
    other = [finding("bare-newline"), finding(path="b.eml")]
    assert known.new([*ones, *other]) == [*ones[:shown], *other]


def test_lines_that_move_do_not_matter() -> None:
    known = baseline({}).written([finding(line=3)], ["a.eml"])
    assert known.new([finding(line=40)]) == []


def test_writing_keeps_files_that_were_not_judged() -> None:
    known = baseline({"a.eml": {"x": 3}, "b.eml": {"y": 1}}).written([finding()], ["a.eml"])
    assert known.counts == {"a.eml": {"missing-from": 1}, "b.eml": {"y": 1}}


def test_pruning_lowers_what_is_gone_and_never_raises() -> None:
    known = baseline({"a.eml": {"missing-from": 2, "gone": 1}, "b.eml": {"y": 1}, "vanished.eml": {"z": 1}})
    found = [finding(), finding("new-one")]
    assert known.unused(found, ["a.eml"]) == 2
    pruned = known.pruned(found, ["a.eml"])
    assert json.loads(pruned.dump()) == {"a.eml": {"missing-from": 1}, "b.eml": {"y": 1}}


def test_the_file_is_sorted_with_a_count_a_line() -> None:
    known = baseline({"b.eml": {"z": 1, "a": 2}, "a.eml": {"é": 1}, "c.eml": {"none": 0}})
    assert known.dump() == (
        '{\n  "a.eml": {\n    "é": 1\n  },\n  "b.eml": {\n    "a": 2,\n    "z": 1\n  }\n}\n'
    )  # fmt: skip
    Path("base.json").write_text(known.dump())
    assert read_baseline(Path("base.json")).dump() == known.dump()


def test_paths_are_relative_to_the_baseline_wherever_it_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mails").mkdir()
    (tmp_path / "base.json").write_text('{"mails/a.eml": {"missing-from": 1}}')
    assert read_baseline(Path("base.json")).new([finding(path="mails/a.eml")]) == []
    monkeypatch.chdir(tmp_path / "mails")
    assert read_baseline(Path("../base.json")).new([finding(path="a.eml")]) == []


DAMAGED = ["", "[]", "{", '{"a": 1}', '{"a": {"b": "c"}}', '{"a": {"b": true}}', "\ufeff{}", "[" * 100_000]


@pytest.mark.parametrize("text", DAMAGED, ids=range(len(DAMAGED)))
def test_a_file_that_is_no_baseline_is_refused(text: str) -> None:
    Path("base.json").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match="baseline"):
        read_baseline(Path("base.json"))


def test_a_missing_file_is_refused_unless_it_is_to_be_written() -> None:
    with pytest.raises(SettingsError, match="--write-baseline"):
        read_baseline(Path("base.json"))
    assert read_baseline(Path("base.json"), missing_is_empty=True).counts == {}
