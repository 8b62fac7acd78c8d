"""Why a server refuses a recipient or a message: one word for a reply.

Enhanced status codes come first (RFC 3463 and the registry of RFC 5248); where they say little, as ``x.7.1``
does, the texts that servers are known to use. The words are sisimai's where it has one.
"""

from __future__ import annotations

import re

from mailtemplates.pattern import pattern

# Without the first digit. The second table is for codes that say little: there the text goes first.
_SURE = {
    "1.1": "userunknown", "1.2": "hostunknown", "1.3": "syntaxerror", "1.4": "userunknown", "1.6": "hasmoved",
    "1.7": "syntaxerror", "1.8": "rejected", "1.9": "notaccept", "1.10": "notaccept",
    "2.1": "suspend", "2.2": "mailboxfull", "2.3": "mesgtoobig", "2.4": "filtered", "2.252": "rejected",
    "3.1": "systemfull", "3.2": "notaccept", "3.3": "systemerror", "3.4": "mesgtoobig", "3.5": "systemerror",
    "4.1": "expired", "4.2": "networkerror", "4.3": "systemerror", "4.4": "hostunknown", "4.5": "systemfull",
    "4.6": "networkerror", "4.7": "expired",
    "5.1": "syntaxerror", "5.2": "syntaxerror", "5.3": "toomanyrcpt", "5.4": "syntaxerror", "5.5": "syntaxerror",
    "6.0": "contenterror", "6.1": "contenterror", "6.2": "contenterror", "6.3": "contenterror", "6.6": "contenterror",
    "6.7": "smtputf8", "6.8": "smtputf8", "6.9": "smtputf8", "6.11": "notcompliantrfc",
    "7.2": "rejected", "7.4": "securityerror", "7.8": "authfailure", "7.9": "authfailure", "7.10": "starttls",
    "7.11": "starttls", "7.12": "authfailure", "7.13": "suspend", "7.17": "hasmoved", "7.18": "hostunknown",
    "7.20": "authfailure", "7.21": "authfailure", "7.22": "authfailure", "7.23": "authfailure",
    "7.24": "authfailure", "7.25": "requireptr", "7.26": "authfailure", "7.27": "notaccept", "7.28": "speeding",
    "7.30": "starttls", "7.57": "authfailure", "7.60": "rejected", "7.139": "authfailure",
}  # fmt: skip
_VAGUE = {
    "1.0": "userunknown", "2.0": "filtered", "3.0": "systemerror", "4.0": "networkerror", "5.0": "syntaxerror",
    "6.5": "contenterror", "7.0": "policyviolation", "7.1": "policyviolation", "7.3": "policyviolation",
    "7.5": "securityerror", "7.6": "securityerror", "7.7": "securityerror",
}  # fmt: skip
_TEXTS = (
    ("greylisted", r"gr[ae]y-?list|try again in \d|come back later"),
    ("norelaying", r"relay(?:ing)? (?:access )?(?:is )?(?:denied|not (?:allowed|permitted))|unable to relay|no relay"),
    ("starttls", r"must issue a? ?starttls|(?:tls|encryption) (?:is )?required|requires? (?:tls|encryption)"),
    ("authfailure", r"authenticat|not logged in|\bspf\b|\bdkim\b|\bdmarc\b|sendasdenied"),
    ("mailboxfull", r"over ?quota|quota exceeded|mailbox (?:is )?full|insufficient disk space for"),
    ("systemfull", r"insufficient system storage|no space left|disk full"),
    ("mesgtoobig", r"message (?:size )?(?:is )?(?:too (?:big|large)|exceeds)|size limit|maximum message size"),
    ("toomanyrcpt", r"too many recipients"),
    ("toomanyconn", r"too many (?:\w+ )?(?:connections|sessions)"),
    ("speeding", r"rate limit|too (?:many (?:messages|emails)|fast)|throttl|\blimit exceeded|try slower"),
    ("spamdetected", r"\bspam\b|unsolicited|junk mail"),
    ("virusdetected", r"\bvirus|malware"),
    ("blocked", r"block ?list|black ?list|\bdnsbl\b|\brbl\b|spamhaus|reputation|helo command rejected|bad reputation"),
    ("requireptr", r"reverse (?:dns|hostname|lookup)|\bptr\b"),
    ("rejected", r"sender address rejected|not owned by|sender (?:denied|rejected|not allowed)"),
    ("userunknown", r"user unknown|(?:unknown|no such) (?:user|mailbox|recipient|person)|do(?:es not|esn't) exist"),
    ("userunknown", r"(?:mailbox|recipient|address|user) (?:not found|unavailable|unknown|rejected)|invalid recip"),
    ("hostunknown", r"(?:host|domain) (?:not found|unknown)|unrouteable|no mx\b"),
    ("suspend", r"(?:account|mailbox|user) (?:is )?(?:disabled|suspended|inactive|locked)"),
    ("notcompliantrfc", r"bare ?(?:<?lf>?|<?cr>?|line ?feed|new ?line)|rfc ?5322|line too long|missing header"),
    ("syntaxerror", r"syntax|command not (?:recognized|implemented)|unrecognized"),
)  # fmt: skip
_SAID = tuple((name, pattern(words, re.I)) for name, words in _TEXTS)
_CODES = {421: "toomanyconn", 450: "mailboxbusy", 451: "systemerror", 452: "systemfull", 454: "systemerror",
          500: "syntaxerror", 501: "syntaxerror", 502: "syntaxerror", 503: "syntaxerror", 504: "syntaxerror",
          530: "authfailure", 534: "authfailure", 535: "authfailure", 538: "authfailure",
          550: "rejected", 551: "hasmoved", 552: "mailboxfull", 553: "syntaxerror", 556: "notaccept"}  # fmt: skip


def refusal(code: int, enhanced: str, text: str) -> str:
    """Why, in a word: by the enhanced status code, else the text, else the code; ``undefined`` when none tells."""
    detail = enhanced[2:]
    if detail in _SURE:
        return _SURE[detail]
    for name, words in _SAID:
        if words.search(text):
            return name
    return _VAGUE.get(detail) or _CODES.get(code, "undefined")
