"""Do two machines answer alike: what was asked of a stand-in beside what was asked here. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

EXACT = ("reference", "litert, reference kernels")
"""Engines whose whole-number files must answer alike bit for bit."""

EXCUSE = 60  # characters of an engine's reason not to run a file

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was compared."""

    what: str  # "answers", "verify", "pages" or "clip"
    subject: str  # which bundle and file
    engine: str
    samples: int  # images, samples, pages or frames
    differing: int  # of these: another class, a failed check, another text
    difference: float | None = None  # the largest between two probabilities
    passed: bool = False
    note: str = ""


def compare(
    theirs: Document, ours: Document, truth: Mapping[str, Sequence[str]], excused: Sequence[str] = ()
) -> list[Row]:
    """Every comparison of two documents of questions; `truth` has the lines of text on each page.

    Engines that are `excused` may refuse a file there, but what they answer must be the same.
    """
    return [
        *compare_answers(theirs["answers"], ours["answers"], excused),
        *(judge_parity(bundle, report) for bundle, report in theirs["parity"].items()),
        *(compare_pages(engine, pages, ours["pages"], truth) for engine, pages in theirs["pages"].items()),
        compare_clips(theirs["clip"], ours["clip"]),
    ]


def compare_answers(theirs: Document, ours: Document, excused: Sequence[str] = ()) -> Iterator[Row]:
    """One row for each bundle, file and engine of `theirs`; each must be among `ours` and have the same classes."""
    if "error" in theirs or "error" in ours:
        yield failed("answers", "all", "all", str(theirs.get("error") or ours.get("error")))
        return
    known = {_key(answer): answer for answer in ours["answers"]}
    for answer in theirs["answers"]:
        bundle, file, engine = _key(answer)
        subject, mine = f"{bundle}/{file}", known.get((bundle, file, engine), {"error": "nobody was asked here"})
        if "error" in answer and engine in excused:
            yield Row("answers", subject, engine, 0, 0, passed=True, note=f"not run: {answer['error'][:EXCUSE]}…")
        elif "error" in answer or "error" in mine:
            yield failed("answers", subject, engine, str(answer.get("error") or mine.get("error")))
        else:
            yield _compare_arrays(subject, engine, *(np.array(a["probabilities"]) for a in (answer, mine)))


def judge_parity(bundle: str, report: Document) -> Row:
    """Whether a stand-in finds that a bundle answers there as Keras did."""
    if "error" in report:
        return failed("verify", bundle, "all", str(report["error"]))
    checks = report["checks"]
    wrong = [f"{check['file']} on {check['backend']}: {check['reason']}" for check in checks if not check["passed"]]
    crops = report["preprocessing"]
    if crops["differing"]:
        wrong.append(f"{crops['differing']} of {crops['crops']} glyphs differ")
    engines = ", ".join(dict.fromkeys(check["backend"] for check in checks))
    return Row("verify", bundle, engines, len(checks), len(wrong), passed=report["passed"], note="; ".join(wrong))


def compare_pages(engine: str, theirs: Document, all_ours: Document, truth: Mapping[str, Sequence[str]]) -> Row:
    """Whether every page has the same text; boxes, and whether the text is right, are told."""
    ours = all_ours.get(engine, {"error": "nobody was asked here"})
    if "error" in theirs or "error" in ours:
        return failed("pages", "all", engine, str(theirs.get("error") or ours.get("error")))
    other = [name for name, page in theirs.items() if page["texts"] != ours.get(name, {}).get("texts")]
    moved = [name for name, page in theirs.items() if page["boxes"] != ours.get(name, {}).get("boxes")]
    right = sum(list(page["texts"]) == list(truth.get(name, ())) for name, page in theirs.items())
    notes = [f"{right} read wholly right"]
    if other:
        notes.insert(0, f"another text on {', '.join(other)}")
    if moved:
        notes.append(f"boxes differ on {len(moved)}{_furthest(theirs, ours, moved)}")
    return Row("pages", "pages", engine, len(theirs), len(other), passed=not other, note="; ".join(notes))


def compare_clips(theirs: Document, ours: Document) -> Row:
    """Whether every frame of the clip was read the same."""
    if "error" in theirs or "error" in ours:
        return failed("clip", "clip", "", str(theirs.get("error") or ours.get("error")))
    mine, yours = ours["texts"], theirs["texts"]
    differing = sum(a != b for a, b in zip(mine, yours, strict=False)) + abs(len(mine) - len(yours))
    return Row("clip", "clip", "", len(mine), differing, passed=bool(mine) and not differing)


def failed(what: str, subject: str, engine: str, reason: str) -> Row:
    """A row for what gave no answer."""
    return Row(what, subject, engine, 0, 0, note=reason)


def _compare_arrays(subject: str, engine: str, theirs: NDArray[np.float64], ours: NDArray[np.float64]) -> Row:
    """Two sets of probabilities (N, K) for the same samples."""
    if theirs.shape != ours.shape:
        return failed("answers", subject, engine, f"shapes {theirs.shape} there and {ours.shape} here")
    differing = int((theirs.argmax(axis=1) != ours.argmax(axis=1)).sum())
    exact = engine in EXACT and "int8" in subject
    same = bool((theirs == ours).all())
    note = "bit for bit" if same else "must be equal bit for bit" if exact else ""
    passed = same if exact else not differing
    return Row("answers", subject, engine, len(theirs), differing, float(np.abs(theirs - ours).max()), passed, note)


def _furthest(theirs: Document, ours: Document, names: Sequence[str]) -> str:
    """By how many pixels boxes differ at most, in words; nothing where there are not as many of them."""
    pairs = [(theirs[name]["boxes"], ours.get(name, {}).get("boxes", [])) for name in names]
    if any(len(first) != len(second) for first, second in pairs):
        return ""
    return f" by at most {max(int(np.abs(np.array(first) - np.array(second)).max()) for first, second in pairs)} pixels"


def _key(answer: Document) -> tuple[str, str, str]:
    return answer["bundle"], answer["file"], answer["engine"]
