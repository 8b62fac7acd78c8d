"""What programs that send say when they fail, as people paste it: the cause, whatever is around it."""

from __future__ import annotations

import _ssl
import ctypes
import errno
import json
import os
import re
import ssl
import time
from pathlib import Path

import pytest

from mailtemplates.cli.shell import main
from mailtemplates.failures.answer import answer_lines, answer_object
from mailtemplates.failures.diagnosis import diagnose
from mailtemplates.failures.failure import LANGUAGES
from mailtemplates.failures.paste import shortened

PYTHON = """\
Traceback (most recent call last):
  File "/srv/app/mailer.py", line 535, in send
    with smtplib.SMTP(host, 587, timeout=10) as link:  # 421 and 550 are tried again
         ~~~~~~~~~~~~^^^^^^^^^^^^^^^^^^^^^^^
  File "/usr/lib/python3.13/socket.py", line 849, in create_connection
    sock.connect(sa)
{}
"""
CHAIN = """\
Traceback (most recent call last):
  File "/usr/lib/python3.12/smtplib.py", line 398, in getreply
    line = self.file.readline(_MAXLINE + 1)
ConnectionResetError: [Errno 104] Connection reset by peer

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/srv/app/mailer.py", line 12, in <module>
    link.starttls(context=context)
smtplib.SMTPServerDisconnected: Connection unexpectedly closed: [Errno 104] Connection reset by peer
"""
JAVA = """\
org.springframework.mail.MailSendException: Mail server connection failed; nested exception is \
javax.mail.MessagingException: Could not connect to SMTP host: smtp.example.com, port: 465;
  nested exception is:
\tjavax.net.ssl.SSLHandshakeException: {}
\tat com.sun.mail.smtp.SMTPTransport.openServer(SMTPTransport.java:2100)
\tat org.springframework.mail.javamail.JavaMailSenderImpl.connectTransport(JavaMailSenderImpl.java:518)
\t... 12 more
"""
MAILKIT = """\
MailKit.Security.SslHandshakeException: An error occurred while attempting to establish an SSL or TLS connection.

This usually means that the SSL certificate presented by the server is not trusted by the system for one or more reasons:
1. The server is using a self-signed certificate which cannot be verified.
 ---> System.IO.IOException: The handshake failed due to an unexpected packet format.
   at System.Net.Security.SslStream.StartReadFrame(Byte[] buffer)
"""
NODE = """\
Error: {}
    at TLSSocket.onConnectSecure (node:_tls_wrap:1674:34)
    at TLSSocket.emit (node:events:518:28) {{
  code: 'ESOCKET',
  command: 'CONN'
}}
"""
CIVICRM = """\
The mail library returned the following error message:
Failed to connect to smtp.example.com:587 [SMTP: Failed to connect socket: Connection timed out (code: -1, response: )]
This is probably related to a problem in your Outbound Email Settings. Possible causes are:
Your SMTP Username or Password are incorrect.
The FROM Email Address configured for this feature may not be a valid sender.
"""
EXTENSIONS = """\
INFO => Received: 250-mail.a.test Hello [192.0.2.1], 250-SIZE 37748736, 250-STARTTLS, 250 SMTPUTF8
ERROR => TLS setup failed: hostname verification failed
"""
REFUSED = "ConnectionRefusedError: [Errno 111] Connection refused"
PASTES = {
    "python": (PYTHON.format(REFUSED), "D02", "temporary"),
    "python chained": (CHAIN, "D42", "temporary"),
    "log prefix": ("\n".join(f"Jan 01 10:00:00 web app[535]: {line}" for line in CHAIN.splitlines()), "D42", "temporary"),
    "hook of git": ("\n".join(f"remote: {line}" for line in PYTHON.format(REFUSED).splitlines()), "D02", "temporary"),
    "colours": (f"\x1b[31m{REFUSED}\x1b[0m", "D02", "temporary"),
    "html": ("<p>SMTP ERROR: Failed to connect to server: Network is&nbsp;unreachable (101)<br/></p>", "D41", "temporary"),
    "json": (json.dumps({"level": 50, "stack": NODE.format("self signed certificate")}), "D08", "permanent"),
    "json of python": (json.dumps({"exc": PYTHON.format(REFUSED)}), "D02", "temporary"),
    "versions": (f"Python version 2.7.6 (default)\nDjango Version: 5.1.1\n{REFUSED}", "D02", "temporary"),
    "offers without codes": ("Last Response: Hello\nPIPELINING\n8BITMIME\nSTARTTLS\n\nSMTP login failed", "D17", "permanent"),
    "web server's log": (f'{REFUSED}\n10.0.0.1 - "POST /contact HTTP/1.1" 500 Internal Server Error', "D02", "temporary"),
    "line of a file": (f"{REFUSED} : mymail.py:501\nretry at Mailer.java:421, send.php(550)", "D02", "temporary"),
    "milliseconds": (f"2026-01-01 10:00:44,425 983 ERROR app\n{REFUSED}", "D02", "temporary"),
    "java": (JAVA.format("PKIX path building failed: unable to find valid certification path"), "D08", "permanent"),
    "java, old": (JAVA.format("No appropriate protocol (protocol is disabled)"), "D06", "permanent"),
    "java, no cause": (JAVA.partition(";\n  nested")[0].replace("465", "25"), "D180", "temporary"),
    "inner exception": (MAILKIT, "D05", "permanent"),
    "node": (NODE.format("self-signed certificate in certificate chain"), "D08", "permanent"),
    "names of users": ("fetch -u dmarc -f spam\nimaplib.abort: command: LOGIN => socket error: EOF", "D42", "temporary"),
    "token": (
        "SMTPAuthenticationError: (334, b'eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL20ifQ==')",
        "D67", "permanent",
    ),
    "transcript": (
        "SERVER: 250-mx.b.test\nSERVER: 250 SMTPUTF8\nSERVER: 220 2.0.0 Ready to start TLS\nCould not authenticate.",
        "D17", "permanent",
    ),
    "outlook": (
        "Task 'me' reported error (0x800CCC0F): 'The connection was interrupted. Contact your server administrator.'",
        "D42", "temporary",
    ),
    "phpmailer alone": ("Message could not be sent. Mailer Error: SMTP connect() failed.", "D180", "temporary"),
    "chinese windows": ("ConnectionRefusedError: [WinError 10061] 由于目标计算机积极拒绝，无法连接。", "D02", "temporary"),
    "german": ("socket.gaierror: [Errno -2] Name oder Dienst nicht bekannt", "D01", "permanent"),
    "french": ("Le certificat distant n'est pas valide selon la procédure de validation.", "D08", "permanent"),
    "properties of node": (
        "{\n    message: 'Server responded with 451 Timeout waiting for client input'\n}\nTrace:\n    at Client.<anonymous> (/a/mail.js:459:21)",
        "D140", "temporary",
    ),
    "a transcript": (
        "data\n354 Enter mail, end with a dot\nSubject: DKIM fails\n\nuser unknown\n.\n550 message rejected", "D109", "permanent",
    ),
    "extensions in one line": (EXTENSIONS, "D07", "permanent"),
    "guesses of civicrm": (CIVICRM, "D03", "temporary"),
    "japanese": ("対象のコンピューターによって拒否されたため、接続できませんでした。", "D02", "temporary"),
    "russian": ("Конечный компьютер отверг запрос на подключение", "D02", "temporary"),
}  # fmt: skip


@pytest.mark.parametrize("name", PASTES)
def test_a_paste_is_read_through_its_noise(name: str) -> None:
    """Neither line numbers, versions and logs nor code and prefixes are taken for a server's words."""
    text, row, lasting = PASTES[name]
    diagnosis = diagnose(text)
    assert (diagnosis.causes[0].failure.id, diagnosis.lasting) == (row, lasting), diagnosis


SAID = [
    (*line.partition(" | ")[0].split(" "), line.partition(" | ")[2])
    for line in (Path(__file__).parent / "client_errors.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
LASTING = {"T": ("temporary",), "P": ("permanent",), "*": ("temporary", "permanent")}


@pytest.mark.parametrize(("lasting", "rows", "text"), SAID, ids=[f"{rows} {text[:50]}" for _, rows, text in SAID])
def test_what_programs_say_is_named_by_its_cause(lasting: str, rows: str, text: str) -> None:
    """Python, Java, .NET, Go, Ruby, Node, PHP, Rust, Perl, curl, mail clients and printers, in the languages of systems."""
    diagnosis = diagnose(text)
    assert diagnosis.causes[0].failure.id in rows.split(",")
    assert diagnosis.lasting in LASTING[lasting]


ERRNOS = {
    "ECONNREFUSED": "D02", "ETIMEDOUT": "D03", "ENETUNREACH": "D41", "EHOSTUNREACH": "D41", "ENETDOWN": "D41",
    "EADDRNOTAVAIL": "D41", "ECONNRESET": "D42", "EPIPE": "D42", "ECONNABORTED": "D42", "EPERM": "D43", "EACCES": "D43",
    "EMFILE": "D45", "ENOTCONN": "D26", "ENOENT": "D181", "ENOSPC": "D166",
}  # fmt: skip


@pytest.mark.parametrize("name", ERRNOS)
def test_an_error_of_the_operating_system_is_named_by_number_word_and_name(name: str) -> None:
    """As Python, Rust and Node show it, in the words of the system that runs this."""
    number = getattr(errno, name)
    for text in (f"OSError: [Errno {number}] {os.strerror(number)}", f"{os.strerror(number)} (os error {number})"):
        assert diagnose(text).causes[0].failure.id == ERRNOS[name], text
    if name != "ENOENT":
        assert diagnose(f"Error: connect {name} 192.0.2.1:587").causes[0].failure.id == ERRNOS[name]


def tls_reasons() -> set[str]:
    """The names of all that libssl can complain of, asked of the library that Python uses; Python shows them in capitals."""
    library = ctypes.CDLL(getattr(_ssl, "__file__", None))
    library.OPENSSL_init_ssl.argtypes = (ctypes.c_uint64, ctypes.c_void_p)
    library.OPENSSL_init_ssl(0x200000, None)  # OPENSSL_INIT_LOAD_SSL_STRINGS
    text_of = library.ERR_reason_error_string
    text_of.argtypes, text_of.restype = (ctypes.c_ulong,), ctypes.c_char_p
    first = 20 << (23 if ssl.OPENSSL_VERSION_INFO[0] >= 3 else 24)  # ERR_LIB_SSL
    texts = [text.decode() for reason in range(1, 2000) if (text := text_of(first | reason))]
    return {text.upper().replace(" ", "_") for text in texts if re.fullmatch(r"[\w ]+", text)}


def test_every_reason_of_this_openssl_is_a_matter_of_tls() -> None:
    """Whatever it is called in the OpenSSL of this Python: a row of TLS, of certificates, or of a broken link."""
    reasons = tls_reasons()
    assert len(reasons) > 100
    for name in sorted(reasons - {"INVALID_COMMAND", "UNKNOWN_COMMAND"}):
        words = name.lower().replace("_", " ")
        diagnosis = diagnose(f"ssl.SSLError: [SSL: {name}] {words} (_ssl.c:1032)")
        assert diagnosis.causes[0].failure.step in ("tls", "cert", "tcp"), name


@pytest.mark.parametrize(
    ("words", "row"),
    [
        ("self-signed certificate", "D08"), ("self signed certificate", "D08"), ("certificate rejected", "D08"),
        ("unable to get local issuer certificate", "D08"), ("EE certificate key too weak", "D08"),
        ("certificate has expired", "D53"), ("certificate is not yet valid", "D53"), ("certificate revoked", "D53"),
        ("unable to get certificate CRL", "D185"), ("Empty Subject Alternative Name extension", "D14"),
        ("CA cert does not include key usage extension", "D14"), ("Missing Subject Key Identifier", "D14"),
        ("Hostname mismatch, certificate is not valid for 'a.test'.", "D07"),
        ("IP address mismatch, certificate is not valid for '192.0.2.1'.", "D07"),
    ],
)  # fmt: skip
def test_a_refused_certificate_is_named_by_its_verification_error(words: str, row: str) -> None:
    """The words of OpenSSL 1.1.1 to 3.5 behind the same ``CERTIFICATE_VERIFY_FAILED``."""
    text = f"ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: {words} (_ssl.c:1032)"
    assert diagnose(text).causes[0].failure.id == row


LIST = (
    "smtplib.SMTPRecipientsRefused: {'bob@b.test': (550, b'5.1.1 User unknown'), 'eve@c.test': (450, b'4.2.0 Greylisted'),"
    " 'amy@b.test': (550, b'5.1.1 User unknown')}"
)


def test_recipients_with_different_replies_are_told_apart() -> None:
    """One is permanent and to be removed, the other may be sent again."""
    diagnosis = diagnose(LIST)
    assert [(who, one.lasting, one.causes[0].failure.id) for who, one in diagnosis.recipients] == [
        (("bob@b.test", "amy@b.test"), "permanent", "D80"),
        (("eve@c.test",), "temporary", "D85"),
    ]
    assert (diagnosis.lasting, diagnosis.causes[0].failure.id) == ("permanent", "D80")
    for language in LANGUAGES:
        assert any("eve@c.test" in line for line in answer_lines(diagnosis, language))
    assert answer_object(diagnosis, "en")["recipients"][1]["causes"] == ["D85"]


UNKNOWN_HOST = "socket.gaierror: [Errno -2] Name or service not known"
NO_LOGIN = "smtplib.SMTPAuthenticationError: (535, b'5.7.8 Error: authentication failed')"


@pytest.mark.parametrize(
    ("errors", "rows", "code"),
    [
        ((UNKNOWN_HOST, NO_LOGIN), ["D01", "D17"], 0),
        ((NO_LOGIN, UNKNOWN_HOST), ["D17", "D01"], 535),
        ((UNKNOWN_HOST, REFUSED), ["D01", "D02"], 0),
        ((REFUSED, UNKNOWN_HOST), ["D02", "D01"], 0),
    ],
)
def test_of_several_errors_the_first_is_named_first(errors: tuple[str, ...], rows: list[str], code: int) -> None:
    """The later ones are listed; a reply is told only where it comes first."""
    diagnosis = diagnose("".join(f"2026-01-01 10:00:0{number} ERROR {one}\n" for number, one in enumerate(errors)))
    assert [cause.failure.id for cause in diagnosis.causes][:2] == rows
    assert (diagnosis.reply.code if diagnosis.reply else 0) == code


def test_recipients_with_one_reply_are_not_listed() -> None:
    assert not diagnose(LIST.replace("450, b'4.2.0 Greylisted'", "550, b'5.1.1 User unknown'")).recipients


def test_an_error_in_the_middle_of_a_long_log_is_found() -> None:
    """In time that grows with the log, and not faster; common words do not hide the rare line."""
    noise = "".join(
        f"2026-01-01 10:00:00 oauth session {number} of 10.0.0.1 mailbox view\n" for number in range(60_000)
    )
    half = len(noise) // 2
    text = f"{noise[:half]}\n{REFUSED}\n{noise[half:]}"
    start = time.process_time()
    assert diagnose(text).causes[0].failure.id == "D02"
    assert time.process_time() - start < 60


@pytest.mark.parametrize("text", ["x" * 300_000, "smtp" * 100_000, "\n" * 300_000, "smtp\n" * 100_000, "İ" * 200_000])
def test_a_long_text_is_shortened(text: str) -> None:
    assert len(shortened(text)) < 130_000


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (b"", 2),
        (b" \n\n", 2),
        (b"nothing of that kind\n", 1),
        (bytes(range(256)) * 20, 1),
        (REFUSED.encode("utf-16"), 0),
        ("SMTP 错误：密码错误".encode("gb18030"), 0),
        (REFUSED.encode() + b"\x00\xff\xfe\x1b[2J", 0),
    ],
)
def test_the_exit_code_says_whether_anything_was_known(
    octets: bytes, code: int, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """No octets end in a traceback, and none that steer a terminal come out."""
    path = tmp_path / "paste"
    path.write_bytes(octets)
    assert main(["doctor", "--from-exception", str(path)]) == code
    out, err = capfdbinary.readouterr()
    assert bool(out) == (code < 2)
    assert b"Traceback" not in out + err
    assert b"\x1b" not in out


def test_explain_says_by_its_exit_code_that_it_does_not_know(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["explain", "nothing of that kind"]) == 1
    assert b"Not known" in capfdbinary.readouterr().out
    assert main(["explain", ""]) == 2
