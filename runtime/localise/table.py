"""The findings about one file, for people: every tensor with its figures, and the verdict."""

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from runtime.localise.bounds import TensorCheck
from runtime.localise.report import Localisation, shorten


def tell_localisation(found: Localisation, console: Console) -> None:
    """Print the table of tensors and what follows from it."""
    followed = f"{len(found.samples)} worst {found.data} samples, {found.witness} in Keras' place"
    title = f"{found.file}, tensor by tensor: {followed if found.witness != 'keras' else followed.partition(',')[0]}"
    table = Table(box=SIMPLE_HEAD, padding=0, show_edge=False, title=title)
    for heading in ("", "operator"):
        table.add_column(heading, no_wrap=True)
    for heading in ("tensor", "nearest of Keras"):
        table.add_column(heading, overflow="fold")  # names give way on narrow screens; figures are never cut
    for heading in ("off by", "rounding", "times"):
        table.add_column(heading, justify="right", no_wrap=True)
    for check in found.tensors:
        table.add_row(_mark(check, found), check.operator, shorten(check.name), *_figures(check))
    console.print(table)
    for sentence in found.verdict:
        console.print(sentence, style="green" if found.passed else "red", soft_wrap=True)
    for note in found.notes:
        console.print(note, style="bold yellow", soft_wrap=True)


def _mark(check: TensorCheck, found: Localisation) -> Text:
    if check is found.first:
        return Text("✗", "red")
    return Text("✓", "green") if check.within and check.counterpart else Text("–", "dim")


def _figures(check: TensorCheck) -> tuple[str | Text, ...]:
    if check.counterpart is None:
        return (Text("none of this size", "dim"), "", "", "")
    if not check.own:
        return (Text("seen in what follows", "dim"), "", "", "")
    figures = (check.difference, check.allowed)
    return (shorten(check.counterpart), *(f"{figure:.2g}" for figure in figures), f"{check.ratio:.2g}")
