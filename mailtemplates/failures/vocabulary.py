"""The words around the table in English and Chinese."""

from __future__ import annotations

from typing import NamedTuple

from mailtemplates.failures.diagnosis import Diagnosis, Lasting
from mailtemplates.failures.failure import Fault, Language, Step


class Vocabulary(NamedTuple):
    """Labels and sentences of one language."""

    symptom: str
    cause: str
    cure: str
    where: str
    others: str
    recipients: str
    semicolon: str
    not_known: str
    colon: str
    provider: str
    ports: str
    password: str
    code: str
    stands_for: str
    see: str
    family: str
    about: str
    lasting: dict[Lasting, str]
    by_digit: dict[Lasting, str]
    by_fate: dict[Lasting, str]
    by_row: dict[Lasting, str]
    steps: dict[Step, str]
    faults: dict[Fault, str]
    says_later: str
    reply_was_temporary: str
    reply_was_permanent: str
    goes_on: str
    raised_as_login: str
    classes_differ: str
    a_guess: str

    def why_lasting(self, diagnosis: Diagnosis) -> str:
        """Why it is temporary or permanent, and what that asks for."""
        told = self.by_fate if diagnosis.reading.fate else self.by_digit if diagnosis.reply else self.by_row
        return told[diagnosis.lasting]


_ENGLISH = Vocabulary(
    symptom="Seen",
    cause="Cause",
    cure="Next step",
    where="Where",
    others="May also be:",
    recipients="The recipients got different replies:",
    semicolon="; ",
    not_known=(
        "Not known: nothing in this text is in the failure table. Next step: give the whole text, with the lines before"
        " it; then narrow down with `mailtpl doctor URL --to ADDRESS`, which asks the server step by step."
    ),
    colon=": ",
    provider="provider",
    ports="ports",
    password="login",
    code="code",
    stands_for="stands for",
    see="see",
    family="family",
    about="what it is about",
    lasting={"temporary": "temporary", "permanent": "permanent", "unknown": "unknown", "accepted": "accepted"},
    by_digit={
        "temporary": "4xx: not now. The same message may be sent again later.",
        "permanent": "5xx: refused for good. The same message will be refused again.",
        "unknown": "X stands for 4, temporary, or 5, permanent.",
        "accepted": "2xx, 3xx: a yes. After the message 250 says that the server took it and answers for it.",
    },
    by_fate={
        "temporary": "The mail server keeps the message and tries again by itself.",
        "permanent": "The mail server gave the message up; it will not try again.",
        "unknown": "",
        "accepted": "",
    },
    by_row={
        "temporary": "It may work later with nothing changed.",
        "permanent": "It will fail again until something is changed.",
        "unknown": "",
        "accepted": "",
    },
    steps={
        "config": "settings", "dns": "names (DNS)", "tcp": "connection", "greeting": "greeting", "ehlo": "EHLO",
        "tls": "TLS", "cert": "certificate", "capabilities": "what the server offers", "auth": "login",
        "sender": "sender (MAIL FROM)", "recipient": "recipient (RCPT TO)", "message": "the message",
        "identity": "identity (SPF, DKIM, DMARC, IP address)", "send": "sending", "arrive": "arrival",
        "runtime": "Python and libraries",
    },
    faults={
        "sender": "yours to mend", "network": "the network's", "server": "the server's owner mends it",
        "recipient": "the recipient's side",
    },
    says_later=(
        "The words speak of trying again, but the code is 5xx: no mail server will try this message again by itself."
        " Send it anew later."
    ),
    reply_was_temporary="The last reply was temporary (4xx): the same message, sent anew, may arrive.",
    reply_was_permanent="The reply was permanent (5xx), though the mail server tries again: expect the same answer.",
    goes_on="Nothing failed here: look at the replies after this one.",
    raised_as_login="The exception's class looks permanent; the code is 4xx and decides: it is temporary.",
    a_guess="A guess: only the code, or words in passing, point to it; no words name a cause.",
    classes_differ="The code and the enhanced status code are of two classes; the code decides (RFC 5321 §4.2.1).",
)  # fmt: skip

_CHINESE = Vocabulary(
    symptom="现象",
    cause="原因",
    cure="下一步",
    where="位置",
    others="也可能是：",
    recipients="各收件人得到的回答不同：",
    semicolon="；",
    not_known=(
        "不认识：这段文字里没有失败表中的内容。下一步：给出完整的文字（包括前面几行）；再用"
        " `mailtpl doctor URL --to 地址` 逐步询问服务器，缩小范围。"
    ),
    colon="：",
    provider="服务商",
    ports="端口",
    password="登录用的密码",
    code="代码",
    stands_for="含义",
    see="见",
    family="类别",
    about="关于什么",
    lasting={"temporary": "暂时", "permanent": "永久", "unknown": "未知", "accepted": "已接受"},
    by_digit={
        "temporary": "4xx：现在不行，同一封邮件以后可以再发。",
        "permanent": "5xx：永久拒绝，原样再发还会被拒。",
        "unknown": "X 代表 4（暂时）或 5（永久）。",
        "accepted": "2xx、3xx：肯定的回答。邮件发完后的 250 表示服务器已接收，由它负责。",
    },
    by_fate={
        "temporary": "邮件服务器保留着邮件，会自己重试。",
        "permanent": "邮件服务器已放弃，不会再试。",
        "unknown": "",
        "accepted": "",
    },
    by_row={
        "temporary": "不改任何东西，以后也可能成功。",
        "permanent": "不改正就会一直失败。",
        "unknown": "",
        "accepted": "",
    },
    steps={
        "config": "配置", "dns": "域名解析（DNS）", "tcp": "连接", "greeting": "问候", "ehlo": "EHLO", "tls": "TLS",
        "cert": "证书", "capabilities": "服务器的功能", "auth": "登录", "sender": "发件人（MAIL FROM）",
        "recipient": "收件人（RCPT TO）", "message": "邮件本身", "identity": "身份（SPF、DKIM、DMARC、IP）",
        "send": "发送", "arrive": "到达", "runtime": "Python 和库",
    },
    faults={
        "sender": "由发件方解决", "network": "由网络方解决", "server": "由服务器管理员解决", "recipient": "在收件方",
    },
    says_later="文字里说可以再试，但代码是 5xx：邮件服务器不会自动重试这封邮件，要自己以后重新发送。",
    reply_was_temporary="最后一次回答是暂时的（4xx）：重新发送同一封邮件可能成功。",
    reply_was_permanent="回答是永久的（5xx），尽管邮件服务器还会重试，结果多半相同。",
    goes_on="这里没有失败：请看它后面的回答。",
    raised_as_login="异常的类型看起来是永久的，但代码是 4xx，以代码为准：是暂时的。",
    a_guess="这是推测：只有代码或附带的词可作依据，文字没有说明原因。",
    classes_differ="代码和增强状态码的类别不同，以代码为准（RFC 5321 §4.2.1）。",
)  # fmt: skip

VOCABULARIES: dict[Language, Vocabulary] = {"en": _ENGLISH, "zh": _CHINESE}
