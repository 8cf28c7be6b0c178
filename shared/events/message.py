"""What every message is: a frozen payload with a wire name and a version."""

from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A frozen part of a message. Fields it does not know are ignored: newer senders add some."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class StepRef(Value):
    """The step of a saga that a command comes from and that its answer goes back to."""

    saga: str
    step: str
    item: str = ""
    epoch: int = 1


class Message(Value):
    """A command or an event. `booking_id` groups messages that must stay in order."""

    wire_name: ClassVar[str] = ""
    wire_version: ClassVar[int] = 0

    def __init_subclass__(cls, name: str = "", version: int = 1, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not name:
            return
        if (name, version) in REGISTRY:
            raise TypeError(f"the message {name} version {version} is defined twice")
        cls.wire_name, cls.wire_version = name, version
        REGISTRY[(name, version)] = cls

    @property
    def subject(self) -> str:
        """What the message is about: messages of one subject are handled in order."""
        return str(getattr(self, "booking_id", ""))

    @classmethod
    def service(cls) -> str:
        """The service a command goes to, or an event comes from: the module that defines it."""
        return cls.__module__.rpartition(".")[2]

    def answering(self, ref: StepRef | None) -> Self:
        """The same message as the answer to another step."""
        return self.model_copy(update={"ref": ref})


class Command(Message):
    """Imperative, for one receiver. Sent by the coordinator alone."""

    ref: StepRef | None = None


class Event(Message):
    """A fact in the past tense, for any number of listeners."""

    ref: StepRef | None = None


REGISTRY: dict[tuple[str, int], type[Message]] = {}


def message_type(name: str, version: int) -> type[Message]:
    """The class of a wire name and version; KeyError when nobody defined it."""
    return REGISTRY[(name, version)]
