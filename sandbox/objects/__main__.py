"""`python -m sandbox.objects --port 9000`: the stand-in bucket as a process of its own."""

import argparse
import signal
import threading

from sandbox.objects import Options
from sandbox.objects.server import make


def main() -> None:
    """Serves until SIGTERM or Ctrl-C."""
    given = parser().parse_args()
    running = make(Options(given.bucket, given.access_key_id, given.secret_access_key, given.region), port=given.port)

    def stop(*_: object) -> None:
        threading.Thread(target=running.server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"Stand-in bucket listening on {running.url}", flush=True)
    running.server.serve_forever(poll_interval=0.1)
    running.server.server_close()


def parser() -> argparse.ArgumentParser:
    """The options."""
    usual = Options()
    made = argparse.ArgumentParser(prog="python -m sandbox.objects", description="A stand-in for an S3 bucket.")
    made.add_argument("--port", type=int, default=9000, help="0 takes a free one (default: %(default)s)")
    made.add_argument("--bucket", default=usual.bucket, help="its name (default: %(default)s)")
    made.add_argument("--access-key-id", default=usual.access_key_id, help="(default: %(default)s)")
    made.add_argument("--secret-access-key", default=usual.secret_access_key, help="(default: %(default)s)")
    made.add_argument("--region", default=usual.region, help="(default: %(default)s)")
    return made


if __name__ == "__main__":
    main()
