"""Model files read from their bytes, without their libraries, and bounded in time and memory whatever the bytes are."""
