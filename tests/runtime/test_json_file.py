"""JSON is read whole, or refused with one line."""

import os
from pathlib import Path

import pytest

from runtime.errors import InputError
from runtime.json_file import read_json

MOST = 200_000


def test_a_document_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"name": "é", "numbers": [1, 2.5, null]}', encoding="utf-8")

    assert read_json(tmp_path / "a.json", MOST, "measurement") == {"name": "é", "numbers": [1, 2.5, None]}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "it is no JSON from line 1 on"),
        (b'{"a":\n1,,}', "it is no JSON from line 2 on"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "it is no JSON in UTF-8"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b"9" * 5000, "it is no JSON in UTF-8"),
        (b" " * (MOST + 1), "200,001 bytes are too many"),
    ],
    ids=["empty", "damaged", "a picture", "nested", "a long number", "huge"],
)
def test_what_is_no_document_is_one_line(tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "a.json").write_bytes(data)

    with pytest.raises(InputError, match=f"no measurement: {said}") as caught:
        read_json(tmp_path / "a.json", MOST, "measurement")
    assert len(str(caught.value).removeprefix(str(tmp_path))) < 100


def test_what_has_no_end_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(InputError, match="it is no regular file"):
            read_json(path, MOST, "measurement")


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.json: no measurement: it cannot be read \(No such file"):
        read_json(tmp_path / "none.json", MOST, "measurement")
    with pytest.raises(InputError, match="no measurement"):
        read_json(Path("a\0b"), MOST, "measurement")
