"""Small models that others have published for MNIST, with their own figures and where those stand."""

from dataclasses import dataclass

TEST_DIGITS = 10_000


@dataclass(frozen=True, slots=True)
class Published:
    """One published result; errors are of MNIST's 10,000 test images."""

    name: str
    parameters: int | None
    errors: int
    remark: str
    source: str
    size: int | None = None  # bytes of the weights as stored, where the source tells them


PUBLISHED = (
    Published("HexHowells, “Neural golfing”", 575, 200, "98 %", "https://hexhowells.com/posts/neural-golfing.html"),
    Published(
        "aknakshay, MNIST challenge, separable convolutions",
        4_967,
        158,
        "98.42 %",
        "https://github.com/aknakshay/MNIST-Challenge",
    ),
    Published(
        "nitin-vig, ERAv4 session 6",
        7_070,
        60,
        "“more than 99.4 %”, best epoch",
        "https://github.com/nitin-vig/ERAv4S6",
    ),
    Published(
        "aknakshay, MNIST challenge, convolutions", 8_640, 80, "99.2 %", "https://github.com/aknakshay/MNIST-Challenge"
    ),
    Published(
        "The School of AI, era-s7-ram",
        8_900,
        50,
        "99.5 %, best epoch",
        "https://github.com/The-School-of-AI/era-s7-ram",
    ),
    Published(
        "sanjeev29, EVA-4 session 5",
        9_142,
        60,
        "“more than 99.4 %” in the last epochs",
        "https://github.com/sanjeev29/EVA-4",
    ),
    Published(
        "garima-mahato, EVA4 session 5",
        10_008,
        62,
        "99.38 %, best epoch",
        "https://garima-mahato.github.io/EVA4/S5/File3",
    ),
    Published(
        "shishir13, MNIST 99.4", 15_578, 57, "99.43 %, best epoch", "https://github.com/shishir13/Personal_Projects"
    ),
    Published(
        "pradeep6kumar, mnist_994", 19_898, 46, "99.54 %, best epoch", "https://github.com/pradeep6kumar/mnist_994"
    ),
    Published(
        "BitNetMCU, 64 wide, 2–8 bits, 16×16 pixels",
        33_088,
        45,
        "99.55 %, best of seven configurations",
        "https://github.com/cpldcpu/BitNetMCU/blob/main/docs/documentation_cnn.md",
        size=11_264,
    ),
    Published(
        "LeNet-5 (LeCun et al., 1998)",
        60_000,
        80,
        "0.8 % with distortions, 0.95 % without",
        "Gradient-based learning applied to document recognition, Proc. IEEE 86(11)",
    ),
    Published(
        "Efficient-CapsNet (Mazzia et al., 2021)",
        161_000,
        26,
        "0.26 %, with reconstruction while training",
        "https://arxiv.org/abs/2101.12491",
    ),
    Published(
        "the same paper's plain CNN",
        173_000,
        48,
        "0.48 %; 0.40 % with reconstruction",
        "https://pmc.ncbi.nlm.nih.gov/articles/PMC8290018/table/Tab2",
    ),
    Published(
        "Branching CNN (Byerly et al., 2020), homogeneous vector capsules",
        1_514_000,
        17,
        "99.83 %, best single one",
        "https://arxiv.org/abs/2001.09136",
    ),
    Published(
        "MnistSimpleCNN (An et al., 2020), three networks voting",
        None,
        13,
        "99.87 %, at best; the smallest of the three has 1.1 million",
        "https://arxiv.org/abs/2008.10400",
    ),
)
"""Smallest first. A best epoch was as a rule chosen by looking at the test set, which ours never are."""
