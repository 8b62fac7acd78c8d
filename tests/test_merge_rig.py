"""A merge from a spreadsheet of another encoding to mailboxes: over STARTTLS and AUTH of a real server, read back."""

from __future__ import annotations

import email
import email.policy
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from mailrig import USERS, MailRig

ROOT = Path(__file__).parent.parent
ALICE, BOB = "alice@example.test", "bob@example.test"
TEMPLATE = """\
{% block from %}Alice <alice@example.test>{% endblock %}
{% block to %}{{ user|mailbox }}{% endblock %}
{% block subject %}您好，{{ user.name }}{% endblock %}
{% block text %}亲爱的{{ user.name }}：您的号码是 {{ n }}。{% endblock %}
"""


def merge(folder: Path, *arguments: str) -> tuple[int, list[Any], str]:
    command = [sys.executable, "-m", "mailtemplates", "merge", "hi.j2", "--data", "rows.csv", *arguments]
    environment = {
        **os.environ, "MAILTPL_CACHE": "off", "PYTHONPATH": str(ROOT), "MAILTPL_PASSWORD": USERS[ALICE],
    }  # fmt: skip
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False, timeout=120)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode()


def test_a_spreadsheet_arrives_and_the_unknown_are_told_by_name(mail_rig: MailRig, tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "hi.j2").write_text(TEMPLATE)
    people = [("王小明", BOB), ("李雷", ALICE), ("无名氏", "nobody-here@example.test"), ("韩梅梅", "梅梅@@example")]
    table = "user.name,user.email,n\n" + "".join(f"{name},{to},{n}\n" for n, (name, to) in enumerate(people))
    (tmp_path / "rows.csv").write_bytes(table.encode("gb18030"))
    url = f"smtp+starttls://alice%40example.test@localhost:{mail_rig.submission}?cafile={mail_rig.cafile}&timeout=20"
    code, objects, said = merge(tmp_path, "--transport", url, "--output-format", "json")
    assert code == 1, said
    assert "read as gb18030" in said
    assert USERS[ALICE] not in said
    by_address = {one["recipients"][0]["address"]: one for one in objects}
    assert {address: one["recipients"][0]["state"] for address, one in by_address.items()} == {
        BOB: "accepted", ALICE: "accepted", "nobody-here@example.test": "failed",
    }  # fmt: skip
    assert by_address["nobody-here@example.test"]["recipients"][0]["enhanced"] == "5.1.1"
    for name, address in people[:2]:
        arrived = mail_rig.fetch(address, by_address[address]["message_id"])
        message = email.message_from_bytes(arrived, policy=email.policy.SMTP)
        assert message["Subject"] == f"您好，{name}"
        assert f"亲爱的{name}" in message.get_content()
    failures = (tmp_path / "failures.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[0] for line in failures[1:]] == ["4", "3"]
    again = merge(tmp_path, "--transport", url, "--output-format", "json")
    assert again[0] == 1
    assert len(again[1]) == 3, "nothing is sent again, and the refused one is still told"
