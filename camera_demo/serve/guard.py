"""The guard before every question: who asks, under what name, from which page, and whether they may."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from camera_demo.serve.secret import Secret
from camera_demo.serve.visitors import is_our_name, is_own_page, is_visit

OPEN = frozenset(("/", "/view.js", "/style.css", "/icon.svg", "/healthz", "/api/session"))
"""What needs no token: the page itself, which holds nothing that was read, and whether all is well."""

JSON = "application/json"
POLICY_VIOLATION = 1008  # of the registry of WebSocket's close codes
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
HEADERS = (
    ("Content-Security-Policy", CONTENT_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
    ("Cache-Control", "no-store"),
)
"""With every answer."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a question is not answered."""

    status: int  # of HTTP
    text: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What the guard goes by."""

    names: frozenset[str]  # by which we are called
    secret: Secret | None  # None: everybody may who gets here
    cookie: str  # the session's name in browsers


class Guard:
    """Lets through what may be answered and refuses the rest."""

    def __init__(self, application: ASGIApp, rules: Rules, clock: Callable[[], float] = time.time) -> None:
        self._application, self._rules, self._clock = application, rules, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one question, or refuse to."""
        refusal = judge(scope, self._rules, self._clock()) if scope["type"] in ("http", "websocket") else None
        if refusal is None:
            await self._application(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})  # before it is accepted: status 403
        else:
            headers = {"WWW-Authenticate": "Bearer"} if refusal.status == 401 else None
            await JSONResponse({"error": refusal.text}, refusal.status, headers)(scope, receive, send)


def judge(scope: Scope, rules: Rules, now: float) -> Refusal | None:
    """Why a question is refused at `now` (seconds since 1970); None where it may be answered."""
    headers = Headers(scope=scope)
    method = scope.get("method", "GET")
    if not is_our_name(headers.get("host", ""), rules.names):
        return Refusal(421, "this machine is not called that; start with --serve-name NAME if it is")
    if not is_own_page(headers) and not (scope["path"] == "/" and is_visit(method, headers)):
        return Refusal(403, "another page asks for this")
    if method not in ("GET", "HEAD") and headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        return Refusal(415, f"expected {JSON}")
    if scope["path"] not in OPEN and not knows_token(headers, rules, now):
        return Refusal(401, "this needs the token")
    return None


def knows_token(headers: Mapping[str, str], rules: Rules, now: float) -> bool:
    """Whether a visitor has shown the token, in this question or before."""
    secret = rules.secret
    if secret is None:
        return True
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and secret.is_token(token.strip()):
        return True
    return secret.is_session(cookie_parser(headers.get("cookie", "")).get(rules.cookie, ""), now)
