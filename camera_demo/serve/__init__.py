"""The web view: a page with the live picture and the reading, for machines without a screen."""
