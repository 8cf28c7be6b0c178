"""How a mail looks: the same content in HTML and in plain text."""

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from services.notify.letters import content_of, scene_of
from services.notify.occasions import Occasion
from shared.events.values import BookingFacts
from shared.money import Money

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(("html.j2",)),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Mail:
    """A mail as its reader sees it."""

    subject: str
    html: str
    text: str


def mail_of(occasion: Occasion, facts: BookingFacts, public_url: str, returned: Money | None = None) -> Mail:
    """The mail for an occasion; `returned` is what this booking's customer got back so far."""
    scene = scene_of(occasion, facts, public_url, returned)
    content = content_of(occasion, scene)
    html, text = (
        _environment.get_template(f"mail.{look}.j2").render(content=content, scene=scene)
        for look in ("html", "txt")
    )
    return Mail(one_line(content.subject), html.strip() + "\n", text.strip() + "\n")


def one_line(words: str) -> str:
    """Names may carry line breaks, headers may not."""
    return " ".join(words.split())
