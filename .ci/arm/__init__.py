"""Small computers without the small computers: `digits` in emulated Debian systems, beside what it does here."""
