"""Settings: the nearest file holds, and a slip in it is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailtemplates.errors import SettingsError
from mailtemplates.settings import read_settings


def test_the_nearest_file_holds(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.mailtemplates]\ntemplates = "mail"\nkeep-style = "all"\n')
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    settings = read_settings(inner)
    assert settings.templates == ("mail",)
    assert settings.keep_style == "all"
    assert settings.paths(settings.templates) == (tmp_path.resolve() / "mail",)


def test_its_own_file_comes_before_pyproject(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.mailtemplates]\nlocale = "de"\n')
    (tmp_path / "mailtemplates.toml").write_text('locale = "fr"\n')
    assert read_settings(tmp_path).locale == "fr"


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    settings = read_settings(tmp_path)
    assert settings.templates == ("templates",)
    assert settings.folder == tmp_path.resolve()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("keep_stile = 'all'", "did you mean 'keep_style'"),
        ("keep_style = 'some'", "one of rest, all, none"),
        ("text_width = '72'", "a whole number"),
        ("sandbox = 1", "true or false"),
        ("templates = [1]", "a string or an array of strings"),
        ("x = [", "not TOML"),
        ("folder = '/'", "unknown setting 'folder'"),
    ],
)
def test_a_slip_is_named_with_its_file(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "mailtemplates.toml").write_text(text)
    with pytest.raises(SettingsError, match=words) as caught:
        read_settings(tmp_path)
    assert "mailtemplates.toml" in str(caught.value)
    assert caught.value.exit_code == 2
