"""JSON that others wrote, read with a limit: no device without an end, nothing huge, nothing endlessly nested."""

import json
import stat
from pathlib import Path
from typing import Any

from runtime.errors import InputError


def read_json(path: Path, most: int, what: str) -> Any:  # noqa: ANN401 - whatever the document is
    """The JSON document in the regular file `path` of at most `most` bytes.

    Raises InputError, which calls what was expected `what`, where there is none.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a device or a pipe may have no end
            raise InputError(f"{path}: no {what}: it is no regular file")
        if status.st_size > most:
            raise InputError(f"{path}: no {what}: {status.st_size:,} bytes are too many; at most {most:,} are read")
        return json.loads(path.read_bytes())
    except json.JSONDecodeError as error:
        raise InputError(f"{path}: no {what}: it is no JSON from line {error.lineno} on") from error
    except OSError as error:
        raise InputError(f"{path}: no {what}: it cannot be read ({error.strerror})") from error
    except RecursionError as error:
        raise InputError(f"{path}: no {what}: it is nested too deeply") from error
    except ValueError as error:  # a name or bytes that are no text, a number of thousands of digits
        raise InputError(f"{path}: no {what}: it is no JSON in UTF-8") from error
