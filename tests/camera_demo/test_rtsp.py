"""RTSP: a small camera on the network that speaks it (RFC 2326, pictures as RFC 2435 lays them out, over TCP)."""

import socketserver
import struct
import threading
import time
from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from camera_demo.link import Link
from camera_demo.silence import silence_libraries
from camera_demo.stream import open_stream
from runtime.errors import MissingSource
from runtime.records import Frame

SIZE = (64, 48)  # width, height in pixels, multiples of 8
FRAMES = 30
CLOCK = 90_000  # ticks of RTP's clock a second
RATE = 30
JPEG_OVER_RTP = 26  # the payload type
SDP = f"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=test\r\nt=0 0\r\nm=video 0 RTP/AVP {JPEG_OVER_RTP}\r\na=control:track\r\n"


def tone(number: int) -> Frame:
    return np.full((SIZE[1], SIZE[0], 3), 8 * (number % FRAMES), np.uint8)


def payload(picture: Frame) -> bytes:
    """A picture as RFC 2435 wants it: its headers in short, its quantisation tables, and the scan."""
    data = cv2.imencode(".jpg", picture)[1].tobytes()
    tables, place = b"", 2
    while data[place + 1] != 0xDA:  # start of scan
        length = struct.unpack(">H", data[place + 2 : place + 4])[0]
        if data[place + 1] == 0xDB:  # quantisation tables, each after a byte that names it
            body = data[place + 4 : place + 2 + length]
            tables += b"".join(body[start + 1 : start + 65] for start in range(0, len(body), 65))
        place += 2 + length
    scan = data[place + 2 + struct.unpack(">H", data[place + 2 : place + 4])[0] :]
    head = struct.pack(">IBBBB", 0, 1, 255, SIZE[0] // 8, SIZE[1] // 8)
    return head + struct.pack(">BBH", 0, 0, len(tables)) + tables + scan


class Camera(socketserver.StreamRequestHandler):
    """Answers each request, and sends its pictures when it is told to play."""

    def handle(self) -> None:
        while request := self._request():
            method, number = request
            extra = {
                "OPTIONS": "Public: DESCRIBE, SETUP, PLAY, TEARDOWN\r\n",
                "DESCRIBE": f"Content-Type: application/sdp\r\nContent-Length: {len(SDP)}\r\n",
                "SETUP": "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n",
            }.get(method, "Session: 1\r\n")
            body = SDP if method == "DESCRIBE" else ""
            self.wfile.write(f"RTSP/1.0 200 OK\r\nCSeq: {number}\r\n{extra}\r\n{body}".encode())
            if method == "PLAY":
                self._play()
                return

    def _request(self) -> tuple[str, str] | None:
        """The next request's method and sequence number."""
        first, number = self.rfile.readline().decode().split(" "), "0"
        while line := self.rfile.readline().decode().strip():
            name, _, value = line.partition(":")
            number = value.strip() if name.lower() == "cseq" else number
        return (first[0], number) if first[0] else None

    def _play(self) -> None:
        for number in range(FRAMES):
            body = payload(tone(number))
            head = struct.pack(">BBHII", 0x80, 0x80 | JPEG_OVER_RTP, number, number * CLOCK // RATE, 7)
            self.wfile.write(b"$\0" + struct.pack(">H", len(head) + len(body)) + head + body)
            time.sleep(0.01)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("OPENCV_FFMPEG_LOGLEVEL", "-8")
    silence_libraries()
    with Server(("127.0.0.1", 0), Camera) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"rtsp://jo:secret@127.0.0.1:{server.server_address[1]}/live"
        server.shutdown()


def test_an_rtsp_camera_gives_its_frames(address: str) -> None:
    source = open_stream(Link(address, stall_seconds=2.0))
    numbers: list[int] = []
    try:
        numbers.extend(round(float(shot.image.mean()) / 8) for shot in source)
    except MissingSource as error:
        assert "secret" not in str(error)  # noqa: PT017 - whether its end is a good one depends on FFmpeg
    source.close()

    assert source.live
    assert "secret" not in source.name
    assert len(numbers) >= FRAMES // 2  # FFmpeg keeps the first and the last ones to itself
    assert numbers == sorted(set(numbers))
