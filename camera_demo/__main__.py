"""`python -m camera_demo`: the same door as `digits camera`."""

import sys

from runtime.cli import main

if __name__ == "__main__":
    sys.exit(main(["camera", *sys.argv[1:]]))
