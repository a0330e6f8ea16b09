"""What a converted model is worth: errors, calibration, rejection, arithmetic and speed, on all data at hand."""
