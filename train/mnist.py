"""Finds MNIST on this machine or on the web, and makes sure that it is MNIST."""

import gzip
import hashlib
import os
import re
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs
import pooch

from runtime.atomic import atomic_file
from runtime.errors import InputError
from runtime.idx import GZIP_MAGIC, find_file
from runtime.terminal import talk

VARIABLE = "DIGITS_DATA"
LIMIT = 2**26  # bytes of contents; the largest of the four has 47 million
TIMEOUT = 30  # seconds without an answer before a mirror counts as down


@dataclass(frozen=True, slots=True)
class Source:
    """Where files can be had on the web, and what must be in them."""

    mirrors: tuple[
        str, ...
    ]  # addresses that a file's name and ".gz" are added to, in the order in which they are tried
    contents: dict[str, str]  # by name the sha256 of the file unpacked: the wrappers on the web differ


WEB = Source(
    mirrors=(
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
    ),
    contents={
        "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
)
"""MNIST's two mirrors."""


def find_mnist(folder: Path | None = None, cache: Path | None = None, source: Source = WEB) -> Path:
    """A folder with MNIST's four files: `folder`, else what DIGITS_DATA names, else the cache, filled where need be.

    Raises InputError where a file is missing from the folder asked for, or where it can be downloaded from no mirror.
    """
    asked = folder or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    if asked is not None:
        for name in source.contents:
            find_file(asked, name)
        return asked
    home = cache or platformdirs.user_cache_path("digits") / "mnist"
    for name in source.contents:
        if not _is_intact(home / f"{name}.gz", source.contents[name]):
            _download(name, home / f"{name}.gz", source)
    return home


def is_mnist(folder: Path) -> bool:
    """Whether the four files in `folder` hold MNIST itself, and not other digits in its format."""
    return all(_is_intact(find_file(folder, name), sha256) for name, sha256 in WEB.contents.items())


def _is_intact(path: Path, sha256: str) -> bool:
    """Whether the file can be read and what it holds, unpacked, has this sha256."""
    try:
        return hashlib.sha256(_unpack(path)).hexdigest() == sha256
    except (OSError, EOFError, zlib.error):
        return False


def _unpack(path: Path) -> bytes:
    """The file unpacked, or as it is where it is not gzip; no more than LIMIT of it."""
    with path.open("rb") as file:
        packed = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
        file.seek(0)
        return gzip.GzipFile(fileobj=file).read(LIMIT) if packed else file.read(LIMIT)


def _download(name: str, target: Path, source: Source) -> None:
    """Fetch one file from the first mirror that has it whole; InputError with every mirror's reason where none has."""
    failures = []
    for mirror in source.mirrors:
        try:
            _fetch(f"{mirror}{name}.gz", source.contents[name], target)
        except InputError as error:
            failures.append(f"{urlsplit(mirror).netloc}: {error}")
            talk().print(str(error), markup=False)
        else:
            return
    options = f"name a folder that holds it with --data or {VARIABLE}, or train on drawn digits with --data synthetic"
    raise InputError(f"MNIST's {name} cannot be downloaded ({'; '.join(failures)}); {options}")


def _fetch(url: str, sha256: str, target: Path) -> None:
    """Download `url` to `target`, which appears only when its contents are right; InputError with the bare reason."""
    fetch = pooch.HTTPDownloader(progressbar=sys.stderr.isatty(), chunk_size=2**16, timeout=TIMEOUT)
    talk().print(f"downloading {url}", soft_wrap=True, markup=False)
    with atomic_file(target) as temporary:
        try:
            fetch(url, str(temporary), None)
        except OSError as error:  # requests' own errors are OSErrors, too
            raise InputError(_reason(error)) from error
        if not _is_intact(temporary, sha256):
            size = temporary.stat().st_size
            raise InputError(f"expected contents of sha256 {sha256[:12]}…, got {size} bytes of something else")


def _reason(error: OSError) -> str:
    """The system's own words within what requests says, or else the innermost part of it."""
    told = re.search(r"\[Errno -?\d+\] ([^\"')]+)", str(error))
    text = told[1] if told else str(error).partition(" for url")[0].rpartition(": ")[2].strip("()'\" ")
    return text or type(error).__name__
