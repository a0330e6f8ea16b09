"""What the web view says in JSON. Pure."""

from typing import Any

from camera_demo.events import SCHEMA, event
from camera_demo.loop import Moment
from camera_demo.reasons import Reason
from camera_demo.serve.board import Board, Standing, Subject, expired, illness
from camera_demo.serve.journal import Entry
from camera_demo.serve.recordings import Recording
from runtime.records import Reading

HEALTH, JOURNAL, SESSION, VIEW = "digits.health/1", "digits.journal/1", "digits.session/1", "digits.view/1"
MOST_GLYPHS = 60  # that are shown one by one


def reading_document(standing: Standing, now: float, subject: Subject) -> dict[str, Any]:
    """The event of what stands at `now`; its text is null where it is too old or there is none yet."""
    moment = standing.moment
    if moment is None:
        return _nothing(subject)
    document = event(moment, now, subject.bundle)
    if expired(moment, now, subject.limits):
        reason = moment.reason or Reason.STALE
        document |= {"text": None, "lines": [], "confidence": 0.0, "stable": False, "reason": reason}
        document |= {"evidence_milliseconds": None, "refused": []}
    return document


def health_document(standing: Standing, now: float, subject: Subject) -> dict[str, Any]:
    """Whether all is well, and if not, why; it tells nothing of what is read."""
    reason = illness(standing, now, subject.limits)
    return {"schema": HEALTH, "healthy": reason is None, "reason": reason}


def view_document(board: Board, recording: Recording, newest_entry: int, now: float) -> dict[str, Any]:
    """All that the page shows beside the pictures."""
    standing, subject = board.standing, board.subject
    moment = standing.moment
    fresh = moment if moment is not None and not expired(moment, now, subject.limits) else None
    return {
        "schema": VIEW,
        "event": reading_document(standing, now, subject),
        "known": known_text(fresh),
        "glyphs": [] if fresh is None else glyphs_of(fresh.reading),
        "rate": 0.0 if fresh is None else round(fresh.rate, 1),
        "limit_milliseconds": round(1000 * subject.limits.stale),
        "source": subject.source,
        "model": subject.model,
        "engine": subject.engine,
        "recording": recording_document(recording, now),
        "newest_entry": newest_entry,
    }


def known_text(moment: Moment | None) -> str | None:
    """What was known before a fault of a moment; None where nothing is held."""
    return moment.reading.text if moment is not None and moment.held else None


def glyphs_of(reading: Reading) -> list[dict[str, Any]]:
    """What the network says about each glyph, in the order of the glyphs' sheet."""
    digits = [(number, read) for number, line in enumerate(reading.lines) for read in line.digits]
    return [
        {
            "line": number,
            "digit": read.prediction.digit,
            "best": read.prediction.best,
            "confidence": round(read.prediction.confidence, 4),
        }
        for number, read in digits[:MOST_GLYPHS]
    ]


def recording_document(recording: Recording, now: float) -> dict[str, Any]:
    """How it stands with the recording."""
    seconds = 0.0 if recording.since is None else round(now - recording.since, 1)
    return {"running": recording.running, "name": recording.name, "seconds": seconds, "note": recording.note}


def journal_document(entries: tuple[Entry, ...]) -> dict[str, Any]:
    """The last readings, newest first."""
    return {
        "schema": JOURNAL,
        "entries": [
            {
                "number": entry.number,
                "time": entry.time,
                "text": entry.text,
                "confidence": entry.confidence,
                "picture": f"/api/journal/{entry.number}.jpg",
            }
            for entry in reversed(entries)
        ],
    }


def _nothing(subject: Subject) -> dict[str, Any]:
    """The event before the first frame."""
    return {
        "schema": SCHEMA,
        "time": None,
        "frame": None,
        "age_milliseconds": None,
        "text": None,
        "lines": [],
        "confidence": 0.0,
        "stable": False,
        "reason": Reason.NO_FRAME,
        "bundle": subject.bundle,
        "evidence_milliseconds": None,
        "refused": [],
    }
