"""What stands behind the network in a `.tflite` file: nothing, or the small archive of files that its metadata names.

TensorFlow Lite's metadata keeps labels in a zip archive at the file's end. Engines never look there; other programs do,
so it holds plain, stored, short files and nothing else (tensorflow.org/lite/models/convert/metadata).
"""

import io

from runtime.formats import limits
from runtime.formats.refused import Refused

GAP = 64  # zero bytes that writers may leave before and behind
MOST_FILES = 16
UTF8 = 0x800  # the one flag that a plain member may have
FIRST = b"PK\x03\x04"  # of an archive
PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


def read_attached(data: bytes, end: int, described: bool) -> dict[str, int]:
    """The sizes of the files behind the network, which ends at `end`, by name; `described` where metadata names any.

    Raises Refused for anything but zeros or such an archive.
    """
    rest = data[end:]
    if not rest.strip(b"\0"):
        if len(rest) > GAP:
            raise Refused("archive", f"{len(rest)} empty bytes behind the network")
        return {}
    start = len(rest) - len(rest.lstrip(b"\0"))
    if start > GAP or not rest[start:].startswith(FIRST) or not described:
        raise Refused("archive", f"{len(rest)} bytes behind the network that no metadata explains")
    return _read_archive(data, end + start)


def _read_archive(data: bytes, start: int) -> dict[str, int]:
    """The members of the archive at `start`; Refused where they are not plain, stored and short."""
    import zipfile  # noqa: PLC0415 - most files have no archive

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            problem = _problem(members, archive.comment, start)
            if problem is None and archive.testzip() is not None:
                problem = "a damaged file"
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RuntimeError) as error:
        raise Refused("archive", f"an archive behind the network that cannot be read ({error})") from error
    if problem:
        raise Refused("archive", f"an archive behind the network with {problem}")
    return {member.filename: member.file_size for member in members}


def _problem(members: list, comment: bytes, start: int) -> str | None:  # type: ignore[type-arg] # of zipfile.ZipInfo
    """What is wrong with an archive's members; None where nothing is."""
    names = [member.filename for member in members]
    if not names or len(names) > MOST_FILES or len(set(names)) < len(names) or comment:
        return f"{len(names)} files or a comment"
    if strange := [name for name in names if not name or set(name) - PLAIN or name.startswith(".")]:
        return f"the name {limits.label(strange[0])!r}"
    if any(member.compress_type or member.flag_bits & ~UTF8 for member in members):
        return "compressed or encrypted files"
    if sum(max(member.file_size, member.compress_size) for member in members) > limits.METADATA_BYTES:
        return f"more than {limits.METADATA_BYTES} bytes"
    if min(member.header_offset for member in members) != start:
        return "files that begin elsewhere"
    return None
