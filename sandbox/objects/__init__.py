"""A stand-in for a bucket: as much of the S3 protocol as keeping files takes. On this machine, for tests and demo only.

Objects are in memory. It speaks to one pair of keys, with addresses that have the bucket in their path; what it does
not know (parts, copies, versions), it says so.
"""

from dataclasses import dataclass

from flask import Flask


@dataclass(frozen=True)
class Options:
    """What the command line says. `page`: how many keys a list holds before it goes on in another."""

    bucket: str = "pictures"
    access_key_id: str = "demo-key"
    secret_access_key: str = "demo-secret"
    region: str = "us-east-1"
    page: int = 1000


def create_app(options: Options | None = None) -> Flask:
    """The stand-in as a Flask app: the protocol and the control addresses below /_sandbox."""
    from sandbox.objects import control, protocol
    from sandbox.objects.shelf import Shelf

    app = Flask(__name__, static_folder=None)
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = False
    app.extensions["shelf"] = Shelf(options or Options())
    for blueprint in (control.bp, protocol.bp):
        app.register_blueprint(blueprint)
    return app
