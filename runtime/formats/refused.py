"""What a reader of model files says of bytes that it will not take."""


class Refused(ValueError):
    """Bytes that are no file of their format, or ask for what no model may; `rule` is one of `digits inspect`."""

    def __init__(self, rule: str, words: str) -> None:
        super().__init__(words)
        self.rule = rule
