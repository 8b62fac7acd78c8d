"""What goes to another process, as in a process pool: mails, engines by what they were made of, and every error."""

from __future__ import annotations

import copy
import gettext
import pickle
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from conftest import STAMP, MakeEngine
from jinja2 import DictLoader, Environment
from signingkeys import pem, rsa_key

from mailtemplates import Engine, LintError, MailTemplatesError, Settings, SettingsError, errors
from mailtemplates.doctor.steperror import LateError, StepError
from mailtemplates.mail import Mail
from mailtemplates.settings import DkimSettings
from mailtemplates.source import Location
from mailtemplates.template.sandbox import Limits
from mailtemplates.transports import open_transport

SOURCE = (
    "{% block from %}Acme <hello@acme-shop.com>{% endblock %}{% block to %}{{ user|mailbox }}{% endblock %}"
    "{% block subject %}Grüße, {{ user.name }}{% endblock %}"
    "{% block html %}<style>p { color: red }</style><p>{{ user.name }}</p>{% endblock %}"
    "{% block attachments %}{{ attach('a.txt') }}{% endblock %}"
)
FILES = {"t.j2": SOURCE, "a.txt": "a file"}
ANN = {"user": {"name": "Ann", "email": "ann@reader-mail.com"}}


def other_process(work: Any, *arguments: Any) -> Any:
    """What the work gives in a process that shares nothing with this one."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result(60)


def octets_of(mail: Mail) -> bytes:
    return mail.message(STAMP).octets


def rendered(engine: Engine) -> Mail:
    return engine.render("t.j2", ANN)


def signing(folder: Path) -> Settings:
    (folder / "k.pem").write_bytes(pem(rsa_key()))
    return Settings(folder=folder, dkim=(DkimSettings("acme-shop.com", "s", "k.pem"),))


@pytest.mark.parametrize("settings", ["plain", "signed"])
@pytest.mark.parametrize("times", [1, 3], ids=["first", "of a known shape"])
def test_a_mail_pickles_and_copies(make_engine: MakeEngine, tmp_path: Path, settings: str, times: int) -> None:
    """What comes out is the same mail: it composes to the same octets, signed as the engine's settings say."""
    engine = make_engine(FILES, settings=signing(tmp_path) if settings == "signed" else Settings())
    mail = [rendered(engine) for _ in range(times)][-1]
    octets = octets_of(mail)
    assert (b"DKIM-Signature" in octets) == (settings == "signed")
    for made in (pickle.loads(pickle.dumps(mail)), copy.copy(mail), copy.deepcopy(mail)):
        assert made == mail
        assert octets_of(made) == octets
        assert (made.subject, made.text, made.settings) == (mail.subject, mail.text, mail.settings)


def test_a_mail_of_a_pool_is_composed_there_and_here(make_engine: MakeEngine) -> None:
    mail = rendered(make_engine(FILES))
    assert other_process(octets_of, mail) == octets_of(mail)
    assert octets_of(other_process(rendered, make_engine(FILES))) == octets_of(mail)


def test_a_mail_that_is_judged_is_judged_there_too(make_engine: MakeEngine) -> None:
    good = make_engine(FILES).render("t.j2", ANN, lint="error")
    bad = make_engine({**FILES, "t.j2": SOURCE.replace("<p>", "<img src='https://acme-shop.com/a.png'><p>")})
    judged = pickle.loads(pickle.dumps(replace(good, parts=rendered(bad).parts)))
    with pytest.raises(LintError) as caught:
        octets_of(judged)
    there = pickle.loads(pickle.dumps(caught.value))
    assert there.diagnostics == caught.value.diagnostics and str(there) == str(caught.value)


def test_a_mail_without_an_engine_is_one_too() -> None:
    parts = Engine(
        environment=Environment(loader=DictLoader({"t.j2": SOURCE.partition("{% block att")[0]})), sign=False
    )
    mail = parts.render("t.j2", ANN)
    assert octets_of(pickle.loads(pickle.dumps(mail))) == octets_of(mail)


def test_an_engine_pickles_by_what_it_was_made_of(make_engine: MakeEngine, tmp_path: Path) -> None:
    engine = make_engine(
        FILES, variables={"n": 1}, filters={"loud": str.upper}, sandbox=True, limits=Limits(), patience=3.0,
        transport=f"file:{tmp_path}/out", ledger=tmp_path / "box.db", auto_reload=False,
    )  # fmt: skip
    mail = rendered(engine)
    assert engine.send("t.j2", ANN, key="1").accepted
    made = pickle.loads(pickle.dumps(engine))
    assert octets_of(rendered(made)) == octets_of(mail)
    assert made.send("t.j2", ANN, key="1").accepted
    assert len(list((tmp_path / "out").iterdir())) == 1
    engine.close()
    made.close()


class Shop(Engine):
    """An engine of an application's own class."""


def test_an_engine_of_another_class_keeps_it(tmp_path: Path) -> None:
    assert type(pickle.loads(pickle.dumps(Shop(tmp_path)))) is Shop


def unpicklable(name: str) -> Any:
    environment = Environment(loader=DictLoader({}))
    environment.filters["own"] = lambda value: value
    translations = gettext.NullTranslations()
    vars(translations)["plural"] = lambda number: 0
    values: dict[str, Any] = {
        "environment": environment, "filters": {"own": lambda value: value}, "translations": translations,
        "transport": open_transport("smtp://localhost:1"), "variables": {"now": lambda: 0},
    }  # fmt: skip
    return values[name]


@pytest.mark.parametrize("name", ["environment", "filters", "transport", "translations", "variables"])
def test_an_engine_that_cannot_be_pickled_says_why_and_what_to_do(tmp_path: Path, name: str) -> None:
    """And not that some lock of the standard library cannot."""
    given = {name: unpicklable(name)}
    engine = Engine(None if name == "environment" else tmp_path, **given)
    with pytest.raises(SettingsError, match=f"cannot go to another process: its {name} cannot be pickled") as caught:
        pickle.dumps(engine)
    assert "make an engine in each process" in caught.value.cure


def all_errors() -> list[type[MailTemplatesError]]:
    return [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, MailTemplatesError)]


@pytest.mark.parametrize("kind", [*all_errors(), StepError, LateError], ids=lambda kind: kind.__name__)
def test_every_error_pickles(kind: type[MailTemplatesError]) -> None:
    """One that did not would break the pool that it is raised in, and hide itself."""
    more: dict[str, Any] = {"phase": "rcpt", "code": 550} if kind is errors.TransportError else {}
    error = kind("it is wrong", **{"failure": "D01"} if kind is StepError else more, cure="mend it")
    error.at(Location("t.j2", 3, 2), "a line")
    made = pickle.loads(pickle.dumps(error))
    assert type(made) is kind
    assert str(made) == str(error)
    assert vars(made) == vars(error)
