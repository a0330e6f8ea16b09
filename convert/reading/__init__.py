"""How well pages are read: pictures with known truth, disturbed on purpose, scored, and the page that tells of it."""
