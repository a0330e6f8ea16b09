"""A stream's address, and how long to wait for it."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    """Where a stream comes from and what to expect of it."""

    address: str  # with user name and password, if there are any
    rate: float | None = None  # frames per second to expect; None: what it says itself
    open_seconds: float = 10.0  # a connection that is not there by then does not come
    stall_seconds: float = 5.0  # a stream without a frame for so long has stalled

    @property
    def name(self) -> str:
        """What to call it in a message."""
        return without_password(self.address)


def without_password(address: str) -> str:
    """The address fit for a message: user name and password are left out."""
    return re.sub(r"//[^/?#]*@", "//", address, count=1)
