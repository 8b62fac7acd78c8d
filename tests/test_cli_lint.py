"""``mailtpl lint``, ``mailtpl rule`` and ``mailtpl rules`` as a person, a script and an editor use them."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from mailtemplates.cli.shell import main

ROOT = Path(__file__).parent.parent
FIELDS = {
    "From": "a@acme-shop.com",
    "To": "ben@reader.example",
    "Subject": "Your order",
    "Date": "Mon, 02 Nov 2026 12:00:00 +0000",
    "Message-ID": "<order-1@acme-shop.com>",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=utf-8",
}


def message(**fields: str | None) -> bytes:
    """A right message with other fields (``Message_ID`` for Message-ID), or without those that are None."""
    given = {name.replace("_", "-"): value for name, value in fields.items()}
    lines = [f"{name}: {value}\n" for name, value in {**FIELDS, **given}.items() if value is not None]
    return "".join([*lines, "\nHello.\n"]).encode()


RIGHT = message()
NO_FROM = message(From=None)
WRONG_DAY = message(Date="Tue, 02 Nov 2026 12:00:00 +0000")
NO_SUBJECT = message(Subject=None)
TEMPLATE = (
    "{% block from %}a@acme-shop.com{% endblock %}\n{% block to %}b@reader.example{% endblock %}\n"
    "{% block subject %}Hi{% endblock %}\n{% block text %}Hello {{ name }}.\n{% endblock %}\n"
)


def environment(**more: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    return {**clean, "MAILTPL_CACHE": "off", "PYTHONPATH": str(ROOT), **more}


def mailtpl(*arguments: str | Path, cwd: Path, stdin: bytes = b"", **more: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command line as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "mailtemplates", *map(str, arguments)],
        cwd=cwd, input=stdin, capture_output=True, check=False, env=environment(**more),
    )  # fmt: skip


def lint(*arguments: str | Path, cwd: Path, stdin: bytes = b"", **more: str) -> subprocess.CompletedProcess[bytes]:
    return mailtpl("lint", *arguments, cwd=cwd, stdin=stdin, **more)


def found(*arguments: str | Path, cwd: Path, stdin: bytes = b"", **more: str) -> list[tuple[str, str]]:
    """Path and rule of each finding."""
    done = lint(*arguments, "--output-format", "json", cwd=cwd, stdin=stdin, **more)
    return [(one["path"], one["name"]) for one in json.loads(done.stdout)]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with messages, a template, and what tools leave behind."""
    folder = tmp_path / "project"
    files = {
        "mails/right.eml": RIGHT,
        "mails/nofrom.eml": NO_FROM,
        "mails/deep/day.eml": WRONG_DAY,
        "mails/nosubject.EML": NO_SUBJECT,
        "mails/notes.txt": b"no message\n",
        "mails/.hidden/x.eml": NO_FROM,
        "mails/node_modules/x.eml": NO_FROM,
        "mails/build/x.eml": NO_FROM,
        "templates/hi.j2": TEMPLATE.encode(),
        "schemas/hi.json": b'{"examples": [{"name": "Ben"}]}',
        "mailtemplates.toml": b"",
        "empty/notes.txt": b"no message\n",
    }
    for name, octets in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(octets)
    return folder


ALL = [
    ("mails/deep/day.eml", "date-weekday-mismatch"),
    ("mails/nofrom.eml", "missing-from"),
    ("mails/nosubject.EML", "missing-subject"),
]
PATHS = [
    pytest.param(["mails/nofrom.eml"], ALL[1:2], id="a file"),
    pytest.param(["mails"], ALL, id="a folder and its folders"),
    pytest.param(["mails/*.eml"], ALL[1:2], id="a glob"),
    pytest.param(["**/*.eml"], ALL[:2], id="a glob over folders"),
    pytest.param(["mails/nofrom.eml", "./mails//nofrom.eml", "mails/nofrom.eml"], ALL[1:2], id="the same file once"),
    pytest.param(["mails/nofrom.eml", "mails/deep"], [ALL[1], ALL[0]], id="in the order of the names"),
    pytest.param(["mails/.hidden"], [("mails/.hidden/x.eml", "missing-from")], id="a hidden folder that is named"),
    pytest.param(["templates"], [], id="templates"),
    pytest.param([], [], id="the settings' template folders"),
]  # fmt: skip


@pytest.mark.parametrize(("paths", "expected"), PATHS)
def test_which_files_are_meant(project: Path, paths: list[str], expected: list[tuple[str, str]]) -> None:
    assert found(*paths, cwd=project) == expected


def test_an_absolute_path_is_shown_relative_to_the_working_folder(project: Path) -> None:
    assert found(project / "mails" / "nofrom.eml", cwd=project) == ALL[1:2]
    assert found("../nofrom.eml", cwd=project / "mails" / "deep") == [("../nofrom.eml", "missing-from")]


def test_a_file_of_another_suffix_is_known_by_its_beginning(project: Path) -> None:
    """Header fields make a message; Jinja makes a template, which is rendered."""
    (project / "mails" / "saved").write_bytes(NO_FROM)
    (project / "templates" / "hi.txt").write_text("{% block text %}{{ undefined_name }}{% endblock %}")
    assert found("mails/saved", cwd=project) == [("mails/saved", "missing-from")]
    assert ("templates/hi.txt", "rules-skipped") in found("templates/hi.txt", cwd=project)


def test_a_template_is_judged_as_what_its_sample_becomes(project: Path) -> None:
    (project / "templates" / "hi.j2").write_text(TEMPLATE.replace("{{ name }}", "{{ nmae }}"))
    shown = json.loads(lint("--output-format", "json", cwd=project).stdout)
    assert {(one["path"], one["name"], one["line"]) for one in shown} >= {("templates/hi.j2", "rules-skipped", 4)}


def test_what_templates_share_is_said_once_whatever_is_cached(project: Path, tmp_path: Path) -> None:
    """A layout's finding is found through each template that uses it, and does not depend on which was linted before."""
    (tmp_path / "cache").mkdir(mode=0o700)
    for name in ("one", "two"):
        (project / "templates" / f"{name}.j2").write_text('{% extends "base.j2" %}{% block subject %}{% endblock %}')
        (project / "schemas" / f"{name}.json").write_text('{"examples": [{"name": "Ben"}]}')
    (project / "templates" / "base.j2").write_text(TEMPLATE.replace("a@acme-shop.com", "a@example.com"))
    layout = ("templates/base.j2", "foreign-or-reserved-from")
    for _ in range(2):
        for names in (["templates"], ["templates/two.j2"], ["templates/one.j2", "templates/two.j2"]):
            assert found(*names, cwd=project, MAILTPL_CACHE=str(tmp_path / "cache")).count(layout) == 1


@pytest.mark.parametrize("name", [(), ("--stdin-filename", "mails/new.eml")], ids=["unnamed", "named"])
def test_standard_input(project: Path, name: tuple[str, ...]) -> None:
    expected = name[1] if name else "<stdin>"
    assert found("-", *name, cwd=project, stdin=NO_FROM) == [(expected, "missing-from")]


def test_a_named_standard_input_follows_the_ignores_of_its_name(project: Path) -> None:
    (project / "mailtemplates.toml").write_text('[per-file-ignores]\n"old/*" = ["HDR001"]\n')
    assert found("-", "--stdin-filename", "old/a.eml", cwd=project, stdin=NO_FROM) == []


def test_globs_of_the_settings_are_seen_from_their_folder(project: Path) -> None:
    (project / "mailtemplates.toml").write_text('[per-file-ignores]\n"mails/deep/*" = ["HDR012"]\n')
    assert found("deep", cwd=project / "mails") == []
    assert found("mails/deep", cwd=project) == []


# arguments, settings, exit code, words on standard error
CODES = [
    pytest.param(["mails/right.eml"], "", 0, "", id="clean"),
    pytest.param(["mails/nofrom.eml"], "", 1, "", id="error"),
    pytest.param(["mails/nosubject.EML"], "", 0, "", id="a warning only"),
    pytest.param(["mails/nosubject.EML", "--fail-on", "warning"], "", 1, "", id="fail on warnings"),
    pytest.param(["mails/nosubject.EML"], "fail-on = 'warning'", 1, "", id="fail on warnings by the settings"),
    pytest.param(["mails/nosubject.EML", "--fail-on", "error"], "fail-on = 'warning'", 0, "", id="options go first"),
    pytest.param(["mails/nosubject.EML", "--severity", "HDR004=error"], "", 1, "", id="severity"),
    pytest.param(["mails/nofrom.eml", "--severity", "HDR=info,missing-from=warning"], "", 0, "", id="longest match"),
    pytest.param(["mails/nofrom.eml"], "[severity]\nHDR001 = 'info'", 0, "", id="severity by the settings"),
    pytest.param(["mails/nofrom.eml", "--ignore", "missing-from"], "", 0, "", id="ignore"),
    pytest.param(["mails/nofrom.eml", "--ignore", "CTE,HDR"], "", 0, "", id="ignore families"),
    pytest.param(["mails/nofrom.eml", "--select", "CTE", "--select", "ADR"], "", 0, "", id="select"),
    pytest.param(["mails/nofrom.eml", "--select", "CTE", "--extend-select", "hdr001"], "", 1, "", id="extend"),
    pytest.param(["mails/nofrom.eml"], "ignore = ['HDR']", 0, "", id="ignore by the settings"),
    pytest.param(["mails/nofrom.eml", "--select", "HDR"], "ignore = ['HDR001']", 1, "", id="select starts anew"),
    pytest.param(["mails/nofrom.eml", "--extend-select", "HDR001"], "ignore = ['HDR001']", 1, "", id="extend wins"),
    pytest.param(["mails/nofrom.eml", "--per-file-ignores", "mails/*:HDR001"], "", 0, "", id="per-file-ignores"),
    pytest.param(["mails/nofrom.eml", "--per-file-ignores", "x:CTE,no*.eml:ADR,HDR"], "", 0, "", id="several of them"),
    pytest.param(["mails/nofrom.eml", "--per-file-ignores", "x/*:HDR"], "", 1, "", id="ignored elsewhere"),
    pytest.param(["none.eml"], "", 2, "'none.eml' matches no file", id="no such file"),
    pytest.param(["mails", "x/*.eml"], "", 2, "'x/*.eml' matches no file", id="a glob without files"),
    pytest.param(["empty"], "", 2, "'empty' matches no file", id="a folder without messages"),
    pytest.param([], "templates = ['none']", 2, "no template folder 'none'", id="no template folder"),
    pytest.param(["mails", "--select", "mising-from"], "", 2, "did you mean 'missing-from'?", id="unknown rule"),
    pytest.param(["mails", "--ignore", "HDR099"], "", 2, "there is no rule 'HDR099'", id="unknown code"),
    pytest.param(["mails", "--severity", "HDR001=eror"], "", 2, "'eror' is no severity", id="unknown severity"),
    pytest.param(["mails", "--severity", "HDR001"], "", 2, "not RULE=LEVEL", id="half a severity"),
    pytest.param(["mails", "--per-file-ignores", "HDR001"], "", 2, "not GLOB:RULE", id="half an ignore"),
    pytest.param(["mails", "--per-file-ignores", "*:HRD001"], "", 2, "HRD001", id="unknown ignored rule"),
    pytest.param(["mails", "--fail-on", "eror"], "", 2, "did you mean 'error'?", id="unknown threshold"),
    pytest.param(["mails", "--profile", "bluk"], "", 2, "did you mean 'bulk'?", id="unknown profile"),
    pytest.param(["mails", "--output-format", "jsn"], "", 2, "did you mean 'json'?", id="unknown format"),
    pytest.param(["mails", "--ouput-file", "x"], "", 2, "--output-file", id="unknown option"),
    pytest.param(["mails"], "ingore = []", 2, "did you mean 'ignore'?", id="unknown setting"),
    pytest.param(["mails"], "ignore = 3", 2, "ignore", id="a setting of another kind"),
    pytest.param(["mails"], "select = ['HDX']", 2, "there is no rule 'HDX'", id="unknown rule in the settings"),
    pytest.param(["mails"], "[rules.missing-form]\nx = 1", 2, "did you mean 'missing-from'?", id="options of no rule"),
    pytest.param(["mails"], "[rules.missing-from]\nx = 1", 2, "no option of missing-from 'x'", id="no such option"),
    pytest.param(["mails", "--baseline", "none.json"], "", 2, "no baseline", id="no such baseline"),
    pytest.param(["mails", "--write-baseline"], "", 2, "--baseline", id="a baseline without a name"),
    pytest.param(["mails", "--baseline", "mails/notes.txt"], "", 2, "cannot read the baseline", id="no baseline"),
    pytest.param(["mails/right.eml", "--output-file", "mails/right.eml/x"], "", 2, "cannot write", id="no place"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "settings", "code", "words"), CODES)
def test_exit_codes(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    arguments: list[str],
    settings: str,
    code: int,
    words: str,
) -> None:
    """In this process, for there are many of them."""
    monkeypatch.chdir(project)
    monkeypatch.setenv("MAILTPL_CACHE", "off")
    (project / "mailtemplates.toml").write_text(settings)
    returned = main(["lint", *arguments])
    shown, said = capfd.readouterr()
    assert returned == code, said
    assert words in said
    assert "Traceback" not in said
    assert (shown == "") is (code == 2)


def test_a_dangling_link_is_exit_2_and_the_others_are_linted(project: Path) -> None:
    (project / "mails" / "link.eml").symlink_to("nowhere.eml")
    done = lint("mails", "--output-format", "concise", cwd=project)
    assert done.returncode == 2
    assert b"error: mails/link.eml: cannot be read: No such file" in done.stderr
    assert b"missing-from" in done.stdout
    assert b"1 file not judged" in done.stdout


CRASH = """
import sys
from dataclasses import replace
import mailtemplates.linting.catalogue as catalogue
from mailtemplates.octets.message import RawMessage

def crash(message: RawMessage):
    if b"crash" in message.octets:
        raise KeyError("planted")
    yield from ()

rules = catalogue.all_rules()
planted = tuple(replace(one, check=crash) if one.code == "HDR001" else one for one in rules)
catalogue.all_rules = lambda: planted
from mailtemplates.cli import run
run()
"""


@pytest.mark.parametrize("option", ["--quiet", "--fix", "--diff", "--statistics"])
def test_a_rule_that_crashes_is_our_fault_and_names_itself(project: Path, tmp_path: Path, option: str) -> None:
    """It is never taken for clean input; the other files are linted all the same."""
    (tmp_path / "planted.py").write_text(CRASH)
    (project / "mails" / "boom.eml").write_bytes(RIGHT + b"crash\n")
    done = subprocess.run(
        [sys.executable, tmp_path / "planted.py", "lint", "mails", option],
        cwd=project, capture_output=True, check=False, env=environment(),
    )  # fmt: skip
    assert done.returncode == 3
    said = done.stderr.decode()
    assert said.count("crashed") == 1
    assert "mails/boom.eml: the rule crash (HDR001) crashed: KeyError: 'planted'" in said
    assert "--ignore HDR001" in said
    assert "Traceback" not in said
    if option == "--quiet":
        assert b"date-weekday-mismatch" in done.stdout


def test_a_crash_is_not_cached(project: Path, tmp_path: Path) -> None:
    (tmp_path / "planted.py").write_text(CRASH)
    (project / "mails" / "boom.eml").write_bytes(RIGHT + b"crash\n")
    (tmp_path / "cache").mkdir(mode=0o700)
    codes = [
        subprocess.run(
            [sys.executable, tmp_path / "planted.py", "lint", "mails/boom.eml"],
            cwd=project, capture_output=True, check=False, env=environment(MAILTPL_CACHE=str(tmp_path / "cache")),
        ).returncode
        for _ in range(2)
    ]  # fmt: skip
    assert codes == [3, 3]


def test_full_output_to_a_pipe_has_no_colour(project: Path) -> None:
    done = lint("mails/nofrom.eml", cwd=project)
    assert done.stdout.decode() == textwrap.dedent(
        """\
        mails/nofrom.eml:1:1: error HDR001 missing-from: the message has no From field
          |
        1 | To: ben@reader.example
          | ^^^
          = help: add From: Name <local@domain>

        Found 1 error in 1 file.
        """
    )


# environment, whether coloured
COLOURS = [
    ({}, False),
    ({"FORCE_COLOR": "1"}, True),
    ({"FORCE_COLOR": "0"}, False),
    ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    ({"NO_COLOR": "", "FORCE_COLOR": "1"}, True),
]


@pytest.mark.parametrize(("variables", "coloured"), COLOURS, ids=[str(row[0]) for row in COLOURS])
def test_colour_is_asked_for_by_the_environment(project: Path, variables: Any, coloured: bool) -> None:
    assert (b"\x1b[" in lint("mails/nofrom.eml", cwd=project, **variables).stdout) is coloured


@pytest.mark.skipif(os.name == "nt", reason="no pseudo terminals")
@pytest.mark.parametrize(
    ("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)], ids=str
)
def test_a_terminal_is_coloured_and_not_overrun(project: Path, variables: dict[str, str], coloured: bool) -> None:
    """On a terminal of 80 columns no line is longer, and control characters of a message stay harmless."""
    import pty
    import re

    (project / "mails" / "nofrom.eml").write_bytes(message(From=None, X_Bad="\x1b[31m\x07" + "wide 注文 " * 60))
    master, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "mailtemplates", "lint", "mails"], cwd=project, stdout=terminal, stderr=terminal,
        env=environment(**{"TERM": "xterm", "COLUMNS": "80", **variables}),
    )  # fmt: skip
    os.close(terminal)
    octets = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:
            break
        if not piece:
            break
        octets += piece
    process.wait()
    os.close(master)
    shown = octets.decode().replace("\r\n", "\n")
    assert ("\x1b[1;31merror" in shown) is coloured
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown) if coloured else shown
    assert all(char.isprintable() for line in plain.split("\n") for char in line)
    assert max(map(len, plain.split("\n"))) <= 80


def test_quiet_prints_findings_only(project: Path) -> None:
    assert lint("mails/right.eml", "-q", cwd=project).stdout == b""
    shown = lint("mails/nofrom.eml", "--quiet", "--output-format", "concise", cwd=project).stdout.decode()
    assert shown == "mails/nofrom.eml:1:1: error HDR001 missing-from: the message has no From field\n"


def test_the_report_goes_to_a_file(project: Path) -> None:
    done = lint("mails", "--output-format", "sarif", "--output-file", "out/report.sarif", cwd=project)
    assert (done.returncode, done.stdout) == (1, b"")
    assert json.loads((project / "out" / "report.sarif").read_bytes())["version"] == "2.1.0"


def test_statistics_count_by_rule(project: Path) -> None:
    (project / "mails" / "second.eml").write_bytes(NO_FROM)
    done = lint("mails", "--statistics", cwd=project)
    assert done.returncode == 1
    assert done.stdout.decode().splitlines()[:2] == [
        "     2  HDR001  missing-from",
        "     1  HDR004  missing-subject",
    ]
    assert "     1  HDR012  date-weekday-mismatch  (1 fixable)" in done.stdout.decode()
    rows = json.loads(lint("mails", "--statistics", "--output-format", "json", cwd=project).stdout)
    assert rows[0] == {"code": "HDR001", "name": "missing-from", "count": 2, "fixable": 0}


def test_the_settings_that_hold_are_shown_as_toml(project: Path) -> None:
    import tomllib

    (project / "mailtemplates.toml").write_text("ignore = ['CTE']\n[rules.missing-from]\n")
    done = lint("--show-settings", "--profile", "bulk", "--severity", "HDR=info", cwd=project)
    assert done.returncode == 0
    shown = tomllib.loads(done.stdout.decode())
    assert (shown["profile"], shown["ignore"], shown["severity"]) == ("bulk", ["CTE"], {"HDR": "info"})
    assert "HDR001" in done.stdout.decode()
    assert "CTE001" not in done.stdout.decode()
    assert all(len(line) <= 80 for line in done.stdout.decode().splitlines()[1:])


def test_fix_writes_what_must_change_and_nothing_else(project: Path) -> None:
    path = project / "mails" / "deep" / "day.eml"
    path.chmod(0o640)
    done = lint("mails/deep", "--fix", cwd=project)
    assert (done.returncode, done.stderr) == (0, b"Fixed 1 finding in 1 file.\n")
    assert path.read_bytes() == RIGHT
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list((project / "mails" / "deep").iterdir()) == [path]


def test_fix_mends_a_template(project: Path) -> None:
    path = project / "templates" / "hi.j2"
    path.write_text("{# mailtpl: ignore-file[HDR001] #}\n" + TEMPLATE)
    done = lint("--fix", cwd=project)
    assert (done.returncode, done.stderr) == (0, b"Fixed 1 finding in 1 file.\n")
    assert path.read_text() == TEMPLATE


def test_fix_leaves_what_a_person_must_decide(project: Path) -> None:
    done = lint("mails/nofrom.eml", "--fix", "--unsafe-fixes", cwd=project)
    assert done.returncode == 1
    assert b"Fixed" not in done.stderr
    assert (project / "mails" / "nofrom.eml").read_bytes() == NO_FROM


def test_fix_of_standard_input_is_written_to_standard_output(project: Path) -> None:
    done = lint(
        "-", "--fix", cwd=project, stdin=message(From=None, Date=WRONG_DAY.split(b"Date: ")[1].split(b"\n")[0].decode())
    )
    assert done.stdout == NO_FROM
    assert b"missing-from" in done.stderr
    assert done.returncode == 1


def test_diff_shows_what_fix_would_change_and_changes_nothing(project: Path) -> None:
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    done = lint("mails", "--diff", cwd=project)
    assert done.returncode == 1
    assert done.stdout.decode() == textwrap.dedent(
        """\
        --- mails/deep/day.eml
        +++ mails/deep/day.eml
        @@ -1,7 +1,7 @@
         From: a@acme-shop.com
         To: ben@reader.example
         Subject: Your order
        -Date: Tue, 02 Nov 2026 12:00:00 +0000
        +Date: Mon, 02 Nov 2026 12:00:00 +0000
         Message-ID: <order-1@acme-shop.com>
         MIME-Version: 1.0
         Content-Type: text/plain; charset=utf-8
        """
    )
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before
    assert lint("mails/right.eml", "--diff", cwd=project).returncode == 0


def test_diff_shows_what_cannot_be_seen(project: Path) -> None:
    octets = RIGHT.replace(b"\n", b"\r\n") + b"\x1b[31m\r\nbare\nnext\r\n"
    done = lint("-", "--diff", cwd=project, stdin=octets)
    assert "-bare␊\n+bare\n" in done.stdout.decode()
    assert " ␛[31m\n" in done.stdout.decode()


def test_a_baseline_from_writing_to_pruning(project: Path) -> None:
    """Known findings stay quiet, a new one of the same kind shows both, and what is gone is forgotten."""
    options = ("mails", "--baseline", "known.json", "--fail-on", "info")
    written = lint(*options, "--write-baseline", cwd=project)
    assert (written.returncode, written.stdout) == (0, b"")
    assert b"Wrote 3 findings to known.json" in written.stderr
    assert json.loads((project / "known.json").read_bytes())["mails/nofrom.eml"] == {"missing-from": 1}
    assert lint(*options, cwd=project).returncode == 0
    (project / "mailtemplates.toml").write_text("baseline = 'known.json'")
    assert lint("nofrom.eml", cwd=project / "mails").returncode == 0
    (project / "mails" / "new.eml").write_bytes(NO_FROM)
    assert found(*options, cwd=project) == [("mails/new.eml", "missing-from")]
    (project / "mails" / "nofrom.eml").write_bytes(RIGHT)
    assert b"1 finding of the baseline" in lint(*options, cwd=project).stderr
    assert lint(*options, "--prune-baseline", cwd=project).returncode == 1
    assert "mails/nofrom.eml" not in json.loads((project / "known.json").read_bytes())


def test_the_cache_gives_the_same_answer_without_importing_the_rules(project: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir(mode=0o700)
    probe = (
        "import sys; from mailtemplates.cli.shell import main; code = main(sys.argv[1:]);"
        "heavy = {'jinja2', 'chardet', 'idna', 'css_inline', 'lxml', 'jsonschema', 'email', 'rich', "
        "'mailtemplates.linting.linter', 'mailtemplates.linting.catalogue', 'mailtemplates.octets.mime', 'mailtemplates.engine'};"
        "sys.stderr.write(','.join(sorted(heavy & set(sys.modules)))); sys.exit(code)"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", probe, "lint", "mails", "templates"], cwd=project, capture_output=True, check=False,
            env=environment(MAILTPL_CACHE=str(tmp_path / "cache")),
        )
        for _ in range(2)
    ]  # fmt: skip
    assert runs[0].stdout == runs[1].stdout != b""
    assert [run.returncode for run in runs] == [1, 1]
    assert b"mailtemplates.linting.linter" in runs[0].stderr
    assert runs[1].stderr == b""


def test_no_cache_neither_reads_nor_writes_one(project: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir(mode=0o700)
    lint("mails", "--no-cache", cwd=project, MAILTPL_CACHE=str(tmp_path / "cache"))
    assert list((tmp_path / "cache").rglob("*.json")) == []


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT for a child process")
def test_watch_lints_again_what_changes_until_it_is_interrupted(project: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "mailtemplates", "lint", "mails", "--watch", "--output-format", "concise"],
            cwd=project, stdout=out, stderr=out, env=environment(),
        )  # fmt: skip

    def wait_for(words: str, times: int = 1) -> None:
        deadline = time.monotonic() + 120
        while log.read_text().count(words) < times:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)

    try:
        wait_for("watching for changes")
        (project / "mails" / "right.eml").write_bytes(NO_FROM)
        wait_for("mails/right.eml:1:1: error HDR001")
        (project / "mailtemplates.toml").write_text("ignore = ['missing-form']")
        wait_for("did you mean 'missing-from'?")
        (project / "mailtemplates.toml").write_text("ignore = ['missing-from']")
        wait_for("Found 1 error, 1 warning in 4 files")
    finally:
        process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    assert "Traceback" not in log.read_text()


def test_a_rule_has_a_page(tmp_path: Path) -> None:
    by_code, by_name = (mailtpl("rule", word, cwd=tmp_path).stdout.decode() for word in ("hdr001", "missing-from"))
    assert by_code == by_name
    for words in (
        "HDR001 missing-from\n",
        "Severity   error\n",
        "Reference  RFC 5322",
        "\nBad:\n\n    To:",
        "\nGood:\n",
    ):
        assert words in by_code
    page = json.loads(mailtpl("rule", "HDR001", "--output-format", "json", cwd=tmp_path).stdout)
    assert (page["code"], page["name"], page["severity"], page["options"]) == ("HDR001", "missing-from", "error", {})
    assert page["bad"] and page["good"] and page["why"]


def test_every_page_fits_80_columns() -> None:
    """Prose does; an example is shown as it is."""
    from mailtemplates.linting.catalogue import all_rules
    from mailtemplates.linting.rulepage import page_lines
    from mailtemplates.text.wrapping import display_width

    for rule in all_rules():
        for line in page_lines(rule):
            assert line.startswith("    ") or display_width(line) <= 80, (rule.name, line)


def test_an_unknown_rule_names_the_nearest(tmp_path: Path) -> None:
    done = mailtpl("rule", "mising-from", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"did you mean 'missing-from'?" in done.stderr


def test_the_table_of_rules(tmp_path: Path) -> None:
    lines = mailtpl("rules", cwd=tmp_path).stdout.decode().splitlines()
    rows = json.loads(mailtpl("rules", "--output-format", "json", cwd=tmp_path).stdout)
    assert len(lines) == len(rows) + 2
    assert max(map(len, lines)) <= 80
    assert {"code", "name", "severity", "fix", "profile", "default", "summary", "reference"} <= set(rows[0])
    assert [row["code"] for row in rows] == sorted(row["code"] for row in rows)
