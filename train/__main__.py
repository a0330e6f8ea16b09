"""`python -m train`: the same door as `digits train`."""

import sys

from runtime.cli import main

if __name__ == "__main__":
    sys.exit(main(["train", *sys.argv[1:]]))
