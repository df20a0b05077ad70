"""Supplier Desk: the service behind the widget. Wires the rooms together, has no rules of its own."""

from __future__ import annotations

from flask import Flask
from flask_migrate import Migrate

from widget.config import ROOT, Config
from widget.db import db, init_store
from widget.secrets import Box
from widget.tokens import ActionTokens

LINE_TOKENS = "line_tokens"
SUMMARY_TOKENS = "summary_tokens"


def create_app(config: Config | None = None) -> Flask:
    """The whole service. Raises SettingsError when the environment lacks a setting."""
    config = config or Config.from_env()
    app = Flask(__name__, static_folder=str(ROOT / "static"), template_folder=str(ROOT / "templates"))
    app.config["SECRET_KEY"] = config.secret_key
    app.config["SECRET_KEY_FALLBACKS"] = list(config.secret_key_fallbacks)
    app.extensions["config"] = config
    app.extensions["box"] = Box(config.keys)
    init_store(app, config.database_url)
    Migrate(app, db, directory=str(ROOT / "migrations"))
    return app
