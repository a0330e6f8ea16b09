"""The token that opens the web view, and the sessions of browsers that have shown it."""

import hashlib
import hmac
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from pathlib import Path

from runtime.errors import InputError, UsageError

VARIABLE = "DIGITS_SERVE_TOKEN"
SHORTEST, LONGEST = 16, 1024  # characters; fewer could be guessed over the network
SESSION_SECONDS = 30 * 86400  # a browser stays logged in for so long
PURPOSE = b"digits.session/1|"
REMEDY = "make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(24))'"


@dataclass(frozen=True, slots=True)
class Secret:
    """What a visitor must know."""

    token: bytes = field(repr=False)

    def is_token(self, text: str) -> bool:
        """Whether `text` is the token; takes as long for any other."""
        return hmac.compare_digest(hashlib.sha256(text.encode("utf-8", "replace")).digest(), self._digest())

    def session(self, now: float) -> str:
        """A session that begins `now` (seconds since 1970): when it ends, and a signature that needs the token."""
        end = f"{int(now + SESSION_SECONDS)}"
        return f"{end}.{self._sign(end)}"

    def is_session(self, text: str, now: float) -> bool:
        """Whether `text` is a session of ours that has not ended."""
        end, _, signature = text.partition(".")
        right = hmac.compare_digest(signature.encode("utf-8", "replace"), self._sign(end).encode())
        return right and int(end) > now

    def _digest(self) -> bytes:
        return hashlib.sha256(self.token).digest()

    def _sign(self, end: str) -> str:
        """The signature (RFC 2104) by which we know our own sessions again, also after a restart."""
        return hmac.new(self.token, PURPOSE + end.encode("utf-8", "replace"), "sha256").hexdigest()


def read_secret(file: Path | None, environment: MutableMapping[str, str]) -> Secret | None:
    """The token in `file` or else in the variable, which is taken out of `environment`; None where there is neither.

    Raises InputError where the file cannot be read, UsageError for a token that could be guessed.
    """
    variable = environment.pop(VARIABLE, None)  # no program that we start has any use for it
    if file is None and variable is None:
        return None
    text = variable or "" if file is None else _contents(file)
    place = VARIABLE if file is None else f"--serve-token-file {file}"
    token = text.strip()
    if not SHORTEST <= len(token) <= LONGEST or not token.isascii() or not token.isprintable():
        raise UsageError(f"{place}: expected a token of at least {SHORTEST} printable characters; {REMEDY}")
    return Secret(token.encode())


def _contents(file: Path) -> str:
    try:
        with file.open(encoding="utf-8", errors="replace") as opened:
            return opened.read(2 * LONGEST)
    except OSError as error:
        raise InputError(f"--serve-token-file {file}: cannot be read ({error.strerror})") from error
