"""What large providers want of who logs in, told when a login is refused."""

from __future__ import annotations

from mailtemplates.errors import TransportError

_HINTS = (
    (("gmail.com", "googlemail.com", "google.com"),
     "Gmail wants an app password (with 2-Step Verification), or XOAUTH2 with a fresh token"),
    (("office365.com", "outlook.com", "office.com", "hotmail.com"),
     "Exchange Online turns passwords off: use XOAUTH2 (?auth=xoauth2), and let SMTP AUTH be on for the mailbox"),
    (("qq.com", "foxmail.com", "163.com", "126.com", "yeah.net", "sina.com", "sina.cn", "aliyun.com"),
     "this provider wants its authorization code (授权码), made in the web mail's SMTP settings, not the password"),
    (("yahoo.com", "aol.com", "icloud.com", "me.com", "fastmail.com", "zoho.com", "zoho.eu", "yandex.com", "yandex.ru"),
     "this provider wants an app password, made in the account's security settings"),
    (("sendgrid.net",), "the user is the word apikey, and the password the API key"),
    (("amazonaws.com",), "SES wants its SMTP credentials, which are not the access key"),
    (("mailgun.org", "mailgun.com"), "the user is postmaster@ your domain, with the domain's SMTP password"),
)  # fmt: skip


def hint(host: str, error: TransportError) -> str:
    """The provider's own want when it refuses a login for good; empty when nothing is known of it."""
    if error.code not in (530, 534, 535):
        return ""
    name = f".{host.lower()}"
    return next((words for hosts, words in _HINTS if any(name.endswith(f".{known}") for known in hosts)), "")
