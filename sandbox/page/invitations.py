"""The few words of an invitation that tell whether it is the right one."""

import re
from typing import Any

_FOLD = re.compile(r"\r?\n[ \t]")
_SHOWN = {
    "SUMMARY": "What",
    "DTSTART": "Starts",
    "DTEND": "Ends",
    "LOCATION": "Where",
    "STATUS": "Status",
    "SEQUENCE": "Sequence",
    "UID": "UID",
}


def invitation(part: dict[str, Any]) -> dict[str, Any]:
    """A calendar part as it is shown."""
    lines = _FOLD.sub("", part["ics"]).splitlines()
    found: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        label = _SHOWN.get(name.partition(";")[0].upper())
        if label and label not in found:
            found[label] = value.replace("\\,", ",").replace("\\;", ";").replace("\\n", " ")
    return {
        "method": part["method"] or "no method",
        "filename": part["filename"],
        "facts": {label: found[label] for label in _SHOWN.values() if label in found},
        "ics": part["ics"],
    }
