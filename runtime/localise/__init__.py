"""Where a converted file leaves Keras: the first tensor, or the first stage of a reading, that is out of its bound."""

from runtime.localise.report import Localisation
from runtime.localise.session import localise_file

__all__ = ["Localisation", "localise_file"]
