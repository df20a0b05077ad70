"""Uploads, and the private download of what was uploaded."""

import secrets
from typing import Any
from urllib.parse import quote

from flask import Response, request

from sandbox.api.checks import Fields
from sandbox.api.door import bp, route
from sandbox.desk import desk
from sandbox.errors import ApiError, not_found

KINDS = ("attachment", "public_attachment", "profile_picture", "widget_picture")
LARGEST = 20 * 1024 * 1024


@route("/upload", "POST", 201)
def upload() -> list[dict[str, Any]]:
    """One or more parts; a part's field name becomes the label when it looks like a file's.

    Sizes are strings, as in the documentation's examples.
    """
    fields = Fields(dict(request.args))
    fields.choice("type", KINDS)
    parts = list(request.files.items(multi=True))
    if not parts:
        fields.refuse("file", "No file was sent.")
    fields.done("Failed to upload")
    return [keep(label, part) for label, part in parts]


@bp.get("/<kind>/download/<key>/<name>")
def download(kind: str, key: str, name: str) -> Response:
    """A private attachment for those who hold a key of the API."""
    found = desk().store.file(key)
    if not found or kind not in KINDS:
        raise not_found()
    return Response(found[1], mimetype=found[0], headers={"Content-Disposition": f'attachment; filename="{name}"'})


def keep(label: str, part: Any) -> dict[str, Any]:
    """Stores one uploaded part and describes it as an attachment."""
    content = part.read()
    if len(content) > LARGEST:
        raise ApiError(413, "The file is larger than 20 MB.")
    name = label if "." in label else part.filename or label
    key = secrets.token_hex(16)
    content_type = part.mimetype or "application/octet-stream"
    desk().store.put_file(key, content_type, content)
    url = f"{request.host_url}attachments/{key}/{quote(name.replace('/', '_'))}"
    return {"content_type": content_type, "name": name, "size": str(len(content)), "url": url}
