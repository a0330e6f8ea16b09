"""`python -m convert`: the same door as `digits convert`."""

import sys

from runtime.cli import main

if __name__ == "__main__":
    sys.exit(main(["convert", *sys.argv[1:]]))
