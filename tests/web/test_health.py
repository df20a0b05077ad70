"""What the load balancer asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from widget import create_app
from widget.config import Config
from widget.db import db


def test_a_running_service_is_alive_and_ready(client: FlaskClient) -> None:
    for path in ("/healthz", "/readyz"):
        response = client.get(path)
        assert response.status_code == 200
        assert len(response.data) < 10


def test_an_old_schema_is_not_ready(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        db.session.execute(text("UPDATE alembic_version SET version_num = 'older'"))
        db.session.commit()
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


@pytest.fixture
def lost(config: Config) -> Iterator[FlaskClient]:
    """A service whose database nobody serves."""
    app = create_app(replace(config, database_url="postgresql+psycopg://x@127.0.0.1:1/none"))
    yield app.test_client()
    with app.app_context():
        db.engine.dispose()


@pytest.mark.only_on("sqlite")
def test_a_store_that_cannot_be_reached_is_not_ready(lost: FlaskClient) -> None:
    assert lost.get("/readyz").status_code == 503


@pytest.mark.only_on("sqlite")
def test_a_store_that_cannot_be_reached_answers_gorgias_with_503(lost: FlaskClient) -> None:
    response = lost.post("/gorgias/1/widget", json={})
    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert "press again" in response.get_json()["error"]["msg"]
