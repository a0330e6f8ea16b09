"""What the web view answers, question by question."""

import asyncio
import json
import time
from importlib.resources import files
from typing import Any, cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp

from camera_demo.serve.audience import Audience
from camera_demo.serve.documents import (
    SESSION,
    health_document,
    journal_document,
    reading_document,
    recording_document,
)
from camera_demo.serve.edition import compact
from camera_demo.serve.guard import Guard, Rules, knows_token
from camera_demo.serve.metrics import CONTENT_TYPE, all_figures, exposition
from camera_demo.serve.secret import SESSION_SECONDS
from camera_demo.serve.studio import Studio

FILES = {"/": "index.html", "/view.js": "view.js", "/style.css": "style.css", "/icon.svg": "icon.svg"}
KINDS = {"html": "text/html", "js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
LARGEST_BODY = 4096  # bytes
BODY_SECONDS = 5.0


class Answers:
    """The answers; each takes what stands now."""

    def __init__(self, studio: Studio, audience: Audience, rules: Rules) -> None:
        self._studio, self._audience, self._rules = studio, audience, rules

    async def healthz(self, _request: Request) -> Response:
        """Whether all is well: 200, or 503 with the reason."""
        document = health_document(self._studio.board.standing, time.monotonic(), self._studio.board.subject)
        return answer(document, 200 if document["healthy"] else 503)

    async def metrics(self, _request: Request) -> Response:
        """Figures for Prometheus."""
        studio, now = self._studio, time.monotonic()
        running = studio.recordings.state.running
        figures = all_figures(studio.board, self._audience.tally, studio.journal.newest, now, recording=running)
        return Response(exposition(figures), media_type=CONTENT_TYPE)

    async def reading(self, _request: Request) -> Response:
        """What is read now."""
        board = self._studio.board
        return answer(reading_document(board.standing, time.monotonic(), board.subject))

    async def journal(self, _request: Request) -> Response:
        """The last readings."""
        return answer(journal_document(self._studio.journal.entries))

    async def journal_picture(self, request: Request) -> Response:
        """The picture of one of them."""
        number = request.path_params["number"]
        for entry in self._studio.journal.entries:
            if entry.number == number:
                return Response(entry.picture, media_type="image/jpeg")
        raise HTTPException(404, "that reading is no longer kept")

    async def recording(self, request: Request) -> Response:
        """Begin or end a recording: {"running": true} or {"running": false}."""
        wanted = (await body_of(request)).get("running")
        if not isinstance(wanted, bool):
            raise HTTPException(422, 'expected {"running": true} or {"running": false}')
        self._studio.recordings.want(running=wanted)
        return answer(recording_document(self._studio.recordings.state, time.monotonic()), 202)

    async def session(self, request: Request) -> Response:
        """Whether a token is needed and has been shown."""
        known = knows_token(request.headers, self._rules, time.time())
        return answer({"schema": SESSION, "token_needed": self._rules.secret is not None, "open": known})

    async def begin_session(self, request: Request) -> Response:
        """Show the token: {"token": "…"}; the browser keeps a session for it."""
        token, secret = (await body_of(request)).get("token"), self._rules.secret
        if secret is None:
            raise HTTPException(409, "no token is needed here")
        if not isinstance(token, str) or not secret.is_token(token.strip()):
            raise HTTPException(401, "that is not the token")
        response = answer({"schema": SESSION, "token_needed": True, "open": True})
        session, name = secret.session(time.time()), self._rules.cookie
        encrypted = request.headers.get("origin", "").startswith("https:")  # by a proxy before us
        response.set_cookie(name, session, SESSION_SECONDS, secure=encrypted, httponly=True, samesite="strict")
        return response

    async def end_session(self, _request: Request) -> Response:
        """Forget the token in this browser."""
        response = answer({"schema": SESSION, "token_needed": self._rules.secret is not None, "open": False})
        response.delete_cookie(self._rules.cookie, httponly=True, samesite="strict")
        return response


def application(studio: Studio, audience: Audience, rules: Rules) -> ASGIApp:
    """The whole of it, behind its guard."""
    answers = Answers(studio, audience, rules)
    routes: list[BaseRoute] = [Route(path, page_file(name)) for path, name in FILES.items()]
    routes += [
        Route("/healthz", answers.healthz),
        Route("/metrics", answers.metrics),
        Route("/api/reading", answers.reading),
        Route("/api/journal", answers.journal),
        Route("/api/journal/{number:int}.jpg", answers.journal_picture),
        Route("/api/recording", answers.recording, methods=["POST"]),
        Route("/api/session", answers.session),
        Route("/api/session", answers.begin_session, methods=["POST"]),
        Route("/api/session/end", answers.end_session, methods=["POST"]),
        WebSocketRoute("/api/live", audience.attend),
    ]
    made = Starlette(routes=routes, exception_handlers={HTTPException: complain})
    return Guard(made, rules)


def answer(document: dict[str, Any], status: int = 200) -> Response:
    """A document as an answer."""
    return Response(compact(document), status, media_type="application/json")


async def body_of(request: Request) -> dict[str, Any]:
    """The JSON object that a question carries; HTTPException where it carries none."""
    data = b""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                data += part
                if len(data) > LARGEST_BODY:
                    raise HTTPException(413, f"expected at most {LARGEST_BODY} bytes")
        document = json.loads(data)
    except TimeoutError:
        raise HTTPException(408, "the question did not end") from None
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise HTTPException(422, "expected an object in JSON")
    return document


def page_file(name: str) -> Any:  # noqa: ANN401 - an endpoint, for which Starlette has no name
    """The endpoint that gives one of the page's files."""
    content = (files("camera_demo.serve") / "page" / name).read_bytes()
    kind = KINDS[name.rpartition(".")[2]]

    async def endpoint(_request: Request) -> Response:
        return Response(content, media_type=kind)

    return endpoint


async def complain(_request: Request, error: Exception) -> Response:
    """What could not be answered, in one line of JSON."""
    told = cast(HTTPException, error)  # which is all that it is called for
    return JSONResponse({"error": told.detail}, told.status_code, told.headers)
