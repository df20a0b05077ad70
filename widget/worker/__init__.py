"""Takes messages from the outbox and hands them to the vendors' clients. Knows no doors."""

from widget.worker.loop import Worker

__all__ = ["Worker"]
