"""What a process wrote, looked through for what nobody may find there."""

import re

BAD = re.compile(
    r'"level": "(error|critical)"|Traceback|Task exception was never retrieved|never awaited|'
    r"Exception in callback|ERROR |CRITICAL "
)


def alarms(said: str) -> list[str]:
    """The lines that speak of a defect."""
    return [line[:600] for line in said.splitlines() if BAD.search(line)]
