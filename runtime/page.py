"""Self-contained HTML pages: one base template, pictures embedded, nothing fetched from elsewhere."""

import base64
from pathlib import Path

import cv2
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from runtime.records import Frame

MEDIA_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}


def render(template: str, **values: object) -> str:
    """The HTML of `runtime/templates/<template>`; every value is escaped unless it is Markup."""
    environment = Environment(
        loader=PackageLoader("runtime"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = percent
    return environment.get_template(template).render(**values)


def percent(share: float) -> str:
    """0.9962 as "99.62 %"."""
    return f"{100 * share:.2f} %"


def embed_file(path: Path) -> Markup:
    """The data URI of a PNG or JPEG file."""
    return _data_uri(Path(path).read_bytes(), MEDIA_TYPES[Path(path).suffix.lower()])


def embed_picture(frame: Frame, side: int | None = None) -> Markup:
    """The data URI of a picture as PNG; with `side`, its longer side is reduced to that many pixels at most."""
    scale = min(1.0, side / max(frame.shape[:2])) if side else 1.0
    if scale < 1:
        size = (max(1, round(frame.shape[1] * scale)), max(1, round(frame.shape[0] * scale)))
        frame = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    return _data_uri(cv2.imencode(".png", frame)[1].tobytes(), MEDIA_TYPES[".png"])


def _data_uri(data: bytes, media_type: str) -> Markup:
    # Base64 holds no character that HTML gives a meaning to.
    return Markup(f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}")  # noqa: S704
