"""``mailtpl merge`` as a person uses it: every row's fate is told, no row's trouble is another's, and a run goes on."""

from __future__ import annotations

import contextlib
import csv
import email
import email.policy
import errno
import json
import mailbox
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from smtpserver import Answer, Server, close

from mailtemplates.cli.shell import main
from mailtemplates.ledger import notefile
from mailtemplates.merging.keyregister import KeyRegister

ROOT = Path(__file__).parent.parent
TEMPLATE = """\
{% block from %}Acme <hello@acme-shop.com>{% endblock %}
{% block to %}{{ user|mailbox }}{% endblock %}
{% block subject %}Hi {{ user.name }}{% endblock %}
{% block html %}<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Hi</title></head>
<body><p>Hi {{ user.name }}, you are number {{ n + 1 }}{% if vip %} and a friend{% endif %}.</p>
{{ raw|safe }}</body></html>{% endblock %}
"""
SCHEMA = {
    "type": "object",
    "required": ["user", "n", "raw"],
    "properties": {
        "n": {"type": "integer"},
        "vip": {"type": "boolean"},
        "raw": {"type": "string"},
        "user": {
            "type": "object",
            "required": ["name", "email"],
            "properties": {"name": {"type": "string"}, "email": {"type": "string"}},
        },
    },
}
HEADER = "user.name,user.email,n,vip,raw"
STAMP = "2026-01-31T12:00:00Z"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one template and its contract, which is the working folder."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "schemas").mkdir()
    (tmp_path / "templates" / "hi.j2").write_text(TEMPLATE)
    (tmp_path / "schemas" / "hi.json").write_text(json.dumps(SCHEMA))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAILTPL_CACHE", "off")
    monkeypatch.delenv("MAILTPL_TRANSPORT", raising=False)
    return tmp_path


def rows(folder: Path, count: int, *more: str) -> Path:
    path = folder / "rows.csv"
    lines = [f"Jörg {number},j{number}@reader.com,{number},{'yes' if number % 2 else 'no'}," for number in range(count)]
    path.write_text("\n".join([HEADER, *lines, *more]) + "\n", encoding="utf-8")
    return path


Run = Callable[..., tuple[int, list[dict[str, Any]], str]]


@pytest.fixture
def merge(project: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a merge of ``rows.csv``; its exit code, its objects or its summary as one, and what it says aside."""

    def run(*arguments: object, data: str = "rows.csv") -> tuple[int, list[dict[str, Any]], str]:
        words = ["merge", "hi.j2", "--data", data, "--jobs", "1", "--patience", "0", *map(str, arguments)]
        code = main(words)
        out, err = capfd.readouterr()
        if "json" in words:
            return code, [json.loads(line) for line in out.splitlines()], err
        return code, [{"summary": out}], err

    return run


def failures(folder: Path) -> list[list[str]]:
    with (folder / "failures.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_a_folder_has_a_file_for_each_row(project: Path, merge: Run) -> None:
    rows(project, 3)
    code, (said,), _ = merge("--out", "out", "--stamp", STAMP)
    assert (code, said["summary"]) == (0, "3 messages; recipients: 3 accepted\n")
    assert sorted(path.name for path in (project / "out").iterdir()) == ["000001.eml", "000002.eml", "000003.eml"]
    message = email.message_from_bytes((project / "out" / "000002.eml").read_bytes(), policy=email.policy.SMTP)
    assert message["To"] == "Jörg 1 <j1@reader.com>"
    assert "you are number 2 and a friend." in message.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert not (project / "failures.csv").exists()


@pytest.mark.parametrize("out", ["maildir:box", "mbox:box.mbox"])
def test_mailboxes(out: str, project: Path, merge: Run) -> None:
    rows(project, 3)
    assert merge("--out", out)[0] == 0
    box: Any = mailbox.Maildir("box") if out.startswith("maildir") else mailbox.mbox("box.mbox")
    assert sorted(message["To"].split(" ")[-1] for message in box) == [f"<j{number}@reader.com>" for number in range(3)]
    box.close()


BAD_ROWS = [
    pytest.param("Ann,ann@reader.com,three,no,", "data.n: expected integer", id="contract"),
    pytest.param("Ann,nobody,3,no,", '"nobody" is not an address', id="address"),
    pytest.param("Ann,ann@reader.com,3", "3 cells, and the header has 5", id="cells"),
    pytest.param('Ann,ann@reader.com,3,no,"x', "a quote is opened and not closed", id="quote"),
    pytest.param("Ann,ann@reader.com,3,no,<img src=https://x.com/a.png>", "img-alt (ACC002)", id="lint"),
    pytest.param(",,3,no,", "is not an address", id="no address"),
]


@pytest.mark.parametrize(("line", "reason"), BAD_ROWS)
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_bad_row_is_written_down_and_the_others_go_on(
    line: str, reason: str, jobs: int, project: Path, merge: Run
) -> None:
    good = [f"Zoë {number},z{number}@reader.com,{number},no," for number in range(40)]
    rows(project, 40, *(good if not line.endswith('"x') else []), line, *(good if line.endswith('"y') else []))
    code, _, said = merge("--out", "out", "--jobs", jobs)
    header, bad = failures(project)
    number = 41 if line.endswith('"x') else 81
    assert code == 1
    assert header == ["mailtpl_row", "mailtpl_key", "mailtpl_reason", *HEADER.split(",")]
    assert bad[0] == str(number)
    assert reason in bad[2]
    assert f"row {number}: " in said
    assert len(list((project / "out").glob("*.eml"))) == number - 1


def test_mended_failures_are_the_next_data(project: Path, merge: Run) -> None:
    rows(project, 1, "Ann,nobody,3,no,")
    assert merge("--out", "out")[0] == 1
    mended = (project / "failures.csv").read_text().replace("nobody,", "ann@reader.com,")
    (project / "mended.csv").write_text(mended)
    assert merge("--out", "out2", data="mended.csv")[0] == 0
    assert not (project / "failures.csv").exists(), "the list of the run before is gone: nothing fails any more"


def test_the_data_is_never_overwritten_by_the_list(project: Path, merge: Run) -> None:
    rows(project, 1, "Ann,nobody,3,no,").rename("failures.csv")
    code, _, said = merge("--out", "out", data="failures.csv")
    assert (code, "--failures" in said) == (2, True)


def test_a_file_that_is_no_list_of_failures_stays(project: Path, merge: Run) -> None:
    rows(project, 1)
    (project / "failures.csv").write_text("mine\n")
    assert merge("--out", "out")[0] == 0
    assert (project / "failures.csv").read_text() == "mine\n"


@pytest.mark.parametrize("kind", ["jsonl", "json"])
def test_rows_of_json(kind: str, project: Path, merge: Run) -> None:
    data: list[dict[str, Any]] = [
        {"user": {"name": "Ann", "email": f"a{number}@reader.com"}, "n": number, "raw": "", "vip": False}
        for number in range(3)
    ]
    data[1]["n"] = "two"
    text = json.dumps(data) if kind == "json" else "\n".join(map(json.dumps, data))
    (project / f"rows.{kind}").write_text(text)
    assert merge("--out", "out", data=f"rows.{kind}")[0] == 1
    header, bad = failures(project)
    assert header[3:] == ["data"]
    assert json.loads(bad[3]) == data[1]
    assert len(list((project / "out").iterdir())) == 2


def test_octets_do_not_depend_on_the_number_of_processes(project: Path, merge: Run) -> None:
    rows(project, 150, "Bad,nobody,1,no,")
    made = []
    for jobs in (1, 2, 3):
        merge("--out", f"out{jobs}", "--jobs", jobs, "--stamp", STAMP)
        made.append({path.name: path.read_bytes() for path in (project / f"out{jobs}").iterdir()})
    assert len(made[0]) == 150
    assert made[0] == made[1] == made[2]


@pytest.mark.parametrize("jobs", [1, 2])
def test_processes_sign_what_they_make(jobs: int, project: Path, merge: Run) -> None:
    pytest.importorskip("dkim", reason="needs mailtemplates[dkim]")
    from signingkeys import pem, rsa_key, verify_dkim

    from mailtemplates.settings import read_settings
    from mailtemplates.signing.signer import Signer

    (project / "key.pem").write_bytes(pem(rsa_key()))
    table = '[dkim]\ndomain = "acme-shop.com"\nselector = "s"\nkey = "key.pem"\n'
    (project / "mailtemplates.toml").write_text(table)
    records = dict([Signer.of(read_settings(project)).dkim[0].record])
    rows(project, 40)
    assert merge("--out", "out", "--jobs", jobs)[0] == 0
    made = [path.read_bytes() for path in (project / "out").iterdir()]
    assert [verify_dkim(octets, records) for octets in made] == [[True]] * 40


def test_a_message_id_comes_from_the_key(project: Path, merge: Run) -> None:
    """Tried again, it is the same: a receiver can know the copy."""
    rows(project, 2)
    seen = set()
    for key, form in [("order-1", "order-{n}"), ("1", "n")]:
        _, objects, _ = merge("--transport", "null:", "--no-ledger", "--key", form, "--output-format", "json")
        assert objects[1]["key"] == key
        seen.add(objects[1]["message_id"])
    assert len(seen) == 2
    again = merge("--transport", "null:", "--no-ledger", "--key", "n", "--output-format", "json")[1]
    assert again[1]["message_id"] in seen


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        pytest.param("order.id", "the data has no 'order.id'", id="missing"),
        pytest.param("vip", "'vip' is no key", id="a boolean"),
        pytest.param("user", "'user' is no key", id="an object"),
    ],
)
def test_a_row_without_a_key(form: str, reason: str, project: Path, merge: Run) -> None:
    rows(project, 1)
    assert merge("--transport", "null:", "--key", form)[0] == 1
    assert reason in failures(project)[1][2]


def test_what_became_of_each_recipient(project: Path, merge: Run) -> None:
    rows(project, 3)
    answers: dict[str, Answer | list[Answer]] = {"RCPT": ["250 2.1.5 ok", "550 5.1.1 no such user", "451 4.7.1 later"]}
    with Server(answers) as server:
        code, objects, _ = merge("--transport", f"smtp://127.0.0.1:{server.port}", "--output-format", "json")
    assert code == 1
    assert [set(one) for one in objects] == [{"key", "message_id", "recipients"}] * 3
    recipients = {one["recipients"][0]["address"]: one["recipients"][0] for one in objects}
    assert recipients["j0@reader.com"] == {
        "address": "j0@reader.com", "state": "accepted", "code": 250, "enhanced": "2.0.0", "text": "Ok: queued as 4XYZ",
    }  # fmt: skip
    assert recipients["j1@reader.com"]["state"] == "failed"
    assert recipients["j1@reader.com"]["enhanced"] == "5.1.1"
    assert recipients["j2@reader.com"]["state"] == "deferred"
    (_, refused) = failures(project)
    assert refused[0] == "2"
    assert refused[2] == "j1@reader.com: 550 5.1.1 no such user"


def test_the_same_again_sends_only_what_waits(project: Path, merge: Run) -> None:
    rows(project, 4)
    answers: dict[str, Answer | list[Answer]] = {
        "RCPT": ["250 ok", "550 5.1.1 no such user", "451 4.7.1 later", "250 ok"]
    }
    with Server(answers) as server:
        merge("--transport", f"smtp://127.0.0.1:{server.port}")
        assert [one.recipients for one in server.taken] == [["j0@reader.com"], ["j3@reader.com"]]
        first = merge("--transport", f"smtp://127.0.0.1:{server.port}")
        assert [one.recipients for one in server.taken[2:]] == [["j2@reader.com"]]
        code, (said,), _ = merge("--transport", f"smtp://127.0.0.1:{server.port}")
        assert len(server.taken) == 3
    assert first[0] == code == 1
    assert said["summary"] == "4 messages known to the ledger from before, not sent again\n"


def test_a_limit_counts_what_is_new(project: Path, merge: Run) -> None:
    """Some first, then more: with a ledger, each run takes the next."""
    rows(project, 5, "Ann,broken")
    for expected in (2, 2, 1):
        _, objects, _ = merge("--transport", "null:", "--limit", 2, "--output-format", "json")
        assert len([one for one in objects if one["recipients"][0]["text"] == "thrown away"]) >= expected
    assert merge("--transport", "null:", "--limit", 2)[1][0]["summary"].startswith("5 messages known")


def test_a_key_that_comes_twice_is_sent_once(project: Path, merge: Run) -> None:
    path = rows(project, 2)
    path.write_text(path.read_text() + path.read_text().split("\n", 1)[1])
    _, objects, _ = merge("--transport", "memory:", "--output-format", "json")
    assert Counter(one["recipients"][0]["address"] for one in objects)["j0@reader.com"] <= 2
    with Server() as server:
        merge("--transport", f"smtp://127.0.0.1:{server.port}", "--ledger", "other.db")
        assert Counter(one.recipients[0] for one in server.taken) == {"j0@reader.com": 1, "j1@reader.com": 1}


def same_key(project: Path, distance: int) -> Path:
    """A file in which two rows with other data have a key, and two more with the same data."""
    path = rows(project, distance)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, lines[1].replace("j0@", "else@"), lines[2]]) + "\n")
    return path


@pytest.mark.parametrize("distance", [2, 300], ids=["side by side", "far apart"])
@pytest.mark.parametrize("arguments", [[], ["--no-ledger"], ["--connections", "3"]], ids=["ledger", "none", "several"])
def test_a_key_that_names_two_messages_is_a_fault(
    arguments: list[str], distance: int, project: Path, merge: Run
) -> None:
    """Nobody misses a message without a word; the same row again is only the same message."""
    same_key(project, distance)
    with Server() as server:
        to = ("--transport", f"smtp://127.0.0.1:{server.port}", "--key", "nr-{n}", *arguments)
        code, (told,), said = merge(*to)
        sent = Counter(one.recipients[0] for one in server.taken)
        assert code == 1
        assert "else@reader.com" not in sent
        assert sent["j1@reader.com"] == (2 if arguments == ["--no-ledger"] else 1)
        assert f"row {distance + 1}: row 1 has the key 'nr-0' too, with other data" in said
        assert [line[:2] for line in failures(project)[1:]] == [[str(distance + 1), "nr-0"]]
        if arguments == ["--no-ledger"]:
            return
        assert "1 message known" in told["summary"]
        code, (told,), said = merge(*to)
        assert code == 1, "the row is as wrong as before, and was never sent"
        assert f"{distance + 1} messages known" in told["summary"]
        assert len(server.taken) == distance


def test_a_key_that_names_two_messages_is_a_fault_in_a_folder(project: Path, merge: Run) -> None:
    """Both would have one Message-ID."""
    same_key(project, 5)
    assert merge("--out", "out", "--key", "nr-{n}")[0] == 1
    assert len(list((project / "out").iterdir())) == 6
    assert merge("--out", "out2")[0] == 0, "without --key different rows have different keys"


def test_a_temporary_folder_without_room_stops_the_run_with_a_cure(
    project: Path, merge: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows(project, 500)
    made = KeyRegister.__init__

    def small(register: KeyRegister) -> None:
        made(register)
        register._connection.execute("PRAGMA max_page_count=4")

    monkeypatch.setattr(KeyRegister, "__init__", small)
    code, _, said = merge("--transport", "null:", "--key", "nr-{n}")
    assert code == 3
    assert "the keys of the run cannot be kept" in said
    assert "TMPDIR" in said


def test_a_row_that_was_corrected_is_known_by_its_key(project: Path, merge: Run) -> None:
    path = rows(project, 3)
    with Server() as server:
        to = ("--transport", f"smtp://127.0.0.1:{server.port}", "--key", "nr-{n}")
        assert merge(*to)[0] == 0
        path.write_text(path.read_text().replace("j1@", "new@"))
        assert merge(*to)[0] == 0
        assert len(server.taken) == 3


def test_staging(project: Path, merge: Run) -> None:
    rows(project, 3)
    with Server() as server:
        url = f"smtp://127.0.0.1:{server.port}"
        code, objects, _ = merge("--transport", url, "--allow", "j1@.*", "--output-format", "json")
        assert code == 0
        assert sorted(one["recipients"][0]["state"] for one in objects) == ["accepted", "suppressed", "suppressed"]
        assert merge("--transport", url, "--redirect-to", "qa@reader.com")[0] == 0
        assert [one.recipients for one in server.taken] == [["j1@reader.com"], *[["qa@reader.com"]] * 3]
        assert merge("--transport", url)[0] == 0
        sent = [one.recipients[0] for one in server.taken[4:]]
    assert sorted(sent) == ["j0@reader.com", "j2@reader.com"], "what was tried out is sent all the same"


@pytest.fixture
def no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)


@pytest.mark.usefixtures("no_socket")
def test_a_dry_run_opens_no_socket_and_writes_no_ledger(project: Path, merge: Run) -> None:
    rows(project, 2, "Ann,nobody,3,no,")
    url = "smtp+starttls://user@mail.acme-shop.com:587"
    code, objects, _ = merge("--transport", url, "--dry-run", "--output-format", "json")
    assert code == 1, "a row is bad"
    assert [one["recipients"][0]["state"] for one in objects] == ["not_tried"] * 2
    assert len(failures(project)) == 2
    assert not list(project.glob("outbox*"))
    rows(project, 2)
    assert merge("--transport", url, "--dry-run")[0] == 0
    assert merge("--dry-run")[0] == 0


def test_lint_may_be_forced(project: Path, merge: Run) -> None:
    rows(project, 0, "Ann,ann@reader.com,3,no,<img src=https://x.com/a.png>")
    assert merge("--out", "out")[0] == 1
    assert merge("--out", "out", "--force", "img-alt")[0] == 0
    assert merge("--out", "out", "--force", "ACC")[0] == 0
    assert merge("--out", "out", "--force", "ALL")[0] == 0
    code, _, said = merge("--out", "out", "--force", "img-alr")
    assert (code, "did you mean 'img-alt'" in said) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "cure"),
    [
        pytest.param([], "--out FOLDER, or --transport URL", id="nowhere"),
        pytest.param(["--out", "o", "--transport", "null:"], "choose one", id="twice"),
        pytest.param(["--out", "smtp://x.com"], "--transport", id="out is a server"),
        pytest.param(["--transport", "smpt://x.com"], "did you mean 'smtp'", id="no transport"),
        pytest.param(["--transport", "smtp://u@x.com"], "MAILTPL_PASSWORD", id="no password"),
        pytest.param(["--out", "o", "--data-format", "xls"], "csv, jsonl, json", id="data format"),
        pytest.param(["--out", "o", "--delimiter", "ab"], "one character", id="delimiter"),
        pytest.param(["--out", "o", "--encoding", "x"], "utf-8", id="encoding"),
        pytest.param(["--out", "o", "--stamp", "today"], "2026-01-02T03:04:05Z", id="stamp"),
        pytest.param(["--out", "o", "--stamp", f"{STAMP},x"], "own token", id="token"),
        pytest.param(["--out", "o", "--allow", "x"], "--transport", id="staging a folder"),
        pytest.param(["--transport", "null:", "--allow", "("], "acme", id="pattern"),
        pytest.param(["--out", "o", "--failures", "rows.csv/f.csv"], "--failures", id="list of failures"),
        pytest.param(["--out", "rows.csv"], "a place that can be written", id="out is a file"),
        pytest.param(["--transport", "null:", "--key", "{}"], "order.id", id="key"),
    ],
)
def test_wrong_usage(arguments: list[str], cure: str, project: Path, merge: Run) -> None:
    rows(project, 1)
    code, _, said = merge(*arguments)
    assert (code, cure in said) == (2, True), said
    assert "Traceback" not in said


def test_a_template_that_cannot_be_compiled_is_said_once(project: Path, merge: Run) -> None:
    rows(project, 5)
    (project / "templates" / "hi.j2").write_text("{% block to %}")
    code, _, said = merge("--out", "out")
    assert (code, said.count("error:")) == (1, 1)
    assert not (project / "out").exists()


@contextlib.contextmanager
def files_limited_to(octets: int) -> Iterator[None]:
    """What goes beyond is not written, as on a full disk: first a part is, then the system refuses."""
    resource = pytest.importorskip("resource", reason="no limits of a process on this system")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_full_disk_stops_the_run_and_leaves_no_half_a_file(project: Path, merge: Run, jobs: str) -> None:
    rows(project, 40)
    with files_limited_to(200):
        code, _, said = merge("--out", "out", "--jobs", jobs)
    assert (code, "cannot write: out/000001.eml: File too large" in said) == (2, True), said
    assert not list((project / "out").iterdir())


def started(folder: Path, *arguments: str, stderr: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "mailtemplates", "merge", "hi.j2", "--data", "rows.csv", *arguments]
    environment = {**os.environ, "MAILTPL_CACHE": "off", "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=stderr, start_new_session=True
    )


def until(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    for _ in range(3000):
        if condition():
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    raise AssertionError("it never came so far")


@pytest.fixture
def slow_server() -> Iterator[Server]:
    with Server(delay=0.003, features=("8BITMIME",)) as server:
        yield server


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_after_a_kill_the_same_command_goes_on(jobs: str, project: Path, merge: Run, slow_server: Server) -> None:
    """Nobody gets a second copy, and whoever got none is either sent to now or told of as uncertain."""
    rows(project, 150)
    url = f"smtp://127.0.0.1:{slow_server.port}"
    for stop_at in (20, 60):
        with started(project, "--transport", url, "--jobs", jobs) as process:
            until(lambda stop_at=stop_at: len(slow_server.taken) >= stop_at, process)  # type: ignore[misc]
            process.kill()
    code, objects, _ = merge("--transport", url, "--output-format", "json")
    states = {one["recipients"][0]["address"]: one["recipients"][0]["state"] for one in objects}
    taken = Counter(one.recipients[0] for one in slow_server.taken)
    assert len(states) == 150
    assert set(taken.values()) == {1}
    uncertain = {address for address, state in states.items() if state == "uncertain"}
    assert {address for address in states if address not in taken} <= uncertain
    assert len(uncertain) <= 2, "one message at the dot for each kill"
    assert code == (4 if uncertain else 0)


def test_a_folder_loses_what_a_killed_run_left_half_written(project: Path, merge: Run) -> None:
    """Of rows that are in the data no more, too. What is written at this moment stays, and what is not ours."""
    rows(project, 2)
    out = project / "out"
    out.mkdir()
    for name in (".000777.eml.part", ".000778.eml.part", ".mine.part", ".000779.eml"):
        (out / name).write_text("half of a mess")
        if "778" not in name:
            os.utime(out / name, (0, 0))
    assert merge("--out", "out")[0] == 0
    assert sorted(path.name for path in out.iterdir()) == [
        ".000778.eml.part", ".000779.eml", ".mine.part", "000001.eml", "000002.eml",
    ]  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
def test_a_later_run_clears_away_what_a_killed_one_left(project: Path, merge: Run, slow_server: Server) -> None:
    """The list of failures of a run that was killed; that of one that goes on stays."""
    rows(project, 150, "broken")
    url = f"smtp://127.0.0.1:{slow_server.port}"

    def parts() -> list[str]:
        return sorted(path.name for path in project.glob(".failures.csv.*.part"))

    with started(project, "--transport", url) as killed, started(project, "--transport", url) as going_on:
        until(lambda: len(parts()) == 2, going_on)
        killed.kill()
        killed.communicate()
        assert len(parts()) == 2
        assert merge("--out", "out")[0] == 1
        assert parts() == [f".failures.csv.{going_on.pid}.part"]
        going_on.send_signal(signal.SIGINT)
        going_on.communicate(timeout=60)
    assert parts() == []


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_an_interrupted_run_ends_clean_and_says_how_to_go_on(
    number: signal.Signals, project: Path, merge: Run, slow_server: Server
) -> None:
    rows(project, 150)
    url = f"smtp://127.0.0.1:{slow_server.port}"
    with started(project, "--transport", url, "--jobs", "2") as process:
        until(lambda: len(slow_server.taken) >= 10, process)
        os.killpg(process.pid, number)  # as a terminal does, and a service manager
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"The same command again goes on where this one stopped." in said
    assert 10 <= len(slow_server.taken) < 150
    code, objects, _ = merge("--transport", url, "--output-format", "json")
    assert code == 0, "nothing is uncertain: what was under way had its end"
    assert len(objects) == 150
    assert sorted(Counter(one.recipients[0] for one in slow_server.taken).values()) == [1] * 150


@pytest.mark.parametrize("arguments", [[], ["--no-ledger"]], ids=["ledger", "no ledger"])
def test_a_server_that_is_not_there_stops_the_run(arguments: list[str], project: Path, merge: Run) -> None:
    """A thousand messages need not find out the same, nor wait for a connection each."""
    rows(project, 300)
    with Server() as gone:
        url = f"smtp://127.0.0.1:{gone.port}"
    code, objects, said = merge("--transport", url, "--output-format", "json", *arguments)
    assert code == 1
    assert 10 <= len(objects) <= 100
    assert {one["recipients"][0]["state"] for one in objects} == {"not_tried"}
    assert "no way to the server" in said
    assert ("The same command again goes on" in said) == (not arguments)
    assert merge("--transport", "null:", *arguments)[0] == 0


def test_a_dry_run_is_not_taken_for_a_server_that_is_not_there(project: Path, merge: Run) -> None:
    rows(project, 50)
    assert len(merge("--dry-run", "--output-format", "json")[1]) == 50


def test_an_uncertain_recipient_is_exit_code_4(project: Path, merge: Run) -> None:
    rows(project, 2)
    with Server({"DOT": [close, "250 ok"]}) as server:
        url = f"smtp://127.0.0.1:{server.port}"
        code, objects, _ = merge("--transport", url, "--output-format", "json")
        assert code == 4
        assert sorted(one["recipients"][0]["state"] for one in objects) == ["accepted", "uncertain"]
        assert merge("--transport", url)[0] == 4, "it is told of until somebody finds out"
        assert len(server.taken) == 2


def test_a_disk_that_is_full_half_way_is_told_with_what_went_out(
    project: Path, merge: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wrong usage (2) would say that nothing was sent; and the same command goes on, sending nothing twice."""
    rows(project, 20)
    write = notefile._write

    def full(file: int, octets: bytes, place: int) -> int:
        if len(server.taken) >= 8:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(file, octets, place)

    with Server() as server:
        url = f"smtp://127.0.0.1:{server.port}"
        monkeypatch.setattr(notefile, "_write", full)
        code, objects, said = merge("--transport", url, "--output-format", "json")
        assert (code, len(server.taken)) == (3, 8)
        assert "the ledger outbox.db cannot be used: No space left" in said.replace(f"{project}/", "")
        assert "fault of mailtpl" not in said
        assert 1 <= len(objects) <= 8
        monkeypatch.setattr(notefile, "_write", write)
        merge("--transport", url)
    assert len(server.taken) == len({taken.recipients[0] for taken in server.taken})


def test_the_transport_of_a_merge_is_always_named(project: Path, merge: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A forgotten --out must not send a thousand messages."""
    rows(project, 1)
    monkeypatch.setenv("MAILTPL_TRANSPORT", "null:")
    assert merge()[0] == 2


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no terminals here")
def test_a_bar_on_a_terminal_and_none_in_a_pipe(project: Path) -> None:
    rows(project, 200)
    ours, theirs = os.openpty()
    with started(project, "--out", "out", stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # how a terminal ends
            while octets := os.read(ours, 4096):
                shown += octets
    os.close(ours)
    assert b" messages" in shown
    with started(project, "--out", "out") as process:
        _, said = process.communicate()
    assert (process.returncode, said) == (0, b"")


def test_a_fault_of_ours_is_exit_code_3_and_one_rows(
    project: Path, merge: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mailtemplates.merging.maker import Maker

    make = Maker.make

    def odd(self: Maker, data: Any, key: str) -> Any:
        if data["n"] == 1:
            raise RuntimeError("odd")
        return make(self, data, key)

    monkeypatch.setattr(Maker, "make", odd)
    rows(project, 3)
    code, _, said = merge("--out", "out")
    assert code == 3
    assert "row 2: a fault of mailtpl itself: RuntimeError: odd" in said
    assert len(list((project / "out").iterdir())) == 2


def test_every_step_is_told_on_request(project: Path) -> None:
    rows(project, 1)
    with Server() as server:
        url = f"smtp://127.0.0.1:{server.port}"
        with started(project, "--transport", url, "--no-ledger", "--verbose") as process:
            _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    for step in (b" connect ", b" mail ", b" rcpt ", b" dot ", b" reply "):
        assert step in said


@pytest.mark.parametrize("ledger", [[], ["--no-ledger"]], ids=["ledger", "no ledger"])
def test_several_connections_share_the_rows(ledger: list[str], project: Path, merge: Run, slow_server: Server) -> None:
    rows(project, 120, "Ann,nobody,3,no,", "Ann,broken")
    url = f"smtp://127.0.0.1:{slow_server.port}"
    code, objects, _ = merge("--transport", url, "--connections", 3, "--output-format", "json", *ledger)
    assert code == 1
    assert [line[0] for line in failures(project)[1:]] == ["121", "122"]
    addresses = sorted(f"j{number}@reader.com" for number in range(120))
    assert sorted(one["recipients"][0]["address"] for one in objects) == addresses
    assert sorted(one.recipients[0] for one in slow_server.taken) == addresses
    assert len(slow_server.links) >= 2


def test_several_connections_end_where_one_would(project: Path, merge: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong in a thread is an error as any other, and nobody waits for ever."""
    (project / "rows.json").write_text(
        '[{"user": {"name": "A", "email": "a@reader.com"}, "n": 1, "vip": false, "raw": ""}, {'
    )
    with Server() as server:
        url = f"smtp://127.0.0.1:{server.port}"
        code, _, said = merge("--transport", url, "--connections", 3, data="rows.json")
        assert (code, "in row 2" in said) == (1, True)
        assert len(server.taken) == 1, "what stood before the fault is sent"
    rows(project, 200)
    code, objects, said = merge("--transport", url, "--connections", 3, "--output-format", "json")
    assert (code, "no way to the server" in said) == (1, True)
    assert len(objects) < 200
    code, _, said = merge("--transport", url, "--connections", 8)
    assert (code, "add pool=8" in said) == (2, True)


def test_a_kill_amid_several_connections(project: Path, merge: Run, slow_server: Server) -> None:
    rows(project, 200)
    url = f"smtp://127.0.0.1:{slow_server.port}"
    for stop_at in (30, 80):
        with started(project, "--transport", url, "--jobs", "2", "--connections", "3") as process:
            until(lambda stop_at=stop_at: len(slow_server.taken) >= stop_at, process)  # type: ignore[misc]
            process.kill()
    code, objects, _ = merge("--transport", url, "--connections", "3", "--output-format", "json")
    states = {one["recipients"][0]["address"]: one["recipients"][0]["state"] for one in objects}
    taken = Counter(one.recipients[0] for one in slow_server.taken)
    uncertain = {address for address, state in states.items() if state == "uncertain"}
    assert len(states) == 200
    assert set(taken.values()) == {1}
    assert {address for address in states if address not in taken} <= uncertain
    assert code == (4 if uncertain else 0)
