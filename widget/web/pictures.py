"""The files of pictures, for whoever may see their line. Addresses are signed, live an hour, alone open nothing."""

from __future__ import annotations

import time

from flask import Blueprint, Response, abort, current_app, g, make_response, request

from widget import pictures
from widget.errors import NotFound
from widget.people import Person
from widget.pictures import FULL, Missing, Picture, Shown, Storage, StorageTrouble
from widget.tokens import PictureToken, PictureTokens, TokenRefused
from widget.web import sessions, visible

bp = Blueprint("pictures", __name__)

# Also for the few who know how to open a picture as a page of its own: there it may do nothing.
ON_PICTURES = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Vary": "Cookie",
}
KEPT_SECONDS = 600


@bp.before_request
def guard() -> None:
    """Whoever is not signed in finds nothing here."""
    if sessions.find_person() is None:
        raise NotFound("There is no such picture.")


@bp.get("/pictures/<token>")
def picture_GET(token: str) -> Response:
    """One file of a picture. All that goes wrong with the address looks like an address that does not exist."""
    opened = _open(token)
    shown = pictures.find_shown(opened.picture)
    if shown is None or not _may_see(g.person, shown):
        raise NotFound("There is no such picture.")
    etag = f"{shown.picture.key}-{opened.variant}"
    if request.if_none_match.contains(etag):
        response = make_response(b"", 304)
    else:
        response = make_response(_file_of(shown.picture, opened.variant))
        response.content_type = shown.picture.content_type if opened.variant == FULL else "image/jpeg"
        response.headers["Content-Disposition"] = _disposition(shown, opened.variant)
    response.set_etag(etag)
    response.headers.update(ON_PICTURES)
    left = int(opened.expires - time.time())
    response.headers["Cache-Control"] = f"private, max-age={max(0, min(KEPT_SECONDS, left))}"
    return response


def _open(token: str) -> PictureToken:
    tokens: PictureTokens = current_app.extensions["picture_tokens"]
    try:
        return tokens.open(token)
    except TokenRefused as error:
        raise NotFound("There is no such picture.") from error


def _may_see(person: Person, shown: Shown) -> bool:
    """Staff see what is on lines and claims, a supplier's people what is on their own; a draft is its owner's alone."""
    if shown.picture.problem_id is None and shown.picture.claim_id is None:
        return shown.picture.person_id == person.id
    return visible.is_staff(person) or (person.supplier_id is not None and person.supplier_id == shown.supplier_id)


def _file_of(picture: Picture, variant: str) -> bytes:
    storage: Storage = current_app.extensions["pictures"]
    try:
        return storage.get(pictures.path_of(picture.key, variant))
    except Missing as error:
        raise NotFound("There is no such picture.") from error
    except StorageTrouble:
        current_app.logger.warning("picture cannot be read now", extra={"picture": picture.id})
        abort(503)


def _disposition(shown: Shown, variant: str) -> str:
    content_type = shown.picture.content_type if variant == FULL else "image/jpeg"
    name = pictures.name_of(shown.order_name, shown.number, content_type)
    how = "attachment" if request.args.get("download") == "1" else "inline"
    return f'{how}; filename="{name}"'
