"""From a live source to readings on screen, in a recording and as events."""
