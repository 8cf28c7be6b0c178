"""A saga among participants, with messages on the way and people who act at any moment."""

from typing import Any, Literal

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from shared.errors import Refusal
from shared.events.message import Command, Event, StepRef
from shared.saga.definition import Step
from shared.saga.state import Answered, CancelRequested, Input, OperatorActed, SagaState, Started, TimeUp
from tests.models.participants import Participants
from tests.models.promises import Keeper
from tests.models.sagas import STORIES, Story
from tests.support.flow import Flow, an_event

SOME = st.integers(0, 30)
# Whether whoever is asked agrees, one after the other.
WORDS = st.lists(st.sampled_from([True, True, True, True, True, False]), max_size=15)
LONGEST_END = 500


class SagaMachine(RuleBasedStateMachine):
    """Commands may be lost; answers come out of an outbox: late, twice, in any order, but they come."""

    @initialize(story=STORIES, words=WORDS)
    def begins(self, story: Story, words: list[bool]) -> None:
        saga, data = story
        self.flow = Flow(saga, data)
        self.outside = Participants(saga)
        self.keeper = Keeper(saga, self.flow.data)
        self.commands: list[Command] = []
        self.answers: list[Event] = []
        nothing = self.flow.state.model_copy(update={"steps": {}, "status": "running"})
        self._check(nothing, Started())
        self.all_goes_its_way(words)

    def _feed(self, happened: Input) -> None:
        before = self.flow.state
        self.flow.feed(happened)
        self._check(before, happened)

    def _check(self, before: SagaState, happened: Input) -> None:
        self.keeper.check(before, happened, self.flow.decision, self.flow.now)
        self.commands += [one for one in self.flow.sent if one.ref and one.ref.step]

    def _handle(self, command: Command, *, agrees: bool) -> None:
        answer = self.outside.handle(command, agrees=agrees)
        if answer is not None:
            self.answers.append(answer)

    def _hear(self, answer: Event) -> None:
        assert answer.ref is not None
        self._feed(Answered(answer, answer.ref))

    # Messages

    @precondition(lambda self: self.commands)
    @rule(which=SOME, agrees=st.booleans(), again=st.booleans())
    def a_command_arrives(self, which: int, agrees: bool, again: bool) -> None:
        command = self.commands.pop(which % len(self.commands))
        self._handle(command, agrees=agrees)
        if again:
            self.commands.append(command)

    @precondition(lambda self: self.commands)
    @rule(which=SOME)
    def a_command_is_lost(self, which: int) -> None:
        self.commands.pop(which % len(self.commands))

    @precondition(lambda self: self.answers)
    @rule(which=SOME, again=st.booleans())
    def an_answer_arrives(self, which: int, again: bool) -> None:
        answer = self.answers.pop(which % len(self.answers))
        self._hear(answer)
        if again:
            self.answers.append(answer)

    @precondition(lambda self: self.commands or self.answers)
    @rule(words=WORDS)
    def all_goes_its_way(self, words: list[bool]) -> None:
        for agrees in words:
            self._deliver_oldest(agrees=agrees)

    @rule(step=SOME, ahead=st.integers(0, 2), undone=st.booleans())
    def somebody_talks_nonsense(self, step: int, ahead: int, undone: bool) -> None:
        """An answer to what was never asked, or one that does not fit what was asked."""
        if step == 0:
            return self._feed(Answered(Event(), StepRef(saga="sg_1", step="elsewhere")))
        known, item = self._any(step)
        found = self.flow.state.of(known.name, item)
        kind = known.undone if undone or ahead == 0 else known.ok
        if kind is None or (found is not None and found.status == "undoing" and ahead == 0):
            return
        ref = StepRef(saga="sg_1", step=known.name, item=item, epoch=(found.epoch if found else 0) + ahead)
        self._hear(an_event(kind, item).answering(ref))

    # Time

    @rule(seconds=st.sampled_from([1, 61, 301, 1801, 4000]), which=SOME)
    def time_passes(self, seconds: int, which: int) -> None:
        """What is due by then is looked at in any order, or at another time."""
        self.flow.later(seconds=seconds)
        due = [
            key for key, timer in self.keeper.timers.items() if timer.due_at and timer.due_at <= self.flow.now
        ]
        for key in due[which % len(due) :] if due else ():
            self._ring(key)

    @precondition(lambda self: self.keeper.timers)
    @rule()
    def the_next_time_comes(self) -> None:
        due = {key: timer.due_at for key, timer in self.keeper.timers.items() if timer.due_at}
        key = min(due, key=lambda one: due[one])
        self.flow.now = max(self.flow.now, due[key])
        self._ring(key)

    @precondition(lambda self: self.keeper.timers)
    @rule(agrees=st.booleans())
    def what_is_asked_again_overtakes(self, agrees: bool) -> None:
        """What was asked last is answered first."""
        self.the_next_time_comes()
        if self.commands:
            self._handle(self.commands.pop(), agrees=agrees)
        if self.answers:
            self._hear(self.answers.pop())

    def _ring(self, key: str) -> None:
        """A time is up, unless what came of another one took it away."""
        timer = self.keeper.timers.get(key)
        if timer is not None and timer.due_at and timer.due_at <= self.flow.now:
            del self.keeper.timers[key]
            self._feed(TimeUp(timer.step, timer.item, timer.epoch))

    @precondition(lambda self: self.keeper.old_timers)
    @rule(which=SOME)
    def an_old_timer_rings_late(self, which: int) -> None:
        timer = self.keeper.old_timers[which % len(self.keeper.old_timers)]
        found = self.flow.state.of(timer.step, timer.item)
        if found is None or found.epoch != timer.epoch:
            self._feed(TimeUp(timer.step, timer.item, timer.epoch))

    # People

    @precondition(lambda self: self.flow.state.status == "running")
    @rule()
    def a_customer_cancels(self) -> None:
        self._feed(CancelRequested("cancelled_by_customer", "customer"))

    @rule(which=SOME, action=st.sampled_from(["retry", "skip"]))
    def an_operator_acts(self, which: int, action: Literal["retry", "skip"]) -> None:
        """Whoever declares a step settled has settled it by hand."""
        step, item = self._any(which)
        before = self.flow.state.of(step.name, item)
        try:
            self._feed(OperatorActed(action, "because", "operator", step.name, item))
        except Refusal:
            return
        if action == "skip" and before is not None:
            self.outside.settle_by_hand(step, item, stands=before.status != "undoing")

    @rule()
    def an_operator_gives_up(self) -> None:
        """What was refused does not happen after all: giving money back sees to that for a capture."""
        turn = self._every(self.flow.saga.steps[self.flow.saga.turning_point :])
        refused = [one for one in turn if self._status(*one) == "refused"]
        try:
            self._feed(OperatorActed("give-up", "because", "operator"))
        except Refusal:
            passed = self.flow.state.at > self.flow.saga.turning_point
            begun = any(self._status(*one) not in (None, "refused") for one in turn)
            assert self.flow.state.status != "running" or passed or begun, "a saga that nobody can give up"
            return
        for step, item in refused:
            self.outside.settle_by_hand(step, item, stands=False)

    def _status(self, step: Step, item: str) -> str | None:
        found = self.flow.state.of(step.name, item)
        return found.status if found else None

    def _any(self, which: int) -> tuple[Step, str]:
        every = self._every(self.flow.saga.every_step)
        return every[which % len(every)]

    def _every(self, steps: tuple[Step, ...]) -> list[tuple[Step, str]]:
        return [(step, item) for step in steps for item in step.items(self.flow.data)]

    # The end

    def _deliver_oldest(self, *, agrees: bool = True) -> bool:
        if self.commands:
            self._handle(self.commands.pop(0), agrees=agrees)
        elif self.answers:
            self._hear(self.answers.pop(0))
        else:
            return False
        return True

    def teardown(self) -> None:
        """Faults end: what is on the way arrives, every time comes, a person sees to what is stuck."""
        if not hasattr(self, "flow"):
            return
        for _ in range(LONGEST_END):
            if self._deliver_oldest():
                continue
            if self.keeper.timers:
                self.the_next_time_comes()
            elif self.flow.state.ended:
                return self._all_or_nothing()
            else:
                self._retry_what_was_refused()
        raise AssertionError("it never ends")

    def _retry_what_was_refused(self) -> None:
        for key, one in self.flow.state.steps.items():
            if one.status == "refused":
                step, _, item = key.partition("/")
                return self._feed(OperatorActed("retry", "because", "operator", step, item))
        raise AssertionError("it waits for nothing")

    def _all_or_nothing(self) -> None:
        state, saga = self.flow.state, self.flow.saga
        wanted: dict[str, Any] = {
            f"{step.name}/{item}" if item else step.name: None
            for step, item in self._every(saga.every_step)
            if step.applies(self.flow.data)
        }
        standing = self.outside.standing()
        if state.status == "done":
            assert standing == set(wanted), "done, and something is missing"
            assert self.keeper.told == [saga.completed], "done, and not told so"
        else:
            assert standing == set(), f"failed, and {standing} stands"
            assert self.keeper.told == [saga.refused], "failed, and not told so"
