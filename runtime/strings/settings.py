"""The knobs of cutting and choosing, each relative to the digits or the pen and each with its reason."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StringSettings:
    """How a line of ink is cut into pieces and which of them are taken for digits.

    The weights were chosen on strings composed of generated and of MNIST's training digits, and confirmed on
    photographs; scores are natural logarithms of probabilities.
    """

    # Strip: a frame filled by one line of writing
    strip_height: int = 96  # pixels; taller frames are shrunk to it: digits of 40 pixels and more lose nothing
    strip_aspect: float = 1.15  # width over height: two digits side by side are wider than tall
    strip_ground: float = 0.9  # of the frame's height: a median over more than a digit is paper
    strip_digit: float = 0.3  # of the frame's height: smaller writing does not fill the frame
    strip_usual: float = 0.25  # of the frame's height: where sure digits are lower, the frame is a page
    strip_witnesses: int = 3  # sure digits that say so: a pattern of paper looks like a small one or two
    strip_alone: float = 1.5  # width over height: in a frame no wider, a sure digit beside nothing stands alone
    strip_word: float = 0.75  # of the evidence of digits found one by one: a line believed as a whole outweighs pieces
    strip_speck: float = 0.15  # of the frame's height: smaller pieces are dots and the paper's pattern
    strip_blot: float = 0.004  # of the frame's height squared: pieces with less ink are specks too
    strip_edge: float = 0.3  # of the frame's height: lower ink at its upper or lower edge is the neighbouring line's
    strip_frame: float = 0.12  # of the frame's height: narrower ink at its left or right edge is a frame
    rule_length: float = 1.0  # of the frame's height: no stroke is as long and as straight
    rule_width: float = 0.1  # of the frame's height: printed lines are thinner, strokes that cross them longer
    cell_row: float = 0.4  # of the frame's width: shorter lines are no row of cells
    cell_height: float = 0.3  # of the frame's height: lower ones hold no digits that fill the frame
    cell_walls: int = 3  # so many lines that stand between two lying ones are no digits' strokes

    # Standing upright
    tall: float = 0.45  # of the tallest piece: lower ones say nothing about the digits' height
    slants: tuple[float, float, int] = (-0.4, 1.2, 17)  # from, to and how many: hardly anybody leans more than 50°
    upright: float = 0.03  # of the score for each unit of slant: without it round digits would fall over

    # Cuts
    step: float = 0.1  # of a digit's height between tries: narrower than the narrowest stroke's neighbourhood
    reach: float = 0.17  # of a digit's height to either side: a cut may bend around a stroke, not around a digit
    enter: float = 1.0  # for each stroke that a cut crosses: two that stick together count once
    inside: float = 0.035  # for each pixel in ink: a short cut through a contact beats a long one
    bend: float = 0.03  # for each pixel sideways: straight where nothing speaks for a bend
    centred: float = 0.004  # for each pixel off the try's column: gaps are cut in their middle
    most_crossed: float = 2.6  # strokes: two and a half are more than any contact and some digits cut in half
    distinct: float = 0.11  # of the ink of an upright stroke: cuts with less between them are one cut

    # Pieces
    most_pieces: int = 10  # between two cuts: a wide digit is cut in eight
    widest: float = 1.35  # digit heights: a zero lying on its side

    # Choice
    crossing: float = 0.65  # a cut through a stroke is that much less likely, to either side of it
    digit: float = 0.6  # that a piece is worth being a digit: without it few long pieces would win
    short: float = 0.6  # of the digits' height: shorter digits become unlikely …
    short_weight: float = 1.7  # … by this at no height
    wide: float = 0.65  # digit heights: wider digits become less likely …
    wide_weight: float = 1.5  # … by this for each height more
    dot_height: float = 0.45  # of the digits' height: no more than a dot, a comma or a dash
    dot_ink: float = 1.05  # of the ink of an upright stroke: no more than a dot, a comma or a dash
    dot: float = 0.2  # what a dot or a dash costs
    litter: float = 5.3  # what ink as tall as a digit costs when it is taken for none
    litter_unaware: float = 18.0  # the same with a network that has no answer for "not a digit": its word is no proof
    least: float = 1e-4  # probability: an 8-bit network cannot say less

    # Suspects on a page
    suspect_height: tuple[float, float] = (0.6, 2.0)  # of the digits' height: lower is a sign, taller a drawing
    suspect_width: float = 0.6  # of the digits' height: narrower holds no two digits
    suspect_wide: float = 0.9  # of the digits' height: wider is cut even if the network takes it for one digit, unsure
    suspect_widest: float = 6.0  # width over height: more digits than that touch on cheques only, which are strips
    suspect_company: float = 0.5  # share of the others that are sure digits: touching letters stand among letters
    most_suspects: int = 6  # a frame: a page of letters is not worth the time

    # Trust
    sharpness: float = 2.0  # times the scores: so the shares of all ways come out as often right as they say
    alike: float = 0.6  # of the wider one's width that two readings of a place share: the same digit cut otherwise
    explained: float = 0.75  # of a strip's ink that its digits must hold, or it is no line of digits
    believed: float = 0.65  # mean confidence of a strip's digits, or it is no line of digits
    known: float = 0.65  # mean probability that the network gives them by themselves: texture has .4, digits have .8
    published: float = 0.25  # confidence of a digit: three of four are right from here on, for the line speaks for it


STRING_SETTINGS = StringSettings()
