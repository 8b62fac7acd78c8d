"""The keys of rows, by which a ledger knows them again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from mailtemplates.errors import DataError, SettingsError
from mailtemplates.ledger.key import check_key, derive_key
from mailtemplates.pattern import pattern
from mailtemplates.template.data import steps_of

_FIELD = pattern(r"\{([^{}]+)\}")


class MakesKeys(Protocol):
    """Makes the key of a row."""

    @property
    def chosen(self) -> bool:
        """Whether the keys are the caller's, so that different data may have the same one."""

    def of(self, data: Mapping[str, Any]) -> str:
        """The key of some data.

        :raises DataError: there is none.
        """


class Keys:
    """Makes keys of a template's data.

    :param form: a place in the data such as ``order.id``, or a text with such places in braces:
        ``invitation-{user.id}``. When it is empty a key comes from the template's version and the data, the same that
        :meth:`mailtemplates.engine.Engine.send` makes.
    :param version: of the template; ``template`` is its name.
    :param given: what the template is rendered with beside the data.
    :ivar chosen: see :class:`MakesKeys`.
    :raises SettingsError: the form has no place in it.
    """

    def __init__(self, form: str, version: str, template: str, given: Mapping[str, Any]) -> None:
        self._version = version
        self._rest = {"name": template, "given": given}
        self._pieces = _FIELD.split(form if "{" in form else f"{{{form}}}") if form else []
        self.chosen = bool(form)
        if form and not (self._pieces[1:] and all(map(steps_of, self._pieces[1::2]))):
            raise SettingsError(
                f"--key {form!r} names no place in the data", cure="write it as order.id or news-{user.id}"
            )

    def of(self, data: Mapping[str, Any]) -> str:
        """The key of some data.

        :raises DataError: the data has no such place, or what is there is no key.
        """
        if not self._pieces:
            return derive_key(self._version, (), {**self._rest, "data": data})
        texts = [_found(data, piece) if index % 2 else piece for index, piece in enumerate(self._pieces)]
        try:
            return check_key("".join(texts))
        except SettingsError as error:
            raise DataError(error.problem, cure=error.cure) from None


def _found(data: Any, path: str) -> str:
    for step in steps_of(path):
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            raise DataError(f"the data has no {path!r}, which --key names", cure="mend the row") from None
    if isinstance(data, bool) or not isinstance(data, str | int) or data == "":
        raise DataError(f"{path!r} is no key: a text or a whole number is needed", cure="mend the row")
    return str(data)
