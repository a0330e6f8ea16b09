"""MNIST found or downloaded, over real HTTP from a local server."""

import gzip
import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from runtime.errors import InputError
from runtime.idx import TEST_FILES, TRAINING_FILES
from train.mnist import VARIABLE, WEB, Source, find_mnist, is_mnist

CONTENTS = {name: name.encode() * 1000 for name in (*TRAINING_FILES, *TEST_FILES)}
SHA256 = {name: hashlib.sha256(data).hexdigest() for name, data in CONTENTS.items()}
Answer = Callable[[BaseHTTPRequestHandler, str], None]


@pytest.fixture(autouse=True)
def _no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


class Mirror:
    """A web server that counts what it was asked for."""

    def __init__(self, answer: Answer) -> None:
        self.asked: list[str] = []
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.removeprefix("/data/").removesuffix(".gz")
                mirror.asked.append(name)
                answer(self, name)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/data/"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], Mirror]]:
    mirrors: list[Mirror] = []

    def start(answer: Answer) -> Mirror:
        mirrors.append(Mirror(answer))
        return mirrors[-1]

    yield start
    for mirror in mirrors:
        mirror.close()


def send(handler: BaseHTTPRequestHandler, body: bytes, length: int | None = None, status: int = 200) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    handler.end_headers()
    handler.wfile.write(body)


def good(handler: BaseHTTPRequestHandler, name: str) -> None:
    send(handler, gzip.compress(CONTENTS[name]))


def other_wrapper(handler: BaseHTTPRequestHandler, name: str) -> None:
    send(handler, gzip.compress(CONTENTS[name], compresslevel=1, mtime=12345))


def unpacked(handler: BaseHTTPRequestHandler, name: str) -> None:
    send(handler, CONTENTS[name])


def down(handler: BaseHTTPRequestHandler, _name: str) -> None:
    send(handler, b"out of order", status=503)


def truncated(handler: BaseHTTPRequestHandler, name: str) -> None:
    packed = gzip.compress(CONTENTS[name])
    send(handler, packed[:-20], length=len(packed))


def truncated_without_length(handler: BaseHTTPRequestHandler, name: str) -> None:
    send(handler, gzip.compress(CONTENTS[name])[:-20])


def wrong(handler: BaseHTTPRequestHandler, name: str) -> None:
    send(handler, gzip.compress(CONTENTS[name] + b"!"))


def login_page(handler: BaseHTTPRequestHandler, _name: str) -> None:
    send(handler, b"<html>please log in</html>")


def found(cache: Path) -> set[str]:
    return {path.name for path in cache.iterdir()} if cache.exists() else set()


@pytest.mark.parametrize("answer", [good, other_wrapper, unpacked], ids=lambda answer: answer.__name__)
def test_download_goes_by_the_contents_and_happens_once(
    tmp_path: Path, serve: Callable[[Answer], Mirror], answer: Answer
) -> None:
    mirror = serve(answer)
    source = Source((mirror.url,), SHA256)

    folder = find_mnist(cache=tmp_path / "cache", source=source)

    assert folder == tmp_path / "cache"
    assert found(folder) == {f"{name}.gz" for name in CONTENTS}
    assert sorted(mirror.asked) == sorted(CONTENTS)
    assert find_mnist(cache=folder, source=source) == folder
    assert len(mirror.asked) == len(CONTENTS)


@pytest.mark.parametrize(
    "answer",
    [down, truncated, truncated_without_length, wrong, login_page],
    ids=lambda answer: answer.__name__,
)
def test_next_mirror_takes_over(tmp_path: Path, serve: Callable[[Answer], Mirror], answer: Answer) -> None:
    first, second = serve(answer), serve(good)

    folder = find_mnist(cache=tmp_path, source=Source((first.url, second.url), SHA256))

    assert found(folder) == {f"{name}.gz" for name in CONTENTS}
    assert sorted(second.asked) == sorted(CONTENTS)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (down, "Service Unavailable;"),
        (truncated, "IncompleteRead"),
        (truncated_without_length, "bytes of something else"),
        (wrong, "expected contents of sha256"),
        (login_page, "got 26 bytes of something else"),
    ],
    ids=["down", "truncated", "truncated without length", "wrong", "login page"],
)
def test_no_mirror_left_is_one_line_and_no_file(
    tmp_path: Path, serve: Callable[[Answer], Mirror], answer: Answer, reason: str
) -> None:
    first, second = serve(answer), serve(answer)

    with pytest.raises(InputError) as raised:
        find_mnist(cache=tmp_path / "cache", source=Source((first.url, second.url), SHA256))

    message = str(raised.value)
    assert "\n" not in message
    hosts = [f"127.0.0.1:{mirror.server.server_port}: " for mirror in (first, second)]
    for part in ("train-images-idx3-ubyte", *hosts, reason, "--data synthetic", VARIABLE):
        assert part in message
    assert len(message) < 500
    assert found(tmp_path / "cache") == set()


def test_nobody_listening(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\(127\.0\.0\.1:9: Connection refused\); .* --data synthetic"):
        find_mnist(cache=tmp_path, source=Source(("http://127.0.0.1:9/",), SHA256))


def test_damaged_cache_is_fetched_again(tmp_path: Path, serve: Callable[[Answer], Mirror]) -> None:
    mirror = serve(good)
    source = Source((mirror.url,), SHA256)
    find_mnist(cache=tmp_path, source=source)
    damaged = tmp_path / f"{TEST_FILES[0]}.gz"
    damaged.write_bytes(damaged.read_bytes()[:-3])
    mirror.asked.clear()

    find_mnist(cache=tmp_path, source=source)

    assert mirror.asked == [TEST_FILES[0]]


def test_folder_then_variable_then_cache(
    tmp_path: Path, idx_folder: Path, serve: Callable[[Answer], Mirror], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source((serve(good).url,), SHA256)
    other = tmp_path / "other"
    other.mkdir()
    for path in idx_folder.iterdir():
        (other / path.name).write_bytes(path.read_bytes())

    assert find_mnist(cache=tmp_path / "cache", source=source) == tmp_path / "cache"
    monkeypatch.setenv(VARIABLE, str(other))
    assert find_mnist(cache=tmp_path / "cache", source=source) == other
    assert find_mnist(idx_folder, cache=tmp_path / "cache", source=source) == idx_folder


def test_folder_asked_for_is_never_replaced_by_another(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected train-images-idx3-ubyte"):
        find_mnist(tmp_path, source=replace(WEB, mirrors=()))


def test_other_digits_are_not_mnist(idx_folder: Path) -> None:
    assert not is_mnist(idx_folder)
