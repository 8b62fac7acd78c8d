"""``mailtpl`` as a person and a script use it: outputs, exit codes, and never a traceback."""

from __future__ import annotations

import email
import email.policy
import gc
import json
import os
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mailtemplates.cli.output import fitted, write_files
from mailtemplates.cli.shell import main
from mailtemplates.errors import SettingsError

ROOT = Path(__file__).parent.parent
STAMP = "2026-01-31T12:00:00Z,token"


def mailtpl(
    *arguments: str | Path, cwd: Path = ROOT, stdin: bytes = b"", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run the command line as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "mailtemplates", *map(str, arguments)],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        check=False,
        env={**os.environ, "MAILTPL_CACHE": "off", "PYTHONPATH": str(ROOT), **environment},
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with one template and its schema."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "schemas").mkdir()
    (tmp_path / "templates" / "hi.j2").write_text(
        "{% block from %}Acme <hello@acme.example>{% endblock %}{% block to %}{{ user|mailbox }}{% endblock %}"
        "{% block subject %}Hi {{ user.name }}{% endblock %}{% block html %}<p>Hi {{ user.name }}</p>{% endblock %}"
    )
    (tmp_path / "schemas" / "hi.json").write_text(
        '{"required": ["user"], "examples": [{"user": {"name": "Ann", "email": "ann@x.example"}}]}'
    )
    return tmp_path


def test_piped_output_is_the_message(project: Path) -> None:
    done = mailtpl("render", "hi.j2", "--stamp", STAMP, cwd=project)
    assert (done.returncode, done.stderr) == (0, b"")
    message = email.message_from_bytes(done.stdout, policy=email.policy.SMTP)
    assert message["To"] == "Ann <ann@x.example>"
    assert message["Message-ID"] == "<token@acme.example>"
    assert b"\r\n" in done.stdout


@pytest.mark.parametrize("spelling", ["hi.j2", "templates/hi.j2", "ABSOLUTE"])
def test_a_template_is_a_name_or_a_path(project: Path, spelling: str) -> None:
    name = str(project / "templates" / "hi.j2") if spelling == "ABSOLUTE" else spelling
    assert mailtpl("render", name, "--part", "subject", cwd=project).stdout == b"Hi Ann\n"


def test_a_path_elsewhere_makes_its_own_folder_the_root(project: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "a.j2").write_text('{% include "b.j2" %}')
    (other / "b.j2").write_text("<p>b</p>")
    assert mailtpl("render", other / "a.j2", "--part", "html", cwd=project).stdout == b"<p>b</p>"


def test_a_project_found_from_its_template(project: Path) -> None:
    (project / "mailtemplates.toml").write_text('templates = "templates"\n')
    inner = project / "templates" / "deep"
    inner.mkdir()
    (inner / "a.j2").write_text('{% include "hi.j2" %}<p>x</p>')
    done = mailtpl("render", inner / "a.j2", "--part", "html", cwd=Path("/"))
    assert done.stdout == b"<p>x</p>", done.stderr


@pytest.mark.parametrize(
    ("arguments", "stdin", "expected"),
    [
        (["--data", "-"], b'{"user": {"name": "Bob", "email": "b@x.example"}}', b"Hi Bob\n"),
        (["--data", "FILE"], b"", "Hi Zoë\n".encode()),
        (["--set", "user.name=Eve"], b"", b"Hi Eve\n"),
        (["--subject", "Other"], b"", b"Other\n"),
    ],
    ids=["stdin", "file", "set", "subject"],
)
def test_data_and_overrides(project: Path, arguments: list[str], stdin: bytes, expected: bytes) -> None:
    data = project / "user.json"
    data.write_text('{"user": {"name": "Zoë", "email": "z@x.example"}}')
    arguments = [str(data) if argument == "FILE" else argument for argument in arguments]
    done = mailtpl("render", "hi.j2", "--part", "subject", *arguments, cwd=project, stdin=stdin)
    assert (done.returncode, done.stdout) == (0, expected)


def test_address_and_header_options(project: Path) -> None:
    (project / "note.txt").write_text("note")
    done = mailtpl(
        "render", "hi.j2", "--to", "Bob <b@x.example>, c@x.example", "--from", "me@x.example", "--header", "X-Tag: a: b",
        "--bcc", "hidden@x.example", "--attach", "note.txt", "--format", "json", cwd=project,
    )  # fmt: skip
    shown = json.loads(done.stdout)
    assert shown["envelope"] == {
        "sender": "me@x.example",
        "recipients": ["b@x.example", "c@x.example", "hidden@x.example"],
    }
    assert ["X-Tag", "a: b"] in shown["headers"]
    assert shown["attachments"] == [{"filename": "note.txt", "media_type": "text/plain", "size": 4}]
    assert "hidden@x.example" not in shown["message"]


def test_headers_part_is_the_header_section(project: Path) -> None:
    octets = mailtpl("render", "hi.j2", "--part", "headers", cwd=project).stdout
    assert octets.endswith(b"\r\n")
    assert b"\r\n\r\n" not in octets
    assert octets.startswith(b"Date: ")


def test_out_writes_a_file_or_a_folder(project: Path) -> None:
    assert mailtpl("render", "hi.j2", "--out", "a.html", cwd=project).returncode == 0
    assert (project / "a.html").read_text() == "<p>Hi Ann</p>"
    done = mailtpl("render", "hi.j2", "--out", "build/", cwd=project)
    assert {path.name for path in (project / "build").iterdir()} == {"hi.eml", "hi.html", "hi.txt"}
    assert b"multipart/alternative" in done.stdout
    assert stat.S_IMODE((project / "a.html").stat().st_mode) == 0o666 & ~_umask()


@pytest.mark.parametrize(
    ("arguments", "name", "beginning"),
    [
        (["--part", "text"], "hi.txt", b"Hi Ann"),
        (["--part", "subject"], "hi.subject.txt", b"Hi Ann"),
        (["--part", "message"], "hi.eml", b"Date: "),
        (["--format", "json"], "hi.json", b"{"),
    ],
)
def test_a_folder_gets_only_what_is_asked_for(project: Path, arguments: list[str], name: str, beginning: bytes) -> None:
    assert mailtpl("render", "hi.j2", "--out", "new/", *arguments, cwd=project).returncode == 0
    assert [path.name for path in (project / "new").iterdir()] == [name]
    assert (project / "new" / name).read_bytes().startswith(beginning)


def test_of_several_files_none_appears_when_one_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SettingsError, match="cannot write"):
        write_files({tmp_path / "a": b"x", tmp_path / "file" / "b": b"y"})
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("arguments", [["render", "hi.j2"], ["render", "hi.j2", "--part", "text"], ["--version"]])
@pytest.mark.parametrize("place", [">/dev/full", ">&-"])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is full")
def test_output_that_cannot_be_written_is_said(project: Path, arguments: list[str], place: str) -> None:
    command = shlex.join([sys.executable, "-m", "mailtemplates", *arguments])
    done = subprocess.run(
        f"{command} {place}",
        shell=True,
        cwd=project,
        capture_output=True,
        check=False,
        env={**os.environ, "MAILTPL_CACHE": "off", "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 2
    assert done.stderr.startswith(b"error: cannot write to standard output: ")
    assert done.stderr.count(b"\n") == 2


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_failed_render_leaves_the_old_file(project: Path) -> None:
    (project / "a.eml").write_text("old")
    done = mailtpl("render", "hi.j2", "--set", "user={}", "--out", "a.eml", cwd=project)
    assert done.returncode == 1
    assert (project / "a.eml").read_text() == "old"
    assert [path.name for path in project.iterdir() if path.name.startswith(".")] == []


# arguments, exit code, words on standard error
FAILURES = [
    (["render", "none.j2"], 1, "there is no template 'none.j2'"),
    (["render", "h.j2"], 1, "did you mean 'hi.j2'?"),
    (["render", "hi.j2", "--data", "none.json"], 2, "cannot read 'none.json'"),
    (["render", "hi.j2", "--set", "x"], 2, "sets nothing"),
    (["render", "hi.j2", "--header", "X"], 2, "no colon"),
    (["render", "hi.j2", "--part", "pdf"], 2, "--part"),
    (["render", "hi.j2", "--stamp", "yesterday"], 2, "yesterday"),
    (["render", "hi.j2", "--to", "a@x, b"], 1, "b"),
    (["render", "hi.j2", "--set", "user.nmae=x", "--set", "user.name=a\r\nBcc: x@y"], 1, "`user|mailbox`"),
    (["render", "hi.j2", "--out", "hi.j2/x.eml"], 2, "cannot write"),
    (["render", "hi.j2", "--locale", "../x"], 2, "no locale"),
    (["render", "hi.j2", "--attach", "none.pdf"], 1, "none.pdf"),
    (["render"], 2, "template"),
    (["rendr", "x"], 2, "rendr"),
    (["tree", "none.eml"], 2, "cannot read"),
    (["inline", "none.html"], 2, "cannot read"),
    (["new", "../x"], 2, "no name for a template"),
    (["new", "hi"], 2, "exists already"),
]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    FAILURES,
    ids=[" ".join(row[0]).encode("unicode_escape").decode() for row in FAILURES],
)
def test_failures_have_their_exit_code_and_no_traceback(
    project: Path, arguments: list[str], code: int, words: str
) -> None:
    (project / "templates" / "hi.j2").touch()
    arguments = ["templates/hi.j2/x.eml" if argument == "hi.j2/x.eml" else argument for argument in arguments]
    done = mailtpl(*arguments, cwd=project)
    shown = done.stderr.decode()
    assert done.returncode == code, shown
    assert words in shown
    assert "Traceback" not in shown
    assert done.stdout == b""


def test_a_template_error_shows_place_snippet_and_cure(project: Path) -> None:
    (project / "templates" / "bad.j2").write_text("<h1>\n  Hi {{ user.nmae }}</h1>\n")
    done = mailtpl("render", "bad.j2", "--set", "user.name=Ann", cwd=project)
    assert done.returncode == 1
    assert done.stderr.decode() == (
        "error: templates/bad.j2:2:14: 'dict object' has no attribute 'nmae'\n"
        "2 |   Hi {{ user.nmae }}</h1>\n"
        "  |              ^\n"
        "help: did you mean 'name'?\n"
    )


def test_our_own_fault_is_exit_3(project: Path) -> None:
    broken = project / "mailtemplates_broken.py"
    broken.write_text(
        "import mailtemplates.engine as e\n"
        "def boom(*a, **k): raise KeyError('planted')\n"
        "e.Engine.render = boom\n"
        "from mailtemplates.cli import run\nrun()\n"
    )
    done = subprocess.run(
        [sys.executable, broken, "render", "hi.j2"], cwd=project, capture_output=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "MAILTPL_CACHE": "off"},
    )  # fmt: skip
    assert done.returncode == 3
    assert b"a fault of mailtpl itself: KeyError" in done.stderr
    assert b"Traceback" not in done.stderr


def test_the_sandbox_option(project: Path) -> None:
    (project / "templates" / "bad.j2").write_text("{% block html %}{{ ''.__class__ }}{% endblock %}")
    assert mailtpl("render", "bad.j2", "--part", "html", cwd=project).returncode == 0
    done = mailtpl("render", "bad.j2", "--part", "html", "--sandbox", cwd=project)
    assert done.returncode == 1
    assert b"unsafe" in done.stderr


def test_tree_draws_a_message(project: Path) -> None:
    mailtpl("render", "hi.j2", "--out", "a.eml", cwd=project)
    lines = mailtpl("tree", "a.eml", cwd=project).stdout.decode().splitlines()
    assert [line.split()[0 if number == 0 else 1] for number, line in enumerate(lines)] == [
        "multipart/alternative", "text/plain", "text/html",
    ]  # fmt: skip
    assert all(len(line) <= 80 for line in lines)


def test_tree_never_fails_on_any_octets(project: Path) -> None:
    (project / "a.eml").write_bytes(bytes(range(256)) * 4)
    assert mailtpl("tree", "a.eml", cwd=project).returncode == 0


@pytest.mark.parametrize("source", ["a.html", "-"])
def test_inline_a_file_or_standard_input(project: Path, source: str) -> None:
    html = b"<style>p { color: red }</style><p>x</p>"
    (project / "a.html").write_bytes(html)
    done = mailtpl("inline", source, cwd=project, stdin=html)
    assert done.returncode == 0
    assert done.stdout.startswith(b'<p style="color: red')


def test_inline_names_the_file_in_its_warnings(project: Path) -> None:
    (project / "a.html").write_bytes(b"<style>p { color: red }\ndiv {</style><p>x</p>")
    assert mailtpl("inline", "a.html", cwd=project).stderr.startswith(b"warning: a.html:2:1: ")


def test_new_makes_a_template_that_renders(tmp_path: Path) -> None:
    done = mailtpl("new", "billing/invoice", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()) == [
        "schemas/billing/invoice.json", "templates/billing/invoice.j2", "templates/layouts/base.j2",
    ]  # fmt: skip
    rendered = mailtpl("render", "billing/invoice.j2", cwd=tmp_path)
    assert rendered.returncode == 0, rendered.stderr
    assert email.message_from_bytes(rendered.stdout, policy=email.policy.SMTP)["To"]
    assert mailtpl("new", "other", cwd=tmp_path).stdout.count(b"wrote") == 2


def test_version_and_help() -> None:
    from mailtemplates.version import VERSION

    assert mailtpl("--version").stdout.decode() == f"mailtpl {VERSION}\n"
    listed = mailtpl("--help").stdout.decode()
    assert all(command in listed for command in ("render", "tree", "inline", "new"))


@pytest.mark.parametrize(
    "arguments", [["--version"], ["doctor", "null:"], ["doctor", "null:", "--timeout", "0"]], ids=" ".join
)
def test_who_calls_it_within_a_longer_life_finds_garbage_collected_as_before(
    arguments: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    """A console script ends with its command, a program that calls ``main`` does not."""
    frozen = gc.get_freeze_count()
    main(arguments)
    assert gc.isenabled()
    assert gc.get_freeze_count() <= frozen


def test_a_warm_cache_spares_the_engines(project: Path, tmp_path: Path) -> None:
    """The second process knows the plan: it imports neither an inlining engine nor jsonschema."""
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o700)
    (project / "templates" / "styled.j2").write_text("<style>p { color: red }</style><p>{{ n }}</p>")
    probe = (
        "import sys; from mailtemplates.cli.shell import main; code = main(sys.argv[1:]);"
        "heavy = {'css_inline', 'premailer', 'lxml', 'jsonschema', 'html5lib', 'chardet', 'email', 'rich'};"
        "sys.stderr.write(','.join(sorted(heavy & set(sys.modules)))); sys.exit(code)"
    )
    outputs = []
    for number in range(2):
        done = subprocess.run(
            [sys.executable, "-c", probe, "render", "styled.j2", "--set", f"n={number}", "--part", "html"],
            cwd=project, capture_output=True, check=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "MAILTPL_CACHE": str(cache)},
        )  # fmt: skip
        outputs.append((done.stdout, done.stderr.decode()))
    assert outputs[0][0].startswith(b'<p style="color: red')
    assert outputs[1][0] == outputs[0][0].replace(b"0<", b"1<")
    assert outputs[1][1] == ""


def test_a_cache_that_others_can_write_is_not_used(project: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    cache.chmod(0o777)
    assert mailtpl("render", "hi.j2", cwd=project, MAILTPL_CACHE=str(cache)).returncode == 0
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("width", [40, 80])
def test_errors_fit_a_terminal(width: int) -> None:
    """Lines of words are broken between words; those of a snippet, with their caret, stay as they are."""
    text = "error: t.j2:4:4: " + "word " * 40 + "\n12 | " + "x" * 90 + "\n   | ^\nhelp: https://" + "a" * 90 + " b"
    lines = fitted(text, width).split("\n")
    assert [line for line in lines if "|" in line] == ["12 | " + "x" * 90, "   | ^"]
    assert all(len(line) <= width for line in lines if "|" not in line and "aaa" not in line)
    assert "\n".join(lines).split() == text.split()
    assert fitted("short\n\nlines", width) == "short\n\nlines"
