"""The linter: chosen rules over a message, and what they find as diagnostics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from mailtemplates.clients.support import choose_clients
from mailtemplates.errors import LintError, SettingsError
from mailtemplates.finding import Edit, Severity
from mailtemplates.html.document import HtmlDocument
from mailtemplates.linting.bodyjudge import BodyJudge
from mailtemplates.linting.catalogue import all_rules
from mailtemplates.linting.check import Check, judged, run_checks
from mailtemplates.linting.diagnostic import Diagnostic
from mailtemplates.linting.found import Found
from mailtemplates.linting.rule import Rule
from mailtemplates.linting.selection import asked_for, choose, ignored_in, match_length
from mailtemplates.memo import Memo
from mailtemplates.message.message import Message
from mailtemplates.octets.lines import Lines
from mailtemplates.octets.message import Batch, RawMessage, read_message
from mailtemplates.octets.mime import Part
from mailtemplates.octets.submission import Submission, read_submission
from mailtemplates.settings import CLIENTS, Settings
from mailtemplates.severity import reaches
from mailtemplates.source import nearest

_KEPT_SELECTORS = 1_000


class Linter:
    """Rules and settings, made once and used for any number of messages, from any thread.

    :param settings: which rules run and how; the defaults when not given.
    :param least: rules that find only what is less severe do not run, for who asks for what is severe alone.
    :raises SettingsError: they name a rule or an option that does not exist, or a value of the wrong kind.
    """

    def __init__(self, settings: Settings | None = None, least: Severity = "info") -> None:
        self.settings = settings or Settings()
        self.rules = all_rules()
        chosen = choose(self.settings, self.rules)
        options = _options(self.settings, self.rules)
        checks: dict[str, list[Check]] = {}
        for one in self.rules:
            if one.code in chosen and _may_reach(one, chosen[one.code], least):
                run = partial(one.check, **options[one.code]) if one.code in options else one.check
                checks.setdefault(one.subject, []).append(Check(one, run, chosen[one.code]))
        self._checks = checks
        self._messages = checks.get("RawMessage", [])
        self._submissions = checks.get("Submission", [])
        self._parts = checks.get("Part", [])
        self._batches = checks.get("Batch", [])
        asked = frozenset(asked_for(self.settings, self.rules))
        self.bodies = BodyJudge(checks.get("HtmlDocument", []), checks.get("Bodies", []), asked)
        self._named: Memo[str, frozenset[str]] = Memo(_KEPT_SELECTORS)
        self._kinds = frozenset(kind for check in self._parts for kind in check.rule.parts)
        self._by_kinds: dict[frozenset[str], list[Check]] = {}
        fields = checks.get("RawField", [])
        self._holdings = sorted({check.rule.holding for check in fields} - {b""})
        self._every_field = _by_octets([check for check in fields if not check.rule.fields])
        names = {name for check in fields for name in check.rule.fields}
        self._fields = {
            name: _by_octets([check for check in fields if not check.rule.fields or name in check.rule.fields])
            for name in names
        }

    def lint(
        self,
        message: Message | bytes | RawMessage,
        path: str = "<message>",
        *,
        sample: str = "",
        is_text_made: bool = False,
    ) -> list[Diagnostic]:
        """What the rules find in one message, in the order of the octets.

        :param message: a composed message, or octets with CRLF or LF line ends.
        :param path: what the findings call it.
        :param sample: the sample data it was rendered with.
        :param is_text_made: whether its plain text is known to be made of its html.
        :raises RuleError: a rule crashed.
        """
        return self._diagnose(_raw(message), isinstance(message, Message), path, sample, is_text_made)

    def lint_submission(
        self,
        message: Message,
        path: str = "<message>",
        *,
        extensions: Mapping[str, str] | None = None,
        rendered: bool = True,
        sample: str = "",
        is_text_made: bool = False,
    ) -> list[Diagnostic]:
        """What the rules find in a message that is about to be sent: those of :meth:`lint`, and those of sending.

        The rules of the send step (SND) look at the envelope beside the message, and with ``extensions`` at what the
        server takes. Call it last before a transport's ``send``; a finding of severity ``error`` should stop it.

        :param message: with the envelope that the transport will get.
        :param extensions: what the server offers, as :meth:`mailtemplates.delivery.transport.Transport.extensions`
            tells; None when no server was asked.
        :param rendered: whether the message was made here; of one that came as a file the rules over html and text
            run only when they are selected by name, as in ``mailtpl lint FILE.eml``.
        :param is_text_made: as of :meth:`lint`.
        :raises RuleError: a rule crashed.
        """
        return self._diagnose(read_submission(message, extensions), rendered, path, sample, is_text_made)

    def _diagnose(
        self, raw: RawMessage, rendered: bool, path: str, sample: str, is_text_made: bool = False
    ) -> list[Diagnostic]:
        off = ignored_in(path, self.settings, self.rules) if self.settings.per_file_ignores else frozenset()
        found = self.find(raw, rendered=rendered, is_text_made=is_text_made)
        found = [one for one in found if one.rule.code not in off]
        return [diagnose(_in_octets(one), raw.lines, path, sample) for one in found]

    def check(
        self, message: Message | bytes, path: str, threshold: Severity = "error", *, is_text_made: bool = False
    ) -> None:
        """Refuse a message with findings.

        :param is_text_made: whether its plain text is known to be made of its html.
        :raises LintError: there are some at or over the threshold.
        :raises RuleError: a rule crashed.
        """
        _refuse(self.lint(message, path, is_text_made=is_text_made), path, threshold)

    def check_submission(
        self, message: Message, path: str, *, rendered: bool = True, is_text_made: bool = False
    ) -> None:
        """Refuse a message that is about to be sent and has errors; parameters as of :meth:`lint_submission`.

        :raises LintError: there are some.
        :raises RuleError: a rule crashed.
        """
        _refuse(self.lint_submission(message, path, rendered=rendered, is_text_made=is_text_made), path, "error")

    def find(self, raw: RawMessage, *, rendered: bool = False, is_text_made: bool = False) -> list[Found]:
        """What the rules over messages, parts, fields and bodies find, in the order of the octets.

        :param rendered: whether it was rendered here, so that the rules over html and text look at it too.
        :param is_text_made: whether its plain text is known to be made of its html.
        :raises RuleError: a rule crashed.
        """
        found: list[Found] = []
        run_checks(self._messages, raw, found)
        if isinstance(raw, Submission):
            run_checks(self._submissions, raw, found)
        for part in raw.all_parts:
            run_checks(self._checks_of(part), part, found)
            self._judge_fields(part, found)
        found += self.bodies.judge(raw, rendered=rendered, is_text_made=is_text_made)
        if raw.cut_off:
            found = [one for one in found if one.finding.span.start < raw.cut_off.start]
        found.sort(key=lambda one: (one.finding.span, one.rule.code))
        return found

    def _judge_fields(self, part: Part, found: list[Found]) -> None:
        """The rules over fields; of a part's header only ``Content-…`` has a meaning (RFC 2045 §1, RFC 2046 §5.1)."""
        octets = part.octets
        start, end = part.header
        held = [holding for holding in self._holdings if octets.find(holding, start, end) >= 0]
        for field in part.fields:
            means = field.place != "part" or field.lower.startswith("content-")
            checks = self._fields.get(field.lower, self._every_field) if means else self._every_field
            if b"" in checks:
                run_checks(checks[b""], field, found)
            for holding in held:
                if holding in checks and octets.find(holding, *field.body) >= 0:
                    run_checks(checks[holding], field, found)

    def _checks_of(self, part: Part) -> Sequence[Check]:
        """The rules over parts that one of its kinds is something to."""
        kinds = part.kinds & self._kinds
        known = self._by_kinds.get(kinds)
        if known is None:
            known = self._by_kinds[kinds] = [check for check in self._parts if check.rule.parts <= kinds]
        return known

    def judge(self, subject: object) -> list[Found]:
        """What the rules over one kind of subject find in one such subject.

        :raises RuleError: a rule crashed.
        """
        return judged(self._checks.get(type(subject).__name__, ()), subject)

    def judge_written(self, document: HtmlDocument) -> list[Found]:
        """What the rules that look at style sheets before inlining find in them.

        :raises RuleError: a rule crashed.
        """
        return self.bodies.judge_written(document)

    def named(self, selector: str) -> frozenset[str]:
        """The codes of the rules that a selector names, whether they run or not."""
        known = self._named.get(selector)
        if known is None:
            codes = frozenset(one.code for one in self.rules if match_length(selector, one) >= 0)
            known = self._named.put(selector, codes)
        return known

    @property
    def codes(self) -> frozenset[str]:
        """The codes of the rules that run."""
        return frozenset(check.rule.code for checks in self._checks.values() for check in checks)

    def codes_over(self, subject: str) -> frozenset[str]:
        """The codes of the rules that run over one kind of subject."""
        return frozenset(check.rule.code for check in self._checks.get(subject, ()))

    def lint_batch(self, messages: Sequence[tuple[str, RawMessage]]) -> list[Diagnostic]:
        """What the rules over several messages find.

        :param messages: each with its path.
        :raises RuleError: a rule crashed.
        """
        found: list[Found] = []
        batch = Batch.of(raw for _, raw in messages)
        run_checks(self._batches if len(messages) > 1 else (), batch, found)
        diagnostics = []
        for one in found:
            path, raw = messages[one.finding.message]
            if one.rule.code not in ignored_in(path, self.settings, self.rules):
                diagnostics.append(diagnose(one, raw.lines, path))
        return diagnostics


def _refuse(judged: Sequence[Diagnostic], path: str, threshold: Severity) -> None:
    """Refuse a message with findings at or over a threshold."""
    found = [one for one in judged if reaches(one.severity, threshold)]
    if found:
        said = "; ".join(f"{one.name} ({one.code}): {one.message}" for one in found[:3])
        more = f"; and {len(found) - 3} more" if len(found) > 3 else ""
        raise LintError(
            f"the message of {path} has findings: {said}{more}",
            diagnostics=found,
            cure=found[0].help or f"mailtpl rule {found[0].name} explains it",
        )


def _may_reach(rule: Rule, given: Severity | None, least: Severity) -> bool:
    """Whether a rule may find something that severe; of the rules about linting itself each may."""
    return reaches(given or rule.severity, least) or (given is None and rule.family == "SUP")


def lint(message: Message | bytes, settings: Settings | None = None, *, path: str = "<message>") -> list[Diagnostic]:
    """What is wrong with a message: the findings in the order of its octets, none when all is right.

    :param message: a composed message, or octets with CRLF or LF line ends.
    :raises SettingsError: the settings name a rule or an option that does not exist.
    :raises RuleError: a rule crashed.
    """
    return Linter(settings).lint(message, path)


def _raw(message: Message | bytes | RawMessage) -> RawMessage:
    if isinstance(message, Message):
        return read_message(message.octets, smtputf8=message.envelope.smtputf8)
    return message if isinstance(message, RawMessage) else read_message(bytes(message))


def _by_octets(checks: Sequence[Check]) -> dict[bytes, list[Check]]:
    """Rules over fields by the octets that a field must hold for them."""
    found: dict[bytes, list[Check]] = {}
    for check in checks:
        found.setdefault(check.rule.holding, []).append(check)
    return found


def _in_octets(one: Found) -> Found:
    """A finding whose fix is in octets too: of a body that is not encoded, else it has none."""
    body, fix = one.body, one.finding.fix
    if body is None or fix is None:
        return one
    plain = body.part.encoding in ("7bit", "8bit", "binary") and body.text.isascii()
    edits = tuple(Edit(body.span(*edit.span), edit.octets) for edit in fix.edits)
    return one._replace(finding=one.finding._replace(fix=fix._replace(edits=edits) if plain else None))


def diagnose(found: Found, lines: Lines, path: str, sample: str = "") -> Diagnostic:
    """The diagnostic of a finding in a file of these lines."""
    one, finding, severity, _ = found
    place = lines.place(finding.span)
    return Diagnostic(
        one.code,
        one.name,
        severity,
        finding.problem,
        path,
        place.line,
        place.column,
        place.end_line,
        place.end_column,
        finding.help,
        sample,
        one.page.reference,
        place.source,
        place.mark,
        finding.fix,
        str(finding.related) if finding.related else "",
    )


def _options(settings: Settings, rules: Sequence[Rule]) -> dict[str, dict[str, Any]]:
    """The options that the settings give, by code.

    :raises SettingsError: there is no such rule or option, or the value is of another kind.
    """
    by_word = {word: one for one in rules for word in (one.code, one.name)}
    given: dict[str, dict[str, Any]] = {}
    for word, values in settings.rules.items():
        one = by_word.get(word) or by_word.get(word.upper()) or by_word.get(word.lower())
        if one is None:
            raise _unknown("rule", word, by_word)
        for key, value in values.items():
            given.setdefault(one.code, {})[key.replace("-", "_")] = _option(one, key, value)
    for one in rules if settings.clients != CLIENTS else ():
        if "clients" in one.options:
            given.setdefault(one.code, {}).setdefault("clients", settings.clients)
    for one in rules if settings.dkim else ():
        if "domain" in one.options:
            given.setdefault(one.code, {}).setdefault("domain", tuple(table.domain for table in settings.dkim))
    for values in given.values():
        if "clients" in values:
            choose_clients(values["clients"])
    return given


def _option(one: Rule, key: str, value: Any) -> Any:
    name = key.replace("-", "_")
    if name not in one.options:
        raise _unknown(f"option of {one.name}", key, [known.replace("_", "-") for known in one.options])
    default = one.options[name]
    if isinstance(default, tuple):
        items = [value] if isinstance(value, str) else value
        if isinstance(items, list) and all(isinstance(item, str) for item in items):
            return tuple(items)
    elif type(value) is type(default):
        return value
    kinds = {str: "a string", bool: "true or false", int: "a whole number", tuple: "an array of strings"}
    raise SettingsError(f"the option {key!r} of {one.name} must be {kinds[type(default)]}", cure="mend the settings")


def _unknown(kind: str, word: str, known: Iterable[str]) -> SettingsError:
    names = list(known)
    similar = nearest(word, names)
    cure = f"did you mean {similar!r}?" if similar else f"there is {', '.join(names)}" if len(names) < 9 else ""
    return SettingsError(f"there is no {kind} {word!r}", cure=cure or "mailtpl rules lists them all")
