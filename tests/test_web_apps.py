"""The pages' examples, run: an engine in Flask, FastAPI and Django."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

from mailtemplates import Engine, Message

ANN = {"user": {"name": "Ann", "email": "ann@reader.example"}}


def test_flask_with_the_applications_own_environment(tmp_path: Path) -> None:
    flask = pytest.importorskip("flask")
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "welcome.j2").write_text(
        "{% block from %}{{ config.SENDER }} <hello@acme.example>{% endblock %}{% block to %}{{ user|mailbox }}{% endblock %}"
        "{% block subject %}Hi {{ user.name|shout }}{% endblock %}"
        "{% block html %}<p><a href='{{ url_for('signup', _external=True) }}'>{{ user.name }}</a></p>{% endblock %}"
    )
    app = flask.Flask(__name__, template_folder=str(tmp_path))
    app.config.update(SENDER="Acme", SERVER_NAME="acme.example")
    app.jinja_env.filters["shout"] = str.upper
    engine = Engine(environment=app.jinja_env)
    sent: list[Message] = []

    def signup() -> tuple[str, int]:
        sent.append(engine.render("mail/welcome.j2", ANN).message())
        return "", 204

    app.add_url_rule("/signup", view_func=signup, methods=["POST"])
    assert app.test_client().post("/signup").status_code == 204
    email = sent[0].as_email()
    assert (email["From"], email["Subject"]) == ("Acme <hello@acme.example>", "Hi ANN")
    assert "<http://acme.example/signup>" in email.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_fastapi_renders_in_the_event_loop() -> None:
    fastapi = pytest.importorskip("fastapi")
    app = fastapi.FastAPI()
    engine = Engine(ROOT / "templates")

    async def preview(name: str) -> Any:
        mail = engine.render(f"{name}.j2", engine.sample(f"{name}.j2"))
        return fastapi.Response(mail.html, media_type="text/html")

    app.add_api_route("/preview/{name}", preview)
    status, body = asyncio.run(get(app, "/preview/welcome"))
    assert status == 200
    assert b"Ann Miller" in body


async def get(app: Any, path: str) -> tuple[int, bytes]:
    """Ask an ASGI application, as a server would."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(event: dict[str, Any]) -> None:
        sent.append(event)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "path": path,
        "raw_path": path.encode(), "query_string": b"", "headers": [], "scheme": "http", "root_path": "",
    }  # fmt: skip
    await app(scope, receive, send)
    return sent[0]["status"], b"".join(event.get("body", b"") for event in sent[1:])


def test_django_view() -> None:
    django = pytest.importorskip("django")
    from django.conf import settings

    if not settings.configured:
        settings.configure(ALLOWED_HOSTS=["*"])
        django.setup()
    from django.http import HttpRequest, HttpResponse
    from django.test import RequestFactory

    engine = Engine(ROOT / "templates")

    def preview(request: HttpRequest) -> HttpResponse:
        mail = engine.render("welcome.j2", engine.sample("welcome.j2"))
        return HttpResponse(mail.html or "")

    response = preview(RequestFactory().get("/"))
    assert response.status_code == 200
    assert b"Ann Miller" in response.content
