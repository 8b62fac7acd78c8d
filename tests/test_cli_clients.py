"""``mailtpl clients`` as a person and a script use it, and the setting ``clients``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailtemplates.cli.shell import main
from mailtemplates.errors import SettingsError
from mailtemplates.linting.linter import Linter
from mailtemplates.settings import Settings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_feature_is_answered_for_each_client_with_notes_and_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clients", "display:flex"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "css-display-flex: display:flex"
    assert "outlook.windows             no" in lines
    assert "yahoo.ios                   yes  [2]" in lines
    assert lines.index("apple-mail.ios              yes") < lines.index("aol.ios                     yes  [2]")
    assert any(line.startswith("[2] `display:inline-flex` is not supported") for line in lines)
    assert lines[-1].startswith("Data of caniemail.com, 20")


def test_all_features_and_clients_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clients"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["feature", "apple-mail", "gmail", "outlook", "yahoo"]
    assert ["css-position", "2~", "0/4", "3/6~", "3~"] in lines
    assert any("t-online-de.desktop-webmail," in line for line in lines)


def test_json_for_scripts_and_other_clients(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clients", "webp", "--clients", "outlook.windows,hey", "--output-format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["date"] >= "2026-05-13"
    (feature,) = told["features"]
    assert feature["feature"] == "image-webp"
    assert feature["families"]["outlook"] == {"supported": 0, "partly": 0, "tested": 1}
    assert feature["clients"]["outlook.windows"] == "no"


def test_the_settings_say_which_clients_come_first(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "mailtemplates.toml").write_text('clients = ["thunderbird.*"]\n')
    assert main(["clients"]) == 0
    assert capsys.readouterr().out.splitlines()[0].split() == ["feature", "thunderbird"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["clients", "displya-flex"], "did you mean 'display-flex'?"),
        (["clients", "--clients", "gmial.*"], "did you mean 'gmail.*'?"),
        (["clients", "--output-format", "xml"], "json"),
    ],
)
def test_what_does_not_exist_is_exit_2_with_the_nearest(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(Settings(clients=("outlok.*",)), id="for all rules"),
        pytest.param(Settings(rules={"unsupported-css": {"clients": ["outlok.*"]}}), id="for one rule"),
    ],
)
def test_the_linter_refuses_clients_that_do_not_exist(settings: Settings) -> None:
    with pytest.raises(SettingsError) as caught:
        Linter(settings)
    assert caught.value.exit_code == 2
    assert caught.value.cure == "did you mean 'outlook.*'?"
