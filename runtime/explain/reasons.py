"""Why a glyph is not published, in words."""

from runtime.records import DIGITS, Prediction


def reason_for(prediction: Prediction, asked: float) -> str | None:
    """Why the reader does not stand by a prediction; None where it does.

    `asked` is the confidence, 0–1, that a glyph needs among digits: what is asked beyond it, its company is the reason.
    """
    if prediction.digit is not None:
        return None
    if prediction.probabilities.size > DIGITS and prediction.probabilities[DIGITS] > prediction.confidence:
        return f"the network takes it for no digit ({prediction.probabilities[DIGITS]:.3f})"
    likely = f"{prediction.best} with {prediction.confidence:.3f}"
    if prediction.confidence < asked:
        return f"the network is not sure: {likely}, and {min(asked, prediction.threshold):.3f} is asked"
    if prediction.threshold >= 1:
        return f"doubtful surroundings: {likely}, and no confidence is enough there"
    return f"doubtful company: {likely}, and {prediction.threshold:.3f} is asked among so much that is no digit"
