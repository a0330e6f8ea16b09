"""What rounding alone may do to a file's answers: its network in real numbers, disturbed as its format disturbs it."""

from runtime.rounding.network import Network
from runtime.rounding.reading import read_network
from runtime.rounding.simulate import Disturbed, disturb, find_ranges

__all__ = ["Disturbed", "Network", "disturb", "find_ranges", "read_network"]
