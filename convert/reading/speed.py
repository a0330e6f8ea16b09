"""What reading costs beside the plain reader, in CPU time of one process, so that machines give about the same."""

import time
from collections.abc import Callable, Iterable, Sequence

import cv2

from convert.reading.summary import Row
from convert.reading.trial import Read
from runtime.records import Frame

SIZES = ((640, 480), (1280, 720))
LARGE = (4000, 3000)  # a phone's picture of 12 megapixels
ROUNDS = 7  # the fastest counts: everything else that runs on a machine only ever adds
FEW = 3  # rounds are enough for large pictures, which take longer


def measure_speeds(frames: Sequence[Frame], read: Read, plain: Read) -> list[Row]:
    """One row a size: CPU milliseconds a frame of either reader, and their ratio; none without frames."""
    rows = []
    for width, height in SIZES if frames else ():
        ours, theirs = speed_ratio(frames, (width, height), read, plain)
        costs = {"milliseconds": round(ours, 2), "plain_milliseconds": round(theirs, 2)}
        rows.append({"name": f"{width}×{height}", **costs, "ratio": round(ours / theirs, 2)})
    return rows


def measure_large(frames: Iterable[Frame], read: Read) -> list[Row]:
    """One row: CPU milliseconds of reading `frames` brought to 12 megapixels, their mean and the most; none without."""
    costs = [_least(read, _fitted(frame, LARGE), FEW) for frame in frames]
    if not costs:
        return []
    mean, most = round(sum(costs) / len(costs), 1), round(max(costs), 1)
    return [{"name": "×".join(map(str, LARGE)), "pictures": len(costs), "milliseconds": mean, "slowest": most}]


def speed_ratio(frames: Sequence[Frame], size: tuple[int, int], read: Read, plain: Read) -> tuple[float, float]:
    """CPU milliseconds a frame of `read` and of `plain`, over `frames` brought to `size` (width, height) pixels."""
    sized = [_fitted(frame, size) for frame in frames]
    costs = [sum(_least(reader, frame) for frame in sized) / len(sized) for reader in (read, plain)]
    return costs[0], costs[1]


def _least(read: Read, frame: Frame, rounds: int = ROUNDS) -> float:
    """The least CPU milliseconds that reading a frame took."""
    return min(_cost(lambda: read(frame)) for _ in range(rounds))


def _cost(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return (time.process_time() - start) * 1000


def _fitted(frame: Frame, size: tuple[int, int]) -> Frame:
    """The frame within a canvas of `size`, its proportions kept and its border continued."""
    width, height = size
    scale = min(width / frame.shape[1], height / frame.shape[0])
    inner = (max(1, round(frame.shape[1] * scale)), max(1, round(frame.shape[0] * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    shrunk = cv2.resize(frame, inner, interpolation=method)
    right, bottom = width - inner[0], height - inner[1]
    return cv2.copyMakeBorder(shrunk, 0, bottom, 0, right, cv2.BORDER_REPLICATE)  # type: ignore[return-value]
