"""What can go wrong, each with the exit code that scripts rely on.

DigitsError                 1  the run failed
├── InputError              1  a picture or data file is missing, corrupt or of the wrong kind
├── ModelError              1  a bundle, manifest or model file is damaged or does not fit
├── ParityError             1  a converted file does not answer as Keras does
├── UsageError              2  the command line asks for something that does not exist
└── MissingError            3  something outside the program is not there
    ├── MissingDependency   3  an optional package (the message names the command that installs it)
    ├── MissingEngine       3  the inference engine asked for
    └── MissingSource       3  a camera, stream or video
"""


class DigitsError(Exception):
    """An error with a one-line message meant for the person at the terminal."""

    exit_code = 1


class InputError(DigitsError):
    """A picture or data file is missing, truncated, corrupt or of the wrong kind."""


class ModelError(DigitsError):
    """A bundle, manifest or model file is damaged or does not fit this program."""


class ParityError(DigitsError):
    """A converted file does not answer as the Keras model does."""


class UsageError(DigitsError):
    """The command line asks for something that does not exist."""

    exit_code = 2


class MissingError(DigitsError):
    """Something that lives outside the program is not there."""

    exit_code = 3


class MissingDependency(MissingError):
    """An optional package is not installed."""


class MissingEngine(MissingError):
    """The inference engine asked for is not installed."""


class MissingSource(MissingError):
    """A camera, stream or video cannot be opened."""
