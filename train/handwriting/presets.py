"""Settings for usual pages, by name."""

from train.handwriting.page import PageSettings
from train.handwriting.paper import Camera, Paper

PRESETS = {
    "plain": PageSettings(),
    "ruled": PageSettings(pen="ballpoint", ink=(130, 50, 25), paper=Paper((225, 236, 240), ruling="ruled")),
    "squared": PageSettings(
        pen="pencil", ink=(75, 70, 70), paper=Paper((228, 235, 236), 0.015, "squared", (215, 200, 180))
    ),
    "shadow": PageSettings(pen="marker", ink=(40, 30, 30), camera=Camera(gradient=0.3, shadow=0.5)),
    "board": PageSettings(
        pen="chalk", ink=(225, 232, 230), paper=Paper((62, 72, 50), 0.1), camera=Camera(gradient=0.25)
    ),
    "whiteboard": PageSettings(
        pen="marker", ink=(150, 60, 30), paper=Paper((236, 234, 230), 0.006), camera=Camera(gradient=0.3)
    ),
    "envelope": PageSettings(pen="ballpoint", ink=(60, 45, 40), paper=Paper((150, 190, 215), 0.035)),
    "dim": PageSettings(ink=(60, 50, 50), camera=Camera(gradient=0.4, shadow=0.35, blur=1.2, noise=7, jpeg=60)),
    "touching": PageSettings(spacing=-0.12),
}
