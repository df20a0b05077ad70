"""How the service runs in production: gunicorn -c gunicorn.conf.py app:app. A --bind on the command line wins.

Plain sync workers, one per core. Measured side by side on two cores: gthread (2 x 8 threads) answered fewer requests
per second in every variant that does some work, and its slowest answers took three to four times as long, because
threads fight for the interpreter and a worker accepts connections it has no free thread for. An answer here takes
milliseconds and no request calls a vendor, so there is nothing for a thread to wait for. A proxy in front holds slow
clients.
"""

from __future__ import annotations

import os
from typing import Any

bind = "127.0.0.1:8000"
worker_class = "sync"
workers = int(os.environ.get("WEB_CONCURRENCY") or len(os.sched_getaffinity(0)))
proc_name = "supplier-desk"

# A request that takes half a minute is lost anyway. On SIGTERM a worker has 25 seconds to finish what it began,
# below the 30 most process managers wait before they kill.
timeout = 30
graceful_timeout = 25

# The application is imported once, before the workers are forked: a missing setting ends the start with one message,
# workers share its memory, and a worker that was killed is back without importing anything.
preload_app = True

# gunicorn would open a socket in the home directory to be steered by.
control_socket_disable = True

# Workers show that they live by touching a file; on a busy disk that can block for longer than `timeout`.
SHARED_MEMORY = "/dev/shm"
worker_tmp_dir = SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else None

# The service logs one line per event itself; errors go to stderr with the rest.
accesslog = None
errorlog = "-"


def post_fork(_server: Any, worker: Any) -> None:
    """Connections opened before the fork belong to the parent: forget them without closing, and open our own."""
    from widget.db import db

    with worker.app.wsgi().app_context():
        for engine in db.engines.values():
            engine.dispose(close=False)


def post_worker_init(worker: Any) -> None:
    """Until here a worker does not hear SIGTERM; who stops the service that early waits for `graceful_timeout`."""
    worker.log.info("Worker ready (pid: %s)", worker.pid)
