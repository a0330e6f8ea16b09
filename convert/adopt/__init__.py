"""Keras classifiers that were trained elsewhere: looked at, given a run's ends, and made a run of their own."""
