"""The knobs of the segmentation, each relative to the picture or the writing and each with its reason."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """How a frame is cut into candidate digits."""

    # Light
    work_side: int = 960  # pixels; longer frames are shrunk to it: from 640 to 1280 the readings are as good
    fine_side: int = 1920  # pixels; where the writing is small or not found, the frame is looked at once more, larger
    fine_factor: float = 1.5  # times the frame's longer side: enlarging it more gives no more digits
    fine_height: int = 24  # pixels of the working frame; smaller digits gain from more
    least_side: int = 640  # pixels; smaller frames are enlarged to it: strokes of a pixel or two break and merge
    ground_side: int = 160  # pixels; the ground varies slowly, so it is estimated on a frame this small
    ground_thin: float = 0.015  # of the longer side: dark and narrower is ink; a wide filter would fill a dark corner
    ground_thick: float = 0.12  # of the longer side: wider is no stroke, however dark
    ground_depth: float = 2.5  # times its width: how much darker than around it something wide must be to be ink
    ground_window: float = 0.2  # of the longer side: most of so much around a stroke is paper, not ink
    ground_slack: float = 0.06  # of the longer side: how far that majority is blurred where the light steps
    ground_step: float = 0.08  # of the light: less between neighbours of the small frame is a slope, not an edge
    ground_reach: float = 2.0  # pixels of the small frame: how far the coarse ground is blurred across an edge
    ground_dark: int = 96  # grey levels; below it a ratio to the ground would blow up the sensor's noise
    faint_side: float = 0.1  # of what stands out on one side of the contrast: less on the other is not looked at

    # Ink
    noise_window: float = 0.2  # of the longer side: more than half of so much is free of ink
    noise_factor: float = 4.0  # times the paper's own spread: what paper texture reaches only by accident
    least_contrast: float = 0.05  # of full contrast: fainter marks are not seen by people either
    local_share: float = 0.25  # of the strongest contrast nearby: faint parts of a stroke reach it, its soft edge not
    local_block: float = 0.02  # of the frame's longer side: "nearby", about the size of a small digit

    # Components
    speck: float = 0.4  # of the least height: what is smaller cannot even be a part of a digit
    least_height: float = 0.016  # of the frame's shorter side: 12 pixels of 720
    least_pixels: int = 8  # pixels of the working frame: the fewest rows in which digits differ from each other
    most_height: float = 0.98  # of the frame's shorter side: anything larger is the frame's edge or furniture
    widest: float = 2.2  # width over height; a lying 0 or a leaning 2 with a long tail reaches 2
    widest_string: float = 6.0  # width over height of digits that touch; more of them touch on cheques only
    narrowest: float = 14.0  # height over width; a ruler-straight 1 of a fine pen reaches 12
    fullest: float = 0.85  # share of its box that a wide glyph may fill; a blot fills more
    thickest: float = 0.28  # mean stroke width over the longer side of the box; a broad marker reaches 0.2
    border_share: float = 0.3  # of its outline that may lie on the frame's border: more is cut off or furniture

    # Rules
    rule_thick: float = 0.012  # of the longer side: printed lines are thinner, and most strokes of large digits thicker
    rule_length: float = 0.2  # of the longer side: the straight strokes of most digits are shorter
    rule_piece: float = 0.05  # of the longer side: parts of a line that digits break up are as long
    rule_alike: float = 1.5  # times: how much thicker one part of a line may be than another
    rule_astray: float = 0.05  # of its length: how far a part may turn away from where the line leads
    rule_parallel: float = 0.1  # of its length: how far a wall of a cell may lean away from the others
    rule_wall: float = 0.9  # of the length of the other walls: a 1 in a cell is shorter
    rule_widest: float = 2.2  # width over height: what holds lines and is wider is no digit
    rule_count: int = 3  # so many lines are a grid or a box; a large digit has one or two long straight strokes
    rule_sparse: float = 0.3  # of its box that what holds a line may fill
    rule_gap: float = 2.0  # times the thickness: a stroke across a line parts it no farther
    rule_cover: float = 0.5  # of its length on which a line must be seen: digits may hide the rest
    rule_bold: float = 1.4  # times the contrast of the line: darker is ink that lies on it
    rule_run: float = 1.6  # times the thickness: longer runs across belong to a stroke that crosses or touches

    # Parts of one digit
    most_pieces: int = 600  # the tallest are kept: a page of writing has fewer, a lawn has more
    part_height: float = 0.6  # of the taller part's height: a taller neighbour is a digit of its own
    part_gap: float = 0.2  # of the taller part's height: how far a 5's flag stands off its body
    part_width: float = 1.3  # width over height of the joined whole: wider would be two digits
    part_growth: float = 1.4  # times the body's height: a taller whole would be two lines
    part_inside: float = 0.3  # of the height of what encloses it: taller ink within is a digit in a drawn box
    part_beside: float = 0.5  # of its own size: what lies within a body's box is a part if it is as near to its ink
    part_stroke: float = 2.5  # times: parts of one digit are drawn with one pen

    # Surroundings
    edge_rise: float = 0.25  # of a usual rise from ink to paper: less is no edge, as at the fringe of a shadow
    edge_usual: float = 0.6  # of an outline's rises are no higher than the usual one
    edge_loss: float = 0.3  # of an outline that may be no edge, where all is quiet; neighbours touch and ink fades
    ring: float = 0.4  # of the longer side of the box: nearer than most neighbours, wide enough to tell texture
    loudest: float = 0.22  # mean contrast of the ring over that of the ink: digits stay below it

    # Company
    minority: float = 0.3  # of the writing's contrast that the lesser polarity needs to be writing too
    company_height: float = 0.35  # of the writing's height: smaller marks among digits are dots and specks
    crumb: float = 0.15  # of the writing's contrast times its stroke width: pens and light vary by less
    edge_height: float = 2.2  # times the writing's height: so tall a straight bar is an edge
    edge_slim: float = 3.5  # length over width of a straight bar
    witnesses: int = 5  # candidates that must be there to know what the writing is like


SETTINGS = Settings()
