"""One frame between two threads: the newest, counted, and never more than one in memory."""

import gc
import threading
import time
import weakref

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from camera_demo.newest import Counts, Newest
from camera_demo.shot import Shot


def shot(number: int) -> Shot:
    return Shot(np.zeros((4, 4), np.uint8), number, number / 30, time.time(), time.monotonic())


@settings(deadline=None)
@given(st.lists(st.booleans(), max_size=40))
def test_takers_get_the_newest_and_every_frame_is_counted(puts: list[bool]) -> None:
    newest, number, waiting = Newest(), 0, None
    for put in puts:
        if put:
            newest.put(shot(number))
            waiting, number = number, number + 1
        else:
            taken = newest.take(0)
            assert (taken.number if taken else None) == waiting
            waiting = None
        counts = newest.counts
        assert counts.captured == number == counts.skipped + counts.processed + (waiting is not None)


def test_overtaken_frames_leave_the_memory() -> None:
    newest = Newest()
    images = []
    for number in range(50):
        image = np.zeros((64, 64), np.uint8)
        images.append(weakref.ref(image))
        newest.put(Shot(image, number, 0.0, 0.0, 0.0))
        del image
    gc.collect()

    assert [alive() is not None for alive in images] == [False] * 49 + [True]


def test_the_end_comes_after_the_last_frame_and_wakes_who_waits() -> None:
    newest = Newest()
    newest.put(shot(0))
    newest.end()

    assert [newest.ended, newest.take(60) is not None, newest.ended] == [False, True, True]
    assert newest.take(60) is None


def test_no_frame_is_lost_or_doubled_between_threads() -> None:
    newest, seen = Newest(), []

    def put() -> None:
        for number in range(2000):
            newest.put(shot(number))
        newest.end()

    thread = threading.Thread(target=put)
    thread.start()
    while not newest.ended:
        taken = newest.take(1)
        if taken is not None:
            seen.append(taken.number)
    thread.join()

    assert seen == sorted(set(seen))
    assert seen[-1] == 1999
    assert newest.counts == Counts(2000, 2000 - len(seen), len(seen))
