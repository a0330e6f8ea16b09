"""`digits bundle`: pack a run's files for deployment."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from convert.pack import pack_bundle
from runtime import manifest
from runtime.arguments import Parser
from runtime.terminal import print_json, talk

DEFAULT_FILES = "int8.tflite,float32.tflite,float32.onnx"


def main(arguments: Sequence[str]) -> int:
    """Pack a bundle and say what is in it."""
    options = _parse(arguments)
    names = [name.strip() for name in options.files.split(",") if name.strip()]
    packed = pack_bundle(options.run, options.target, names, options.name)
    if options.json:
        files = [{"path": file.path, "size": file.size, "sha256": file.sha256} for file in packed.files]
        document = {"schema": "digits.bundle/1", "path": str(options.target), "name": packed.name}
        print_json({**document, "sha256": manifest.fingerprint(options.target), "files": files})
    else:
        total = sum(file.size for file in packed.files)
        paths = ", ".join(file.path for file in packed.files)
        talk().print(f"{options.target}: {paths} ({total:,} bytes)", soft_wrap=True)
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = Parser("bundle", "Pack a run's manifest, golden answers and converted files into a folder for a device.")
    parser.add_argument("run", type=Path, metavar="RUN", help="a run folder that digits convert has verified")
    parser.add_argument("target", type=Path, metavar="OUT", help="the bundle's folder; an older bundle is replaced")
    parser.add_argument("--files", default=DEFAULT_FILES, help="converted files, comma-separated (%(default)s)")
    parser.add_argument("--name", help="what the bundle is called (as the run)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser.parse_args(arguments)
