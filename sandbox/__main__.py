"""`python -m sandbox --port 8001`: the stand-in helpdesk as a process of its own."""

import argparse
import re
import signal
import threading
from pathlib import Path

from sandbox.desk import Options
from sandbox.server import make


def main() -> None:
    """Serves until SIGTERM or Ctrl-C."""
    arguments = parser().parse_args()
    calls, seconds = arguments.rate_limit
    if arguments.state:
        arguments.state.parent.mkdir(parents=True, exist_ok=True)
    running = make(Options(arguments.account, arguments.state, calls, seconds), arguments.host, arguments.port)

    def stop(*_: object) -> None:
        threading.Thread(target=running.server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"Stand-in helpdesk listening on {running.url}", flush=True)
    running.server.serve_forever(poll_interval=0.1)
    running.server.server_close()
    running.desk.close()


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(prog="python -m sandbox", description="A stand-in for Gorgias, for demo and tests.")
    made.add_argument("--host", default="127.0.0.1")
    made.add_argument("--port", type=int, default=8001, help="0 takes a free one (default: %(default)s)")
    made.add_argument("--state", type=Path, help="file that keeps everything over restarts (default: memory only)")
    made.add_argument("--rate-limit", type=rate, default=(40, 20.0), metavar="CALLS/SECONDS", help="0/1: no limit")
    made.add_argument("--account", default="brushwood", help="the account's name (default: %(default)s)")
    return made


def rate(text: str) -> tuple[int, float]:
    """`40/20` as calls and seconds."""
    match = re.fullmatch(r"(\d+)/(\d+(?:\.\d+)?)", text)
    if not match or not float(match[2]):
        raise argparse.ArgumentTypeError("calls/seconds, for example 40/20")
    return int(match[1]), float(match[2])


if __name__ == "__main__":
    main()
