"""The search for better networks and recipes: what may vary, how a candidate is judged, and what was found."""
