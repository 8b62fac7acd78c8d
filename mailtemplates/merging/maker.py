"""What makes messages of one template, in this process or another, each from its data and its key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mailtemplates.cachefolder import cache_folder
from mailtemplates.delivery.transport import check_envelope
from mailtemplates.engine import Engine
from mailtemplates.inlining.planstore import FileStore
from mailtemplates.ledger.key import token_of
from mailtemplates.message.message import Message
from mailtemplates.message.stamp import Stamp
from mailtemplates.settings import Settings
from mailtemplates.template.bytecode import bytecode_cache
from mailtemplates.template.faults import translate
from mailtemplates.template.templateversion import template_version

if TYPE_CHECKING:
    from mailtemplates.linting.linter import Linter


@dataclass(frozen=True)
class Maker:
    """A template and all that a message needs beside its data. It can be sent to another process.

    :param folders: the template folders; ``template`` is the template's name in them.
    :param date: of every message.
    :param judged: whether a message with lint errors is refused; the settings say which rules run.
    :param given: what :meth:`~mailtemplates.engine.Engine.render` takes beside the data, the same for every message.
    """

    settings: Settings
    folders: tuple[Path, ...]
    template: str
    date: datetime
    judged: bool = True
    given: Mapping[str, Any] = field(default_factory=dict)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in ("engine", "_linter")}

    @cached_property
    def engine(self) -> Engine:
        """The engine, with its caches on disk."""
        store = cache_folder()
        return Engine(
            self.folders,
            settings=self.settings,
            cache=bytecode_cache(store, ",".join(self.settings.extensions)) if store else None,
            plans=FileStore(store / "plans") if store else None,
            auto_reload=False,
        )

    @cached_property
    def _linter(self) -> Linter:
        from mailtemplates.linting.linter import Linter  # as the engine does: who does not judge does not pay

        return Linter(self.settings, least="error")

    def prepare(self) -> str:
        """Compile the template, choose the rules and read the keys; the version of the template.

        :raises TemplateError: the template cannot be found or compiled.
        :raises SettingsError: the settings name a rule that does not exist, or a key that cannot be used.
        """
        self.engine.signer()
        if self.judged:
            assert self._linter
        environment = self.engine.environment
        try:
            environment.get_template(self.template)
            return template_version(environment, self.template)
        except Exception as error:
            raise translate(error, environment, self.template, {}) from None

    def make(self, data: Mapping[str, Any], key: str) -> Message:
        """The message for some data; its Message-ID comes from the key.

        :raises MailTemplatesError: there is none: the data breaks the contract or the template, an address is none, the
            message has lint errors.
        """
        mail = self.engine.render(self.template, data, **self.given)
        stamp = Stamp(self.date, token_of(key), self.settings.host)
        message = mail.message(stamp)
        check_envelope(message)
        if self.judged:
            readable = mail.readable(message, stamp)
            self._linter.check_submission(readable, self.template, is_text_made=mail.parts.is_text_made)
        return message
