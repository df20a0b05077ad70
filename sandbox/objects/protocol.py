"""The protocol itself: objects are put, read, looked at, deleted, listed. Every call passes answer(), faults and all.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
"""

import time
from email.utils import format_datetime
from xml.sax.saxutils import escape

from flask import Blueprint, Response, request

from sandbox.objects import signature
from sandbox.objects.errors import S3Error, xml
from sandbox.objects.faults import Fault
from sandbox.objects.shelf import Kept, shelf
from sandbox.server import drop

bp = Blueprint("protocol", __name__)

METHODS = ["PUT", "GET", "HEAD", "DELETE", "POST"]
NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
KNOWN_PARAMETERS = {"list-type", "prefix", "continuation-token", "start-after", "max-keys"}


@bp.route("/<bucket>", methods=METHODS, defaults={"key": ""})
@bp.route("/<bucket>/<path:key>", methods=METHODS)
def answer(bucket: str, key: str) -> Response:
    """Answers any call, as well as its fault allows."""
    body = request.get_data()
    fault = shelf().faults.strike(request.method)
    response = _struck(fault) if fault and fault.is_before else _done(bucket, key, body)
    shelf().calls.add(
        method=request.method, path=request.path, status=response.status_code, fault=fault.kind if fault else None
    )
    return _spoilt(fault, response) if fault else response


def _done(bucket: str, key: str, body: bytes) -> Response:
    try:
        signature.check(request, body, shelf().options)
        if bucket != shelf().options.bucket:
            raise S3Error(404, "NoSuchBucket", "The specified bucket does not exist")
        if set(request.args) - KNOWN_PARAMETERS or request.method == "POST":
            raise S3Error(501, "NotImplemented", "The stand-in does not know this.")
        return _of_object(key, body) if key else _list()
    except S3Error as error:
        return error.response(request.path)


def _of_object(key: str, body: bytes) -> Response:
    if request.method == "PUT":
        return _put(key, body)
    if request.method == "DELETE":
        shelf().remove(key)
        return Response(status=204)
    kept = shelf().find(key)
    if not kept:
        raise S3Error(404, "NoSuchKey", "The specified key does not exist.")
    return Response(kept.content, headers=_described(kept))


def _put(key: str, body: bytes) -> Response:
    condition = request.headers.get("If-None-Match")
    if condition not in (None, "*"):
        raise S3Error(501, "NotImplemented", "A header you provided implies functionality that is not implemented")
    content_type = request.headers.get("Content-Type", "binary/octet-stream")
    kept = shelf().put(key, body, content_type, only_if_new=condition == "*")
    if not kept:
        raise S3Error(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
    return Response(headers={"ETag": kept.etag})


def _described(kept: Kept) -> dict[str, str]:
    return {
        "ETag": kept.etag,
        "Content-Type": kept.content_type,
        "Last-Modified": format_datetime(kept.at, usegmt=True),
    }


def _list() -> Response:
    """The second version of the list; the token is the last key of the page before."""
    if request.method != "GET" or request.args.get("list-type") != "2":
        raise S3Error(501, "NotImplemented", "The stand-in does not know this.")
    prefix = request.args.get("prefix", "")
    after = request.args.get("continuation-token") or request.args.get("start-after", "")
    size = min(int(request.args.get("max-keys", "1000")), shelf().options.page)
    found = shelf().listed(prefix, after)
    page, has_more = found[:size], len(found) > size
    token = f"<NextContinuationToken>{escape(page[-1][0])}</NextContinuationToken>" if has_more else ""
    return xml(
        f'<ListBucketResult xmlns="{NAMESPACE}"><Name>{shelf().options.bucket}</Name>'
        f"<Prefix>{escape(prefix)}</Prefix><KeyCount>{len(page)}</KeyCount><MaxKeys>{size}</MaxKeys>"
        f"<IsTruncated>{str(has_more).lower()}</IsTruncated>{token}{''.join(map(_listed, page))}</ListBucketResult>"
    )


def _listed(found: tuple[str, Kept]) -> str:
    key, kept = found
    return (
        f"<Contents><Key>{escape(key)}</Key><LastModified>{kept.at:%Y-%m-%dT%H:%M:%S}.000Z</LastModified>"
        f"<ETag>{escape(kept.etag)}</ETag><Size>{len(kept.content)}</Size><StorageClass>STANDARD</StorageClass>"
        "</Contents>"
    )


def _struck(fault: Fault) -> Response:
    """What is answered instead of doing anything."""
    if fault.kind == "key_refused":
        return S3Error(403, "AccessDenied", "Access Denied").response(request.path)
    return _broken()


def _spoilt(fault: Fault, response: Response) -> Response:
    """What becomes of the answer."""
    if fault.kind == "error_after":
        return _broken()
    if fault.kind == "slow":
        time.sleep(fault.seconds)
    if fault.kind == "cut":
        _half(response)
    if fault.kind in ("reset", "lost", "cut"):
        drop(request.environ)
    return response


def _broken() -> Response:
    return S3Error(500, "InternalError", "We encountered an internal error. Please try again.").response(request.path)


def _half(response: Response) -> None:
    """Past the server, which would tell the length of what is really sent."""
    content = response.get_data()
    head = f"HTTP/1.1 {response.status}\r\nContent-Length: {len(content)}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in response.headers if name != "Content-Length")
    request.environ["werkzeug.socket"].sendall(head.encode() + b"\r\n" + content[: len(content) // 2])
