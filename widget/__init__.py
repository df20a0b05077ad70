"""Supplier Desk: the service behind the widget. Wires the rooms together, has no rules of its own."""

from __future__ import annotations

from flask import Flask
from flask_migrate import Migrate

from widget import cli
from widget.config import ROOT, Config
from widget.db import db, init_store
from widget.pictures import Storage, open_storage
from widget.secrets import Box
from widget.tokens import ActionTokens, BrowserTokens, PictureTokens
from widget.web import (
    account,
    admin,
    api,
    claim_words,
    claims,
    desk,
    figures,
    headers,
    health,
    lines,
    pages,
    picture_forms,
    sessions,
    sidebar,
    signin,
    supplier,
)
from widget.web import pictures as files_of_pictures
from widget.web.account import tokens


def create_app(config: Config | None = None) -> Flask:
    """The whole service. Raises SettingsError when the environment lacks a setting."""
    config = config or Config.from_env()
    app = Flask(__name__, static_folder=str(ROOT / "static"), template_folder=str(ROOT / "templates"))
    app.config["SECRET_KEY"] = config.secret_key
    app.config["SECRET_KEY_FALLBACKS"] = list(config.secret_key_fallbacks)
    app.extensions["config"] = config
    app.extensions["box"] = Box(config.keys)
    app.extensions["line_tokens"] = ActionTokens(config.keys, "line")
    app.extensions["summary_tokens"] = ActionTokens(config.keys, "summary")
    app.extensions["picture_tokens"] = PictureTokens(config.keys)
    app.extensions["browser_tokens"] = BrowserTokens(config.keys)
    app.extensions["pictures"] = _storage(config)
    init_store(app, config.database_url)
    Migrate(app, db, directory=str(ROOT / "migrations"))
    headers.protect(app, config)
    sessions.init_sessions(app, config)
    pages.init_pages(app)
    picture_forms.init_pictures(app)
    claim_words.init_claim_words(app)
    for blueprint in (
        health.bp,
        sidebar.bp,
        signin.bp,
        account.bp,
        supplier.bp,
        lines.bp,
        desk.bp,
        claims.bp,
        files_of_pictures.bp,
        admin.bp,
        figures.bp,
        api.bp,
        tokens.bp,
    ):
        app.register_blueprint(blueprint)
    cli.register(app)
    return app


def _storage(config: Config) -> Storage:
    """Opens nothing before its first use, so that it can be made before the workers are forked."""
    return open_storage(
        config.pictures_url,
        endpoint_url=config.s3_endpoint_url,
        access_key_id=config.aws_access_key_id,
        secret_access_key=config.aws_secret_access_key,
        region=config.aws_region,
    )
