"""Operators: somebody looks at what hangs, tries again, or gives up."""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import dataclass
from typing import Any

from tests.simulation.process import Gone
from tests.simulation.system import System
from tests.simulation.trace import Trace

Json = dict[str, Any]


@dataclass
class Operator:
    """Somebody with the admin pages."""

    system: System
    rng: random.Random
    trace: Trace

    async def watch(self) -> None:
        """Look at what hangs while the storm lasts, and sometimes act."""
        while not self.system.weather.calm:
            await asyncio.sleep(self.rng.uniform(30.0, 300.0))
            try:
                await self._operate()
            except Gone:
                continue

    async def _operate(self) -> None:
        reply = await self.system.ask("booking", "GET", "/admin/sagas?limit=50")
        if reply.status != 200:
            return
        open_ = [one for one in json.loads(reply.body)["sagas"] if one["status"] in ("running", "undoing")]
        if not open_:
            return
        saga = self.rng.choice(open_)
        reply = await self.system.ask("booking", "GET", f"/admin/sagas/{saga['id']}")
        if reply.status != 200:
            return
        state = json.loads(reply.body)["state"]
        action = self.rng.choice(("retry", "retry", "give-up"))
        wish = {"reason": "looks stuck", "author": "simulated", **self._step_of(state)}
        reply = await self.system.ask("booking", "POST", f"/admin/sagas/{saga['id']}/{action}", wish)
        self.trace.note("operator", f"{action} {wish.get('step', '')}: {reply.status}", state["booking_id"])

    def _step_of(self, state: Json) -> Json:
        waiting = [key for key, one in state["steps"].items() if one["status"] in ("sent", "undoing")]
        if not waiting:
            return {}
        step, _, item = self.rng.choice(waiting).partition("/")
        return {"step": step, "item": item}
