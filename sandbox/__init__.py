"""A stand-in for Gorgias: its REST API, its triggers and its ticket page, on this machine and for demo and tests only.

It knows nothing of the service it plays against; the two meet over HTTP.
"""

from flask import Flask

from sandbox.desk import Options, open_desk


def create_app(options: Options | None = None) -> Flask:
    """The stand-in as a Flask app: the API, the ticket page and the control API."""
    from sandbox.api import bp as api
    from sandbox.control import bp as control
    from sandbox.pages import bp as pages

    app = Flask(__name__, static_url_path="/app/static")
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.strict_slashes = False
    app.extensions["desk"] = open_desk(options or Options())
    for blueprint in (api, control, pages):
        app.register_blueprint(blueprint)
    return app
