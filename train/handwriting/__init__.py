"""Our own handwriting: digits, pages and clips drawn from splines, with known truth and nobody's data."""
