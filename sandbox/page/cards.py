"""The test cards worth trying first."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SampleCard:
    """A number and what happens to whoever types it."""

    number: str
    says: str


SAMPLE_CARDS = (
    SampleCard("4242 4242 4242 4242", "is charged"),
    SampleCard("4000 0000 0000 0002", "is declined"),
    SampleCard("4000 0000 0000 9995", "has too little money"),
    SampleCard("4000 0000 0000 0069", "has expired"),
    SampleCard("4000 0000 0000 0127", "has the wrong security code"),
    SampleCard("4000 0027 6000 3184", "always asks the bank (3D Secure)"),
    SampleCard("4000 0025 0000 3155", "asks the bank unless it was saved before"),
    SampleCard("4000 0082 6000 3178", "asks the bank and then has too little money"),
    SampleCard("4000 0000 0000 0341", "can be saved, but every charge is declined"),
    SampleCard("4000 0000 0000 0259", "is charged and later disputed"),
    SampleCard("4000 0000 0000 7726", "is refunded slowly"),
    SampleCard("4000 0000 0000 5126", "refuses its refund"),
)
