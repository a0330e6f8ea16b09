"""`python -m runtime`: the same door as `digits`."""

import sys

from runtime.cli import main

if __name__ == "__main__":
    sys.exit(main())
