"""Pictures that are sent one by one while a form is still being filled in, and taken back. Answers in JSON."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, g, jsonify, request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge

from widget import pictures
from widget.db import db
from widget.pictures import FULL, THUMB, VIEW, Picture, PictureRefused
from widget.web import language, picture_forms
from widget.web.picture_forms import address
from widget.web.supplier.door import bp

RETRY_AFTER = {429: "3600", 503: "10"}


@bp.post("/pictures")
def picture_POST() -> tuple[Response, int] | Response:
    """Keep one picture as a draft."""
    picture_forms.allow_one_picture()
    try:
        picture_forms.check_allowance(g.person)
        # Receiving takes as long as the phone needs: the store is not kept waiting for it.
        db.session.rollback()
        picture = picture_forms.keep(g.person, _sent_file())
    except PictureRefused as error:
        return _refusal(error)
    return jsonify(_as_json(picture)), 201


@bp.post("/pictures/<key>/remove")
def picture_remove_POST(key: str) -> Response:
    """Take back a draft. Raises NotFound."""
    files = pictures.remove_draft(g.person, key)
    db.session.commit()
    pictures.discard(current_app.extensions["pictures"], files)
    return jsonify({})


@bp.get("/pictures")
def drafts_GET() -> Response:
    """Those of the drafts `keys` names (with commas between) that there still are."""
    keys = request.args.get("keys", "").split(",")[: pictures.MOST_ON_A_LINE]
    return jsonify({"pictures": [_as_json(picture) for picture in pictures.drafts_of(g.person, keys)]})


def _sent_file() -> FileStorage:
    """The file of this request. Raises PictureRefused when there is none, several, or too much of it."""
    try:
        files = [file for file in request.files.getlist(picture_forms.FIELD) if file.filename]
    except RequestEntityTooLarge as error:
        raise PictureRefused(
            "The file is too large: at most {limit} MB. Make the picture smaller and send it again.",
            status=413,
            limit=pictures.LARGEST_BYTES // picture_forms.MEBIBYTE,
        ) from error
    if len(files) != 1:
        raise PictureRefused("Send one picture at a time.", status=422)
    return files[0]


def _refusal(error: PictureRefused) -> Response:
    db.session.rollback()
    response = jsonify(error=language.in_words(error))
    response.status_code = error.status
    if error.status in RETRY_AFTER:
        response.headers["Retry-After"] = RETRY_AFTER[error.status]
    return response


def _as_json(picture: Picture) -> dict[str, Any]:
    return {
        "key": picture.key,
        "thumb": address(picture, THUMB),
        "view": address(picture, VIEW),
        "full": address(picture, FULL),
        "width": picture.width,
        "height": picture.height,
    }
