"""The table of what mail clients support: well-known facts, its features and where they are looked for, globs."""

from __future__ import annotations

import json
from pathlib import Path
from runpy import run_path

import pytest

from mailtemplates.clients.feature import GRACEFUL, HAND, PARTLY, QUIET, UNMAPPED, find_features, keys_of
from mailtemplates.clients.support import Feature, by_family, choose_clients, read_support
from mailtemplates.clients.verdict import verdicts
from mailtemplates.errors import SettingsError
from mailtemplates.settings import CLIENTS

MAKER = run_path(str(Path(__file__).parent.parent / "tools" / "clients.py"))
FEATURES = read_support().features


@pytest.mark.parametrize(
    ("slug", "client", "answer"),
    [
        pytest.param("css-display-flex", "outlook.windows", "no", id="no flexbox in Outlook for Windows"),
        pytest.param("css-display-flex", "apple-mail.ios", "yes", id="flexbox on the iPhone"),
        pytest.param("html-style", "gmail.desktop-webmail", "partly", id="<style> in Gmail, in the head"),
        pytest.param("html-style", "gmail.mobile-webmail", "no", id="no <style> in Gmail's mobile webmail"),
        pytest.param("image-webp", "outlook.windows", "no", id="no webp in Outlook for Windows"),
        pytest.param("image-webp", "apple-mail.macos", "yes", id="webp in Apple Mail"),
        pytest.param("image-svg", "gmail.desktop-webmail", "no", id="no svg in Gmail"),
        pytest.param("css-position", "gmail.ios", "no", id="no position in Gmail"),
        pytest.param("css-border-radius", "outlook.windows", "no", id="square corners in Outlook for Windows"),
        pytest.param("html-video", "apple-mail.macos", "yes", id="video in Apple Mail"),
        pytest.param("css-background-color", "outlook.windows", "yes", id="background colours everywhere"),
        pytest.param("css-object-fit", "gmail.ios", "yes", id="what only other accounts in Gmail lack"),
        pytest.param("image-svg", "gmail.ios", "no", id="what only other accounts in Gmail have"),
        pytest.param("css-clear", "outlook.macos", "unknown", id="not known"),
    ],
)
def test_well_known_facts(slug: str, client: str, answer: str) -> None:
    assert FEATURES[slug].answer(client) == answer


@pytest.mark.parametrize("slug", sorted(FEATURES))
def test_every_feature_is_looked_for_or_says_why_not(slug: str) -> None:
    assert bool(keys_of(FEATURES[slug])) != (slug in UNMAPPED)


def test_the_tables_by_hand_name_features_that_exist_and_each_once() -> None:
    for table in (HAND, UNMAPPED, QUIET, GRACEFUL, PARTLY):
        assert set(table) <= set(FEATURES)
    assert not QUIET & GRACEFUL
    assert not (QUIET | GRACEFUL | set(HAND)) & set(UNMAPPED)


def test_what_is_by_hand_is_what_does_not_follow_from_the_name() -> None:
    assert len(HAND) + len(UNMAPPED) < 70
    assert len(FEATURES) - len(HAND) - len(UNMAPPED) > 240


def test_the_table_is_small_and_dated() -> None:
    folder = Path(__file__).parent.parent / "mailtemplates" / "clients" / "caniemail"
    assert (folder / "support.json").stat().st_size < 100_000
    assert read_support().date == json.loads((folder / "support.json").read_text())["date"] >= "2026-05-13"
    licence = (folder / "LICENSE").read_text(encoding="utf-8")
    assert "HTeuMeuLeu" in licence
    assert "Andrew Powell" in licence


@pytest.mark.parametrize(
    ("versions", "cell"),
    [
        pytest.param({"2021-10": "n", "2023-12": "y"}, "y", id="months"),
        pytest.param({"2024-04": "y", "2024-01": "n"}, "y", id="months out of order"),
        pytest.param({"9": "n", "10": "y"}, "y", id="numbers, not texts"),
        pytest.param({"2007": "y", "2019": "n"}, "n", id="years"),
        pytest.param({"2019-02": "y", "16.80": "n"}, "n", id="numbers came after months"),
        pytest.param({"12.4": "a", "2024-10": "y"}, "y", id="months came after numbers"),
        pytest.param({}, "", id="never tested"),
    ],
)
def test_the_latest_version_counts(versions: dict[str, str], cell: str) -> None:
    assert MAKER["latest"](versions) == cell


def test_a_note_loses_its_links() -> None:
    assert (
        MAKER["plain"]("See [this (new) page](https://a.example/b_(c)) \n and `x`.") == "See this (new) page and `x`."
    )


@pytest.mark.parametrize(
    ("globs", "count"),
    [
        pytest.param(("gmail.*",), 4, id="family"),
        pytest.param(("gmail",), 4, id="family without a platform"),
        pytest.param(("*.windows",), 2, id="platform"),
        pytest.param(("GMAIL.ios", "gmail.*"), 4, id="twice"),
        pytest.param(CLIENTS, 15, id="what is chosen when nothing is said"),
        pytest.param(("*",), len(read_support().clients), id="all"),
    ],
)
def test_globs_choose_clients(globs: tuple[str, ...], count: int) -> None:
    assert len(choose_clients(globs)) == count


def test_a_glob_that_names_no_client_is_an_error_with_the_nearest() -> None:
    with pytest.raises(SettingsError) as caught:
        choose_clients(("gmial.*",))
    assert caught.value.cure == "did you mean 'gmail.*'?"


def test_families_are_counted() -> None:
    rows = {row.family: row for row in by_family(FEATURES["css-display-flex"], choose_clients(CLIENTS))}
    assert (rows["outlook"].lacking, rows["outlook"].tested) == (2, 6)
    assert not rows["outlook"].none
    windows = by_family(FEATURES["css-display-flex"], choose_clients(("outlook.windows",)))
    assert [row.none for row in windows] == [True]


@pytest.mark.parametrize(
    ("word", "slug"),
    [
        ("display:flex", "css-display-flex"),
        ("css-display-flex", "css-display-flex"),
        ("<video>", "html-video"),
        ("@media", "css-at-media"),
        ("webp", "image-webp"),
        (":hover", "css-pseudo-class-hover"),
        ("column-gap", "css-gap"),
        ("clamp()", "css-function-clamp"),
        ("Border-Radius", "css-border-radius"),
    ],
)
def test_a_person_finds_a_feature(word: str, slug: str) -> None:
    assert [one.slug for one in find_features(word)] == [slug]


@pytest.mark.parametrize("word", ["", " ", "<>", "no-such-thing"])
def test_what_names_nothing_finds_nothing(word: str) -> None:
    assert list(find_features(word)) == []


def said(slug: str, *globs: str) -> str:
    """The severity of the verdict on a feature, and its words."""
    found = [one for key in keys_of(FEATURES[slug]) for one in verdicts(globs or CLIENTS).get(key, ())]
    mine = [one for one in found if one.feature.slug == slug]
    return f"{mine[0].severity}: {mine[0].says}" if mine else ""


def test_no_support_in_a_family_is_a_warning_and_some_is_an_info() -> None:
    assert said("css-position").startswith("warning: is not supported by gmail (4 of 4)")
    assert said("css-display-flex") == "info: is not supported by outlook (2 of 6)"
    assert said("css-display-flex", "outlook.windows").startswith("warning: ")
    assert said("css-padding") == "info: is only partly supported by outlook"


def test_what_all_support_or_nobody_misses_is_not_spoken_of() -> None:
    assert said("css-background-color") == ""
    assert said("css-border-radius") == ""
    assert said("css-at-font-face") == ""
    assert said("css-box-shadow").startswith("info: ")


def test_every_feature_can_be_asked_for_with_every_client_alone() -> None:
    for client in read_support().clients:
        assert all(one.says for each in verdicts((client,)).values() for one in each)
    assert isinstance(FEATURES["amp"], Feature)
