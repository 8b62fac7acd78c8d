"""What a web app holds: template folders and settings, ready to render. Thread-safe and reusable."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from jinja2 import BytecodeCache, Environment

from mailtemplates.closing import Closing
from mailtemplates.errors import DataError, SettingsError
from mailtemplates.headers.address import Mailbox
from mailtemplates.inlining.inliner import Inliner, Store
from mailtemplates.mail import Finishing, Judgement, Mail
from mailtemplates.message.attachment import Attachment
from mailtemplates.message.composer import compose
from mailtemplates.message.message import Message
from mailtemplates.message.stamp import Stamp
from mailtemplates.settings import Settings
from mailtemplates.severity import Severity
from mailtemplates.template.catalogs import Catalogs, Translations
from mailtemplates.template.contract import Contract
from mailtemplates.template.contracts import Contracts
from mailtemplates.template.environment import make_environment
from mailtemplates.template.loader import Files, folders_of, template_folders
from mailtemplates.template.renderer import Given, MakeEnvironment, Renderer
from mailtemplates.template.sandbox import Limits
from mailtemplates.template.sinks import environment_for
from mailtemplates.template.templateversion import template_version

if TYPE_CHECKING:
    from mailtemplates.delivery.outcome import Receipt
    from mailtemplates.delivery.transport import Transport
    from mailtemplates.outbox.mailer import Mailer
    from mailtemplates.outbox.mailrun import Dispatch
    from mailtemplates.signing.signer import Signer

Addresses = str | Mailbox | Mapping[str, str] | Sequence[str | Mailbox | Mapping[str, str]]
"""Whole addresses: ``"Ann <ann@x.example>, bob@x.example"``, ``{"name": …, "email": …}``, or a sequence of such."""

_SCHEMAS = "schemas"
_UNSENT = Stamp(datetime(1970, 1, 1, tzinfo=UTC))


class Engine(Closing):
    """Templates and settings. Make one at start-up and render with it from any thread.

    :param folders: the template folder, or several, searched in order; the settings' when not given.
    :param environment: an application's own Jinja environment: its loader, filters, globals and extensions are used,
        and nothing of it is changed.
    :param sandbox: render untrusted templates: Jinja's immutable sandbox with ``limits`` on output and time.
    :param translations: one gettext catalog, a mapping of them by locale, or a function from locale to catalog;
        without it, compiled catalogs in the folder ``locales`` are used.
    :param auto_reload: look at every render whether a template or schema has changed.
    :param cache: a Jinja bytecode cache, for processes that render once.
    :param plans: a store of inlining plans on disk, for the same.
    :param transport: where :meth:`send` sends to: a URL, or an open transport; the settings' when not given.
    :param ledger: the file in which :meth:`send` keeps what it sent, see :mod:`mailtemplates.ledger.ledger`. Without
        it nothing is remembered.
    :param patience: seconds in which :meth:`send` tries again whom the server put off, while its caller waits; 0 to
        leave that to :meth:`resume`.
    :param sign: sign and encrypt as the settings say; without it messages are left as they are composed.
    :raises SettingsError: a folder does not exist.
    """

    def __init__(
        self,
        folders: str | Path | Sequence[str | Path] | None = None,
        *,
        environment: Environment | None = None,
        settings: Settings | None = None,
        sandbox: bool | None = None,
        limits: Limits | None = None,
        translations: Translations | None = None,
        filters: Mapping[str, Callable[..., Any]] | None = None,
        variables: Mapping[str, Any] | None = None,
        auto_reload: bool = True,
        cache: BytecodeCache | None = None,
        plans: Store | None = None,
        transport: str | Transport | None = None,
        ledger: str | Path | None = None,
        patience: float = 0.0,
        sign: bool = True,
    ) -> None:
        self._made_of = {name: value for name, value in locals().items() if name != "self"}
        self.settings = settings or Settings()
        self._auto_reload = auto_reload
        self._posting = (transport or self.settings.transport, Path(ledger) if ledger else None, patience)
        self._lock = threading.Lock()
        self._finishing = Finishing(self.settings, signs=sign)
        self._folders = self._find_folders(folders, environment)
        sandboxed = self.settings.sandbox if sandbox is None else sandbox
        self._environment = make_environment(
            environment, self._folders, limits or Limits() if sandboxed else None, self.settings.extensions, cache
        )
        self._environment.filters.update(filters or {})
        self._environment.globals.update(variables or {})
        files = Files(self._folders)
        self.inliner = Inliner(
            self.settings.inliner,
            keep_style=self.settings.keep_style,
            base_url=self.settings.base_url or None,
            load=files.text,
            store=plans,
        )
        self._files = files
        self._catalogs = Catalogs(translations, self._beside(self.settings.locales), self.settings.domain)
        self._renderer = self.renderer()
        schemas = self.settings.paths(self.settings.schemas) or self._beside(_SCHEMAS)
        self._contracts = Contracts(schemas, auto_reload)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled is what the engine was made of; templates, plans, keys and connections are found anew.

        :raises SettingsError: a part of that cannot be pickled.
        """
        for name, value in self._made_of.items():
            try:
                pickle.dumps(value)
            except Exception as error:  # whatever it holds may raise anything
                raise SettingsError(
                    f"the engine cannot go to another process: its {name} cannot be pickled ({error})",
                    cure="make an engine in each process, as in a pool's initializer, and send it names and data",
                ) from None
        return partial(type(self), **self._made_of), ()

    def renderer(
        self, make_environment: MakeEnvironment = environment_for, kind: Callable[..., Renderer] = Renderer
    ) -> Renderer:
        """A renderer of these templates whose environments are made by a function; for linting, which traces them."""
        return kind(
            self._environment,
            files=self._files,
            inliner=self.inliner,
            catalogs=self._catalogs,
            auto_reload=self._auto_reload,
            text_width=self.settings.text_width,
            make_environment=make_environment,
        )

    def _find_folders(
        self, folders: str | Path | Sequence[str | Path] | None, environment: Environment | None
    ) -> tuple[Path, ...]:
        if folders is not None:
            return template_folders(folders)
        if environment is not None:
            return folders_of(environment.loader)
        return template_folders(self.settings.paths(self.settings.templates))

    def _beside(self, name: str) -> tuple[Path, ...]:
        """The folders of a name inside and beside each template folder."""
        return tuple(dict.fromkeys(place / name for folder in self._folders for place in (folder, folder.parent)))

    @property
    def folders(self) -> tuple[Path, ...]:
        """The template folders."""
        return self._folders

    @property
    def environment(self) -> Environment:
        """The Jinja environment that compiles the templates; not to be changed."""
        return self._environment

    @property
    def templates(self) -> list[str]:
        """The names of all files in the template folders."""
        return self._environment.list_templates()

    def contract(self, name: str) -> Contract | None:
        """The data contract of a template; None when it has no schema.

        :raises DataError: the schema file is not a JSON object.
        """
        return self._contracts.find(name)

    def sample(self, name: str, index: int = 0) -> Mapping[str, Any]:
        """Sample data of a template: an entry of its schema's ``examples``.

        :raises DataError: the template has no such sample.
        """
        contract = self.contract(name)
        if contract is None or index >= len(contract.examples):
            raise DataError(
                f"there is no sample data for {name}",
                cure=f"give data, or add examples to the schema {contract.path if contract else 'schemas/…json'}",
            )
        example: Mapping[str, Any] = contract.examples[index]
        return example

    def render(
        self,
        name: str | PurePath,
        data: Mapping[str, Any] | None = None,
        *,
        to: Addresses | None = None,
        cc: Addresses | None = None,
        bcc: Addresses | None = None,
        from_: Addresses | None = None,
        sender: Addresses | None = None,
        reply_to: Addresses | None = None,
        subject: str | None = None,
        headers: Mapping[str, str] | None = None,
        attachments: Sequence[Attachment | str | Path] | Attachment | str | Path = (),
        locale: str | None = None,
        lint: Severity | None = None,
    ) -> Mail:
        """Render a template with data. What the call gives comes instead of what the template says.

        :param name: the template's name, relative to a template folder, with forward slashes.
        :param data: the variables of the template.
        :param headers: other header fields, by name.
        :param attachments: attachments, or paths of any files; or one of them.
        :param locale: a locale name such as ``de`` or ``pt_BR``.
        :param lint: refuse a message with findings of that severity or a higher one: ``"error"``, ``"warning"`` or
            ``"info"``. It is composed and judged here, and again by :meth:`Mail.message`.
        :raises TemplateError: the template cannot be found, compiled or rendered.
        :raises DataError: the data breaks the template's contract.
        :raises HeaderError: a value cannot stand in its header field.
        :raises AttachmentError: a file is missing or lies outside the template folders.
        :raises LintError: ``lint`` is given and the message has such findings.
        """
        variables = {} if data is None else data
        if not isinstance(variables, Mapping):
            raise DataError(f"the data is a {type(variables).__name__}, no mapping", cure="give a dict of variables")
        if not isinstance(name, str):
            name = PurePath(name).as_posix()
        contract = self.contract(name)
        if contract is not None:
            contract.check(variables, name)
        fields = {
            "To": to, "Cc": cc, "Bcc": bcc, "From": from_, "Sender": sender, "Reply-To": reply_to, "Subject": subject,
        }  # fmt: skip
        files = (attachments,) if isinstance(attachments, Attachment | str | Path) else attachments
        given = Given(fields, headers or {}, files, self.settings.locale if locale is None else locale)
        parts = self._renderer.render(name, variables, given)
        place = partial(self._renderer.place, name)
        if lint is None:
            return Mail(parts, self._finishing, None, place)
        mail = Mail(parts, self._finishing, Judgement(name, lint), place)
        mail.message()
        return mail

    def signer(self) -> Signer | None:
        """What signs and encrypts the messages, as the settings say; None when they say nothing of it.

        Keys are read when this is first asked, which is when the first message is composed.

        :raises SettingsError: a key or certificate cannot be used, or cryptography is not installed.
        """
        return self._finishing.signer

    def render_many(self, name: str, rows: Iterable[Mapping[str, Any]], **given: Any) -> Iterator[Mail]:
        """Render a template for each row of data, one after the other as they are asked for.

        :param given: what :meth:`render` takes beside the data, the same for every row.
        """
        for row in rows:
            yield self.render(name, row, **given)

    def send(
        self, what: str | Mail | Message, data: Mapping[str, Any] | None = None, *, key: str | None = None, **given: Any
    ) -> Receipt:
        """Render and send a mail once. What is put off is tried again as long as the engine's patience lasts, and then
        waits in the ledger for :meth:`resume`.

        A key that is in the ledger is not rendered nor sent again: the receipt tells what is known, and whoever still
        waits gets what was rendered first.

        :param what: a template's name, a rendered mail, or a message.
        :param key: names the mail, such as ``order-17``; made of the template's version, recipients and data when it is
            not given. The Message-ID comes from it.
        :param given: what :meth:`render` takes beside the data.
        :raises DataError: there is a ledger and no key, and the data holds what has no lasting form.
        :raises SettingsError: there is no transport.
        :raises LedgerError: the ledger cannot be written; nothing goes out unwritten.
        :raises MailTemplatesError: as :meth:`render` and :meth:`Mail.message`. What a server does is never raised.
        """
        key = self._key(what, data, key, given)
        return self._mailer.send(key, partial(self._keyed, what, data, key, given))

    async def asend(
        self, what: str | Mail | Message, data: Mapping[str, Any] | None = None, *, key: str | None = None, **given: Any
    ) -> Receipt:
        """As :meth:`send`, in a thread, while the event loop goes on.

        When the task is cancelled, a message that is on its way still gets its outcome in the ledger.
        """
        mailer: Mailer | None = self.__dict__.get("_open_mailer")
        if mailer is None:  # it is opened in a thread too: another process may hold the ledger
            import asyncio  # who awaits this has loaded it

            mailer = await asyncio.to_thread(lambda: self._mailer)
        return await mailer.in_thread(partial(self.send, what, data, key=key, **given))

    def queue(
        self, what: str | Mail | Message, data: Mapping[str, Any] | None = None, *, key: str | None = None, **given: Any
    ) -> str:
        """Render a mail and keep it in the ledger; :meth:`resume` sends it, in another process too. Returns its key.

        :raises SettingsError: there is no ledger.
        """
        key = self._key(what, data, key, given)
        self._mailer.queue(key, partial(self._keyed, what, data, key, given))
        return key

    def resume(self, *keys: str) -> Iterator[Dispatch]:
        """Send the mails of these keys; without keys, all that wait in the ledger and are due.

        :raises SettingsError: there is no ledger.
        """
        return self._mailer.resume(keys or None)

    def _key(self, what: str | Mail | Message, data: Mapping[str, Any] | None, key: str | None, given: Any) -> str:
        """The key that was given, or one that is made; empty when none is needed."""
        if key is not None or not self._mailer.keeps:
            return key or ""
        if isinstance(what, str):
            version = template_version(self._environment, what)
            return self._mailer.key_of(version, (), {"name": what, "data": data or {}, "given": given})
        message = what if isinstance(what, Message) else compose(what.parts, _UNSENT, smtputf8=True)
        return self._mailer.key_of("", message.envelope.recipients, {"octets": message.octets})

    def _keyed(self, what: str | Mail | Message, data: Mapping[str, Any] | None, key: str, given: Any) -> Message:
        """The message of a key."""
        if isinstance(what, Message):
            return what
        mail = self.render(what, data, **given) if isinstance(what, str) else what
        return mail.message(self._mailer.stamp(key, self.settings.host) if key else None)

    @property
    def _mailer(self) -> Mailer:
        with self._lock:
            return self._open_mailer

    @cached_property
    def _open_mailer(self) -> Mailer:
        from mailtemplates.outbox.mailer import Mailer  # most engines only render: sqlite3, ssl and asyncio take long
        from mailtemplates.transports import open_transport

        transport, ledger, patience = self._posting
        if not transport:
            raise SettingsError("the engine has no transport", cure='give transport="smtp+starttls://user@host:587"')
        return Mailer(open_transport(transport) if isinstance(transport, str) else transport, ledger, patience)

    def close(self) -> None:
        """Wait for what is on its way, not for what was put off, and close the transport and the ledger, where there
        are some.
        """
        mailer = self.__dict__.get("_open_mailer")
        if mailer is not None:
            mailer.close()
