"""The composition root: settings -> a model, an environment, a policy and a notebook, as one.

A session is one conversation: it begins turns, hands them to the agent, and keeps the trajectory
and the journal as the events say, before the agent goes on; the file follows.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, TypeVar

from .choosing import choose_model
from .engine import events
from .engine.aftermath import broken_off, displays_of, renewed
from .engine.environment import Environment, Late, News
from .engine.events import Event
from .engine.loop import BY_THE_PERSON, Agent, ended_before, utc_now
from .engine.model import Model
from .engine.policy import Policy
from .engine.telling import Telling
from .engine.thinking import Thinking
from .engine.trajectory import Step, Trajectory, Turn
from .engine.undoing import Gap
from .environments.hiding import Hiding, hidden
from .environments.images import fit_image
from .errors import NotebookError, SettingsError
from .notebook.document import Document
from .prompts import prompt, python_tool
from .record.journal import Journal
from .record.keeping import Keeping
from .record.placing import Placing
from .settings import Settings, secrets_of
from .undoing import Undoing

T = TypeVar("T")
NAME = re.compile(r"[^\W\d]\w*")
RESUMED = (
    "This conversation is continued from its notebook, maybe in another kernel: of the variables "
    "of earlier steps, those exist that are listed here."
)
KEPT = ". What the run did is kept, and comes into the notebook when that is opened again"
# The settings that another model or connection is made for.
OF_THE_MODEL = (
    *("model", "api_key", "auth_token", "base_url", "profile", "effort"),
    *("output_tokens", "context_tokens"),
)


def new_run_id() -> str:
    """A short id for a run: eight hexadecimal digits."""
    return secrets.token_hex(4)


class Session:
    """One conversation between a person and the agent, in one environment."""

    def __init__(
        self,
        settings: Settings,
        environment: Environment,
        policy: Policy,
        *,
        model: Model | None = None,
        document: Document | None = None,
        journal: Journal | None = None,
        notebook: str = "",
        new_id: Callable[[], str] = new_run_id,
        now: Callable[[], str] = utc_now,
        demo_pace: float = 0.0,
    ) -> None:
        self.settings, self.environment, self.policy = settings, environment, policy
        self.document = document
        self.trajectory = document.trajectory if document else Trajectory()
        self.notebook = str(document.path.resolve()) if document else notebook
        self.keeping = Keeping(journal, self.notebook)
        self._placing = Placing(document, self.keeping)
        self.notice = ""
        self._model = model
        self._left: list[Model] = []
        self._agent: Agent | None = None
        self._preparing, self._stopped, self._awaits_checkpoint = Thinking(), False, False
        self._unshown = ""  # why the notebook could not be written
        self._untold = False  # whether a new conversation's model waits to be told what there is
        self._resumed = False  # whether it waits to be told that others led it on
        self._typed: set[str] = set()
        self._new_id = new_id
        self._now = now
        self._demo_pace = demo_pace
        self.undoing = Undoing(lambda: self.environment, notebook=lambda: self.notebook)

    async def run(
        self, task: str, images: Sequence[tuple[str, str]] = ()
    ) -> AsyncGenerator[Event, None]:
        """Begin a turn with this task and yield its events until it has ended.

        `images` go with the task, each as its MIME type and base64. Raises SettingsError for an
        empty task, an image that cannot be used, and when there is no model.
        """
        self._agent, self._stopped, self._unshown = None, False, ""
        if not task.strip():
            raise SettingsError("the task is empty; write below the first line what to do")
        self._untold = self._untold or not self.trajectory.turns
        telling = Telling(fit_image=fit_image)
        model = await self._unless_stopped(self._ready_model())
        news = await self._unless_stopped(self._news(NAME.findall(task))) or News()
        try:
            told = telling.opening(task, news, images)
        except ValueError as error:
            raise SettingsError(f"{error}; use a PNG, JPEG, GIF or WebP picture") from error
        self._begin(Turn(self._new_id(), task, told, started=self._now()), telling)
        trouble = await self.keeping.begin(self.trajectory)
        self.notice = " ".join(filter(None, (self.notice, self.keeping.take_notice())))
        trouble = trouble or await self._shown()
        if trouble:
            work = ended_before(self.turn, self.settings.model, "failed", trouble)
        elif model is None or self._stopped:
            work = ended_before(self.turn, self.settings.model, "stopped", BY_THE_PERSON)
        else:
            self._agent = self._made_agent(model, telling)
            self.undoing.begin(self.turn.run, self.settings.undo_bounds, NAME.findall(task))
            work = self._agent.run(self.trajectory)
        async with aclosing(work) as happenings:
            async for event in happenings:
                for more in (*await self._undo_lacks(event), *self._late(event)):
                    await self._record(more)
                    yield more
                await self._record(event)
                yield event
        if self.undoing.is_awaited:
            await self.undoing.settled()

    def stop(self) -> None:
        """Stop thinking; the kernel is left alone."""
        self._stopped = True
        self._preparing.cancel()
        if self._agent is not None:
            self._agent.stop()

    def interrupt(self) -> None:
        """Interrupt the agent's running action; while it thinks, stop thinking."""
        if self._agent is not None and not self._awaits_checkpoint:
            self._agent.interrupt()
        else:
            self.stop()

    def use(self, settings: Settings) -> None:
        """Go on with these settings; another model or server is made when it is needed."""
        if any(getattr(settings, name) != getattr(self.settings, name) for name in OF_THE_MODEL):
            self._left += [self._model] if self._model is not None else []
            self._model = None
        self.settings = settings

    def resume(self, trajectory: Trajectory) -> None:
        """Go on with this conversation; one that others led on is told what there is here now."""
        known = {turn.run for turn in self.trajectory.turns}
        self._resumed = self._resumed or any(turn.run not in known for turn in trajectory.turns)
        self.trajectory = trajectory

    def forget(self) -> None:
        """Begin a new conversation; the old one stays in its notebook."""
        self.trajectory = Trajectory()

    @property
    def turn(self) -> Turn:
        """The last turn."""
        return self.trajectory.turns[-1]

    @property
    def context_tokens(self) -> int:
        """What the context of the model holds; 0 while there is no model yet."""
        return self._model.context_tokens if self._model is not None else 0

    def secrets(self) -> tuple[str, ...]:
        """The texts that must not be recorded, told or shown."""
        return secrets_of(self.settings, self._typed)

    def hide(self, password: str) -> None:
        """Count this, which the person typed for the code, among the secrets."""
        self._typed.add(password)

    async def close(self) -> None:
        """Give back the model's connections; the environment is its maker's to close."""
        try:
            await self._placing.settled()
        finally:
            for model in (*self._left, self._model):
                if model is not None:
                    await model.close()

    async def _ready_model(self) -> Model:
        if self._model is None:
            chosen = await asyncio.to_thread(choose_model, self.settings, demo_pace=self._demo_pace)
            self._model, self.notice = chosen.model, chosen.notice
        return self._model

    async def _unless_stopped(self, work: Coroutine[Any, Any, T]) -> T | None:
        """What comes of this work before there is an agent; None when the run is stopped."""
        try:
            return await self._preparing.wait(work, ended=self._stopped)
        except asyncio.CancelledError:
            if not self._stopped:
                raise
            return None

    def _made_agent(self, model: Model, telling: Telling) -> Agent:
        place, limits = Hiding(self.environment, self.secrets), self.settings.limits
        return Agent(model, place, self.policy, limits=limits, telling=telling, now=self._now)

    async def _news(self, mentioned: Sequence[str]) -> News:
        """What the model does not know yet: of the environment, and of its cells in the file."""
        anew = self._untold or self._resumed
        news = await self.environment.news(anew=anew, mentioned=mentioned)
        notes = (RESUMED, *news.notes) if self._resumed else news.notes
        self._untold = self._resumed = False
        await self._placing.settled()
        # Last, because it tells each change once, and the waits before it may be called off.
        changed = self.document.news(self.trajectory) if self.document is not None else ()
        return hidden(replace(news, notes=(*notes, *changed)), self.secrets())

    def _begin(self, turn: Turn, telling: Telling) -> None:
        if self.trajectory.turns:
            last = broken_off(self.turn, telling)
            self.trajectory = self.trajectory.with_turn(last)
        if not self.trajectory.tools:  # a new one, or its notebook lost what it was begun with
            today = replace(self.trajectory, system=prompt("system"), tools=(python_tool(),))
            self.trajectory = today
        self.trajectory = self.trajectory.begin(turn)

    @property
    def _actions(self) -> list[Step]:
        """The steps of the last turn whose action was begun."""
        return [step for step in self.turn.steps if step.action is not None and not step.mistake]

    async def _undo_lacks(self, event: Event) -> tuple[Event, ...]:
        """What cannot be taken back, said before the action, or the end, that this event tells."""
        gaps: tuple[Gap, ...] | None = ()
        if isinstance(event, (events.ApprovalAsked, events.StepStarted)):
            self._awaits_checkpoint = True
            to_act = isinstance(event, events.StepStarted)
            gaps = await self._unless_stopped(self.undoing.ready(to_act=to_act))
            self._awaits_checkpoint = False
        elif isinstance(event, events.StepFinished):
            gaps = await self.undoing.stepped(event.step.number)
        elif isinstance(event, events.RunFinished):
            acted = any(step.state != "rejected" for step in self._actions)
            await self.undoing.close(acted=acted)
        return (events.UndoLacks(self.turn.run, gaps),) if gaps else ()

    def _late(self, event: Event) -> tuple[Event, ...]:
        """At the run's end, what came after the last step's: no step follows that would have it."""
        steps = self.turn.steps if isinstance(event, events.RunFinished) else ()
        if not (seen := [step.number for step in steps if step.observation is not None]):
            return ()
        late = Hiding(self.environment, self.secrets).late()
        return (events.LateOutput(seen[-1], late),) if late != Late() else ()

    async def _record(self, event: Event) -> None:
        """Keep the event in the journal and the notebook; what cannot be kept ends the run."""
        after = events.apply(self.turn, event)
        if after is self.turn:  # what the person is asked is kept, and not shown as done
            await self._kept(event)
            return
        self.trajectory = self.trajectory.with_turn(after)
        if isinstance(event, events.StepFinished):
            shown = displays_of(event.step.observation)
            self.trajectory = renewed(self.trajectory, shown)
        elif isinstance(event, events.LateOutput):
            self.trajectory = renewed(self.trajectory, displays_of(event.late))
        trouble = await self._kept(event)
        lost = await self._shown(journaled=not trouble)
        if lost and isinstance(event, events.RunFinished) and event.reason != self._unshown:
            raise NotebookError(lost)  # nothing else tells of it

    async def _kept(self, event: Event) -> str:
        """Keep the event in the journal; what cannot be kept ends the run, and is returned."""
        trouble = await self.keeping.take(event)
        if trouble and self._agent is not None:
            self._agent.fail(trouble)
        return trouble

    async def _shown(self, *, journaled: bool = True) -> str:
        """Put the run into the notebook; what cannot be put there ends it, and is returned."""
        try:
            await self._placing.show(self.trajectory, journaled=journaled)
        except NotebookError as error:
            kept = await self.keeping.displace(self.turn.run)
            trouble = f"{str(error).rstrip('.')}{KEPT if kept else ''}"
            self._unshown = self._unshown or trouble
            if self._agent is not None:
                self._agent.fail(trouble)
            return trouble
        return ""
