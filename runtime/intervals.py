"""How far a measured share may be from the true one (E. B. Wilson, 1927, "Probable inference")."""

import math

NORMAL_95 = 1.959963984540054  # the normal distribution has 95 % of its weight within so many deviations


def wilson_interval(successes: int, samples: int, deviations: float = NORMAL_95) -> tuple[float, float]:
    """The Wilson score interval (low, high), each 0–1, of a share seen as `successes` of `samples`.

    Without samples nothing is known: (0, 1). Raises ValueError unless 0 ≤ successes ≤ samples.
    """
    if not 0 <= successes <= samples:
        raise ValueError(f"expected 0 ≤ successes ≤ samples, got {successes} of {samples}")
    if samples == 0:
        return 0.0, 1.0
    share, weight = successes / samples, deviations**2 / samples
    centre = share + weight / 2
    spread = deviations * math.sqrt(share * (1 - share) / samples + weight / (4 * samples))
    low, high = (centre - spread) / (1 + weight), (centre + spread) / (1 + weight)
    # At both ends the formula gives exactly 0 or 1, which rounding would miss.
    return (low if successes else 0.0), (high if successes < samples else 1.0)
