"""Replies in GBK, as many servers in China send them, are read; other octets are not taken for Chinese."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from doctorlab import Lab
from hypothesis import given
from hypothesis import strategies as st
from smtplab import BOB, CAROL, Open, mail
from smtpserver import Server

import mailtemplates.failures
from mailtemplates.cli.shell import main
from mailtemplates.delivery.outcome import Deferred, Failed, NotTried
from mailtemplates.failures.decoding import charset_of, decode_said
from mailtemplates.smtp.reply import Reply

CHINESE = (
    "用户不存在", "邮箱不存在或已停用", "该邮箱空间已满", "信件大小超过限制", "用户名或密码错误", "认证失败，请检查授权码",
    "发件人被拒绝", "拒绝中继", "您的IP在黑名单中，详情请查看 http://mail.example.test/help", "连接过于频繁，请稍后再试",
    "域名解析失败", "系统忙，请稍后重试", "邮件内容可疑，拒收", "发信频率超过限制（每天1000封）", "对方服务器拒绝接收",
    "帐号被冻结，请联系管理员", "请先登录", "命令参数错误", "不允许的收件人", "系统繁忙", "SMTP服务未开启",
)  # fmt: skip
OTHERS = (
    "latin-1", "cp1252", "cp1250", "iso8859-2", "iso8859-15", "mac_roman", "cp437", "cp850", "cp1251", "koi8-r", "cp866",
    "iso8859-5", "cp1253", "cp1254", "cp1255", "cp1256", "cp874", "big5", "big5hkscs", "shift_jis", "cp932", "euc_jp",
    "euc_kr", "cp949", "johab",
)  # fmt: skip
ELSEWHERE = (
    "Empfänger zurückgewiesen: Größe überschritten", "Boîte aux lettres pleine, réessayez après", "Usuário não é conhecido",
    "Użytkownik nieznany, wiadomość odrzucona", "Příjemce odmítnut", "Пользователь не найден", "Ο χρήστης δεν υπάρχει",
    "Kullanıcı bulunamadı", "המשתמש אינו קיים", "المستخدم غير موجود", "ไม่พบผู้ใช้", "使用者不存在", "郵件信箱已滿，請稍後再試",
    "ユーザーが見つかりません", "メールボックスの容量が超過しました", "受信者が拒否されました", "사용자를 찾을 수 없습니다",
    "메일박스가 가득 찼습니다", "수신자가 거부되었습니다", "接続が拒否されました", "認証に失敗しました",
)  # fmt: skip


def told() -> Iterator[str]:
    """Every text outside ASCII of the failure table, which knows what programs say in many languages."""
    assert mailtemplates.failures.__file__
    for path in Path(mailtemplates.failures.__file__).parent.rglob("*.json"):
        todo: list[Any] = [json.loads(path.read_text(encoding="utf-8"))]
        while todo:
            one = todo.pop()
            if isinstance(one, str):
                yield from () if one.isascii() else (one,)
            elif isinstance(one, list | dict):
                todo += one.values() if isinstance(one, dict) else one


@pytest.mark.parametrize("encoding", ["gbk", "gb18030"])
@pytest.mark.parametrize("text", CHINESE)
def test_chinese_that_speaks_of_mail_is_read(text: str, encoding: str) -> None:
    assert decode_said(f"550 {text}".encode(encoding)) == f"550 {text}"
    assert decode_said(f"550 {text}".encode()) == f"550 {text}"


@pytest.mark.parametrize("encoding", OTHERS)
def test_other_charsets_are_not_taken_for_it(encoding: str) -> None:
    """Their octets are valid GB 18030 more often than not."""
    tried = 0
    for text in (*ELSEWHERE, *told()):
        try:
            octets = text.encode(encoding)
        except UnicodeEncodeError:
            continue
        tried += 1
        assert charset_of(octets) == "utf-8", text
        assert decode_said(octets) == octets.decode("utf-8", "replace")
    assert tried


@pytest.mark.parametrize(
    "octets",
    [
        "用户不存在".encode("gbk")[:-1],
        "用户不存在".encode("gbk") + b"\xff",
        "用户不存在".encode("gbk") + "が".encode("gbk"),
        "李小龙".encode("gbk"),
        b"\xd3\xc3",
        b"\x80\x81",
    ],
    ids=["cut", "no charset's", "japanese", "a name alone", "one letter", "controls"],
)
def test_what_cannot_be_known_is_not_guessed(octets: bytes) -> None:
    assert decode_said(octets) == octets.decode("utf-8", "replace")


@given(st.binary())
def test_any_octets_are_a_text(octets: bytes) -> None:
    text = decode_said(octets)
    if charset_of(octets) == "gb18030":
        assert text.encode("gb18030") == octets
    else:
        assert text == octets.decode("utf-8", "replace")


def test_a_reply_of_several_lines_is_read_as_a_whole() -> None:
    octets = "5.1.1 用户不存在\n5.1.1 的".encode("gbk")
    assert Reply.read(550, octets) == Reply(550, "5.1.1", "用户不存在 的")
    assert Reply.read(550, octets).reason == "userunknown"


def gbk(text: str) -> bytes:
    return f"{text}\r\n".encode("gbk")


def test_the_sender_understands_a_server_that_answers_in_gbk(to: Open) -> None:
    with Server(
        {"GREETING": b"220 mx\r\n", "RCPT": [gbk("550 5.1.1 用户不存在"), gbk("451 系统繁忙，请稍后重试")]}
    ) as server:
        receipt = to(server).send(mail(BOB, CAROL))
    assert receipt[BOB] == Failed(550, "5.1.1", "userunknown", "用户不存在")
    assert isinstance(receipt[CAROL], Deferred)
    assert receipt[CAROL].text == "系统繁忙，请稍后重试"


def test_a_password_that_is_repeated_in_gbk_is_hidden(to: Open) -> None:
    secret = "s3cret-Pa55"
    with Server({"AUTH": gbk(f"535 密码错误: {secret}")}, ("AUTH PLAIN",)) as server:
        outcome = to(server, "insecure=1", user="alice", password=secret).send(mail())[BOB]
    assert isinstance(outcome, NotTried)
    assert "密码错误: ***" in outcome.text
    assert secret not in repr(outcome)


def test_the_doctor_shows_and_understands_it(lab: Lab) -> None:
    server = lab.server(answers={"RCPT": gbk("550 用户不存在")})
    answer = lab.ask(lab.url(server), "--to", BOB)
    assert answer.failed == [("recipient", "D80")]
    assert "用户不存在" in answer.step("recipient")["text"]
    assert {"who": "S", "text": "550 用户不存在"} in answer.json["transcript"]


def test_a_mailbox_that_refuses_in_gbk_is_shown(lab: Lab) -> None:
    server = lab.server()
    imap = lab.imap(answers={"EXAMINE": "NO 系统繁忙"}, charset="gbk")
    answer = lab.ask(lab.url(server), "--to", BOB, "--really", "--imap", imap)
    assert "系统繁忙" in answer.step("arrive")["text"]


@pytest.mark.parametrize(
    ("octets", "shown", "row"),
    [
        ("550 用户不存在".encode("gbk"), "550 用户不存在", "D80"),
        ("535 用户名或密码错误".encode(), "535 用户名或密码错误", "D17"),
        ("550 Empfänger unbekannt".encode("latin-1"), "550 Empf\ufffdnger unbekannt", "D80"),
    ],
    ids=["gbk", "utf-8", "latin-1"],
)
@pytest.mark.skipif(sys.platform == "win32", reason="a command line is UTF-16 there")
def test_explain_takes_octets_of_a_log(octets: bytes, shown: str, row: str) -> None:
    command = [sys.executable.encode(), b"-m", b"mailtemplates", b"explain", octets]
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    out = done.stdout.decode()
    assert (done.returncode, shown in out, row in out) == (0, True, True), out


@pytest.mark.parametrize(
    ("octets", "row"),
    [
        (
            b"smtplib.SMTPRecipientsRefused: {'a@b.test': (550, b'\\xd3\\xc3\\xbb\\xa7\\xb2\\xbb\\xb4\\xe6\\xd4\\xda')}",
            "D80",
        ),
        ("  文件 C:\\张三\\发信.py\n550 用户不存在\n│ ok".encode("gb18030"), "D80"),
        ("Fehler beim Senden: Empfänger\nSMTPAuthenticationError: (535, b'5.7.8 no')\n".encode("latin-1"), "D17"),
    ],
    ids=["octets in a traceback", "a Chinese terminal", "a German terminal"],
)
def test_a_pasted_file_is_read_in_its_charset(lab: Lab, octets: bytes, row: str) -> None:
    lab.capture.readouterr()
    assert main(["doctor", "--from-exception", lab.message(octets)]) == 0
    assert row in lab.capture.readouterr()[0].decode()
