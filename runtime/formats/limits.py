"""How large a model file and what it computes may be: room for any digit classifier, none for a file made to harm.

A file of some bytes can ask for any amount of memory and time: by padding, broadcasting or repeating. Everything that
grows is checked before it is made.
"""

import math

from runtime.formats.refused import Refused

FILE_BYTES = 2**25  # 32 MiB; the largest network of the zoo has 5 MB
KERAS_BYTES = 2**29  # of a `.keras` file, whose weights come with what the optimiser remembers of each
OPERATORS = 1024  # of a graph; networks for digits have some dozens
TENSORS = 2048  # of a graph
GRAPHS = 64  # of a file that is looked at; one is allowed
TABLES = 2**16  # of a FlatBuffer, counted as often as something refers to them
SLOTS = 64  # fields of a table
PARTS = 2**22  # letters and numbers of all texts and vectors of a FlatBuffer, however often they are referred to
TEXT = 2**16  # bytes of a text
METADATA_BYTES = 2**20  # of all that a file tells people and programs beside the network
RANK = 8  # axes of a tensor
ELEMENTS = 2**23  # numbers of one tensor, for a whole batch
HELD_BYTES = 2**28  # of all tensors that are kept at once, 256 MiB
ACTIVATIONS = 2**22  # numbers of all tensors that are computed for one image; engines are given 64 images at once
PRODUCTS = 2**34  # multiplications of one operator; some seconds
TAPS = 4096  # places of a window; a whole image of 28×28 has 784
INPUTS = 256  # of an operator
SCALES = 4096  # of a tensor
FIELDS = 64  # of a message
MANY_FIELDS = 2**13  # of a graph, which has one for each operator and constant
ATTRIBUTES = 32  # of an operator
LISTED = 2**12  # whole numbers that a message lists one by one; constants of any size are bytes
LABEL = 80  # letters of a name in an error
LINE = 300  # letters of an error about a file


def label(text: str) -> str:
    """A name out of a file, fit for one line on a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:LABEL])


def label_line(text: str) -> str:
    """Words about a file that hold names out of it, fit for one line on a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:LINE])


def check_shape(*shape: int) -> None:
    """Raise Refused where a tensor of `shape` may not be made."""
    if len(shape) > RANK or min(shape, default=0) < 0 or math.prod(shape) > ELEMENTS:
        raise Refused("limits", f"a tensor of shape {shape}; at most {ELEMENTS} numbers on {RANK} axes are allowed")


def check_products(count: int) -> None:
    """Raise Refused where an operator would multiply more than `PRODUCTS` times."""
    if count > PRODUCTS:
        raise Refused("limits", f"an operator with {count} multiplications; at most {PRODUCTS} are allowed")
