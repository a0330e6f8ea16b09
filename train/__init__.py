"""From labelled digits to a trained Keras model in a run folder."""
