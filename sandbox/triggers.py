"""Fires the integrations of ticket events from a queue in the background.

Events of one customer go out one after the other, in their order; customers do not wait for each other. An answer of
200 with a JSON object becomes the customer's data of that integration; any other leaves the old data where it is.
"""

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from sandbox import integrations, tickets
from sandbox.outgoing import Answer, call, close_session
from sandbox.server_templating import Whole
from sandbox.store import Record, Store, now


@dataclass
class Firing:
    """One integration to be called about one event."""

    integration_id: int
    trigger: str
    event: Record
    ticket_id: int
    message_id: int | None = None
    done: threading.Event = field(default_factory=threading.Event)
    entry: Record | None = None


class Triggers:
    """The queue and the threads that empty it."""

    def __init__(self, store: Store, threads: int = 4) -> None:
        self._store = store
        self._condition = threading.Condition()
        self._lanes: dict[int, deque[Firing]] = {}
        self._busy: set[int] = set()
        self._stopped = False
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def fire(self, trigger: str, ticket: Record, message: Record | None = None, user_id: int | None = None) -> None:
        """Queues every active integration that listens to this trigger."""
        with self._store.open():
            event = event_of(trigger, ticket, message, user_id)
            for integration in integrations.listening(self._store, trigger):
                self.put(Firing(integration["id"], trigger, event, ticket["id"], message["id"] if message else None))

    def put(self, firing: Firing) -> Firing:
        """Queues one call behind the others of the same customer."""
        with self._store.open():
            ticket = self._store.find("tickets", firing.ticket_id)
            lane = ticket["_customer"] if ticket else 0
        with self._condition:
            self._lanes.setdefault(lane, deque()).append(firing)
            self._condition.notify_all()
        return firing

    def waiting(self) -> int:
        """How many calls are queued or under way."""
        with self._condition:
            return sum(map(len, self._lanes.values())) + len(self._busy)

    def wait_idle(self, timeout: float) -> bool:
        """Waits until nothing is queued or under way; False when time runs out first."""
        with self._condition:
            return self._condition.wait_for(lambda: not self._lanes and not self._busy, timeout)

    def clear(self) -> None:
        """Drops what is queued."""
        with self._condition:
            self._lanes.clear()
            self._condition.notify_all()

    def stop(self) -> None:
        """Ends the threads after the calls under way."""
        with self._condition:
            self._stopped = True
            self._lanes.clear()
            self._condition.notify_all()
        deadline = time.monotonic() + 6
        for thread in self._threads:
            thread.join(max(0, deadline - time.monotonic()))

    def _work(self) -> None:
        while (taken := self._take()) is not None:
            lane, firing = taken
            try:
                self._send(firing)
            finally:
                firing.done.set()
                with self._condition:
                    self._busy.discard(lane)
                    self._condition.notify_all()
        close_session()

    def _take(self) -> tuple[int, Firing] | None:
        with self._condition:
            while not self._stopped:
                lane = next((lane for lane in self._lanes if lane not in self._busy), None)
                if lane is not None:
                    firing = self._lanes[lane].popleft()
                    if not self._lanes[lane]:
                        del self._lanes[lane]
                    self._busy.add(lane)
                    return lane, firing
                self._condition.wait()
            return None

    def _send(self, firing: Firing) -> None:
        with self._store.open():
            integration = self._store.find("integrations", firing.integration_id)
            ticket = self._store.find("tickets", firing.ticket_id)
            if not integration or integration["deactivated_datetime"] or not ticket:
                return
            http = dict(integration["http"])
            context = context_of(self._store, firing, ticket)
        answer = call(http, context)
        with self._store.open():
            self._keep(firing, answer)

    def _keep(self, firing: Firing, answer: Answer) -> None:
        integration = self._store.find("integrations", firing.integration_id)
        if not integration:
            return
        firing.entry = log_entry(firing, answer)
        integrations.log(self._store, firing.entry)
        integrations.count(self._store, integration, answer.success)
        ticket = self._store.find("tickets", firing.ticket_id)
        customer = self._store.find("customers", ticket["_customer"]) if ticket else None
        data = answer.data()
        if customer and data is not None:
            customer["integrations"][str(integration["id"])] = {**data, "__integration_type__": "http"}
            customer["_answered"][str(integration["id"])] = now()
            self._store.save("customers", customer)


def event_of(trigger: str, ticket: Record, message: Record | None, user_id: int | None) -> Record:
    """The event a trigger is about; its object is the message for message events."""
    return {
        "id": time.time_ns() // 1000,
        "type": trigger,
        "object_id": message["id"] if message else ticket["id"],
        "object_type": "TicketMessage" if message else "Ticket",
        "user_id": user_id,
        "context": None,
        "created_datetime": now(),
    }


def context_of(store: Store, firing: Firing, ticket: Record) -> dict[str, Any]:
    """What the integration's templates can name. `message` is empty on ticket events."""
    message = store.find("messages", firing.message_id)
    context: dict[str, Any] = {
        "ticket": tickets.shown(store, ticket),
        "message": tickets.message_shown(message) if message else {},
        "event": firing.event,
    }
    # A copy: rendering goes on after the lock is given back.
    copy = Whole(_copied(context))
    return {**copy, "context": copy}


def log_entry(firing: Firing, answer: Answer) -> Record:
    """One line of the integration's log."""
    entry: Record = {
        "integration_id": firing.integration_id,
        "created_datetime": now(),
        "trigger": firing.trigger,
        "ticket_id": firing.ticket_id,
        "milliseconds": answer.milliseconds,
        "response": answer.response,
    }
    if answer.status is not None:
        entry["status_code"] = answer.status
    if answer.request is not None:
        entry["request"] = answer.request
    return entry


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value
