"""HTML pages are self-contained and escape what they show."""

import base64
from pathlib import Path

import cv2
import numpy as np
import pytest

from runtime import page


def decode(source: str) -> np.ndarray:
    data = base64.b64decode(source.partition(",")[2])
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    return np.asarray(picture)


def test_values_are_escaped_and_pictures_are_not() -> None:
    picture = page.embed_picture(np.zeros((4, 6, 3), np.uint8))
    html = page.render("base.html", title="<script>alert(1)</script>")

    assert "<script>" not in html
    assert picture.startswith("data:image/png;base64,")


def test_page_may_fetch_nothing() -> None:
    assert "default-src 'none'" in page.render("base.html", title="x")


@pytest.mark.parametrize(
    ("shape", "side", "expected"),
    [
        ((40, 60, 3), None, (40, 60, 3)),
        ((40, 60, 3), 30, (20, 30, 3)),
        ((40, 60), 100, (40, 60)),
        ((1, 900), 30, (1, 30)),
    ],
    ids=["as it is", "reduced", "never enlarged", "thin"],
)
def test_embedded_picture_has_the_size_asked_for(
    shape: tuple[int, ...], side: int | None, expected: tuple[int, ...]
) -> None:
    assert decode(page.embed_picture(np.zeros(shape, np.uint8), side)).shape == expected


def test_embedded_file_keeps_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.JPG").write_bytes(b"picture")

    assert page.embed_file(tmp_path / "a.JPG") == "data:image/jpeg;base64," + base64.b64encode(b"picture").decode()


@pytest.mark.parametrize(("share", "text"), [(0.9962, "99.62 %"), (1.0, "100.00 %"), (0.0, "0.00 %")])
def test_percent(share: float, text: str) -> None:
    assert page.percent(share) == text
