"""How people can be reached: forms that can be written to, nothing cleverer."""

from typing import Annotated

from pydantic import StringConstraints

# A mail server decides which addresses exist; this keeps out what could not be one, or breaks a header.
EmailAddress = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        max_length=254,
        pattern=r"^[^@\s<>,;\x00-\x1f\x7f-\x9f]+@[^@\s<>,;\x00-\x1f\x7f-\x9f]+\.[^@\s<>,;.\x00-\x1f\x7f-\x9f]+$",
    ),
]
PhoneNumber = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=40, pattern=r"^\+?[0-9 ()./-]{5,40}$")
]
