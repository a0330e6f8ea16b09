"""`digits demo`: train, convert, verify, read, camera and bench in one go, and one page about it all."""

from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from runtime import demo, demo_page
from runtime.arguments import Parser, positive
from runtime.atomic import write_text
from runtime.errors import InputError
from runtime.terminal import talk

PICTURES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"}


def main(argv: Sequence[str]) -> int:
    """Run the demo; 0 if every step ended well."""
    settings = _settings(argv)
    console = talk()

    def announce(step: demo.Step, finished: bool) -> None:
        console.print(f"\n{step.title}{' (finished earlier)' if finished else ''}", style="bold")
        console.print(f"  $ {step.command}", soft_wrap=True)

    record = demo.run(demo.plan(settings), settings.folder, announce)
    page = settings.folder / "report.html"
    write_text(page, demo_page.compose(settings, record))
    for done in record:
        mark = Text("✓", "green") if done.exit_code == 0 else Text("✗", "red")
        console.print(" ", mark, f"{done.title}  {done.seconds} s")
    print(page)
    return int(any(done.exit_code for done in record))


def _settings(argv: Sequence[str]) -> demo.Settings:
    parser = Parser("demo", __doc__ or "")
    parser.add_argument("--out", type=Path, default=Path("runs/demo"), help="folder for everything (runs/demo)")
    parser.add_argument("--data", help="as for digits train; without it MNIST if it can be had, else drawn digits")
    parser.add_argument(
        "--preset", default="quick", help="the recipe of the edge model: quick (the default) or standard"
    )
    parser.add_argument("--pictures", type=Path, nargs="+", default=[], help="your own photographs, files or folders")
    parser.add_argument("--limit", type=positive, help="train on that many images alone, to try the demo out")
    options = parser.parse_args(argv)
    pictures = tuple(picture for path in options.pictures for picture in _expand(path))
    return demo.Settings(options.out, options.data, options.preset, pictures, options.limit)


def _expand(path: Path) -> list[Path]:
    """The pictures that `path` names: itself, or those of a folder in order."""
    if not path.exists():
        raise InputError(f"{path}: no such picture or folder")
    return sorted(p for p in path.iterdir() if p.suffix.lower() in PICTURES) if path.is_dir() else [path]
