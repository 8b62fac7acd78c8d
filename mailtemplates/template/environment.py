"""The Jinja environment that all sinks of an engine share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import BytecodeCache, Environment

from mailtemplates.errors import SettingsError
from mailtemplates.template import context
from mailtemplates.template.loader import TemplateFolders
from mailtemplates.template.sandbox import LimitedSandbox, Limits
from mailtemplates.template.sinks import FILTERS

EXTENSIONS = ("jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols")


def make_environment(
    given: Environment | None,
    folders: Sequence[Path],
    limits: Limits | None,
    extensions: Sequence[str],
    cache: BytecodeCache | None,
) -> Environment:
    """The environment that all sinks share: the application's with copies of what we add to, or one of our own."""
    if given is not None:
        if limits is not None:
            raise SettingsError(
                "sandbox=True and environment= exclude each other",
                cure="make the environment a jinja2.sandbox.ImmutableSandboxedEnvironment",
            )
        if any(kind.__module__ == "jinja2.nativetypes" for kind in type(given).__mro__):
            raise SettingsError("a NativeEnvironment makes no text", cure="give a jinja2.Environment")
        if given.loader is None and not folders:
            raise SettingsError("the environment has no loader", cure="give it one, or give the template folders too")
        environment = given.overlay()
        environment.globals, environment.filters = dict(given.globals), dict(given.filters)
        if folders and given.loader is None:
            environment.loader = TemplateFolders(folders)
    else:
        options: dict[str, Any] = {"loader": TemplateFolders(folders), "cache_size": 400, "bytecode_cache": cache}
        environment = LimitedSandbox(limits, **options) if limits else Environment(autoescape=True, **options)
    _extend(environment, extensions)
    return environment


def _extend(environment: Environment, extensions: Sequence[str]) -> None:
    """Add the extensions, filters and globals that every template has.

    :raises SettingsError: an extension cannot be imported.
    """
    translated = "jinja2.ext.InternationalizationExtension" in environment.extensions
    for extension in (*EXTENSIONS, *extensions):
        try:
            environment.add_extension(extension)
        except (ImportError, AttributeError) as bad:
            raise SettingsError(
                f"the Jinja extension {extension!r} cannot be loaded: {bad}", cure="install it, or mend its name"
            ) from None
    if not translated:
        environment.install_gettext_callables(  # type: ignore[attr-defined]
            context.gettext, context.ngettext, newstyle=True, pgettext=context.pgettext, npgettext=context.npgettext
        )
    environment.globals.update(context.GLOBALS)
    environment.filters.update(FILTERS)
