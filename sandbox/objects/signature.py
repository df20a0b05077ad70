"""AWS's signature, version 4: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html"""

import hashlib
import hmac
import re

from flask import Request

from sandbox.objects import Options
from sandbox.objects.errors import S3Error

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
FORM = re.compile(
    rf"{ALGORITHM} Credential=([^/]+)/(\d{{8}})/([^/]*)/s3/aws4_request, ?"
    r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})"
)


def check(request: Request, body: bytes, options: Options) -> None:
    """Raises S3Error as S3 does: no signature, unknown key, another region, other content, a wrong sum."""
    match = FORM.fullmatch(request.headers.get("Authorization", ""))
    if not match:
        raise S3Error(403, "AccessDenied", "There is no AWS4 signature.")
    access_key_id, day, region, names, signature = match.groups()
    if access_key_id != options.access_key_id:
        raise S3Error(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
    if region != options.region:
        raise S3Error(400, "AuthorizationHeaderMalformed", f"The region is wrong; expecting '{options.region}'")
    if "x-amz-security-token" in request.headers:
        raise S3Error(400, "InvalidToken", "The provided token is malformed or otherwise invalid.")
    stated = request.headers.get("x-amz-content-sha256", "")
    if stated not in (UNSIGNED, hashlib.sha256(body).hexdigest()):
        raise S3Error(400, "XAmzContentSHA256Mismatch", "The content is not what was signed.")
    text = _to_sign(request, day, region, names, stated)
    expected = hmac.digest(_key(options.secret_access_key, day, region), text.encode(), "sha256").hex()
    if "host" not in names.split(";") or not hmac.compare_digest(expected, signature):
        raise S3Error(403, "SignatureDoesNotMatch", f"The signature we calculated does not match: {text}")


def _to_sign(request: Request, day: str, region: str, names: str, payload: str) -> str:
    path, _, query = request.environ["REQUEST_URI"].partition("?")
    pairs = sorted(pair if "=" in pair else pair + "=" for pair in query.split("&") if pair)
    headers = [f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in names.split(";")]
    canonical = "\n".join([request.method, path, "&".join(pairs), "".join(headers), names, payload])
    at = request.headers.get("x-amz-date", "")
    return "\n".join([ALGORITHM, at, f"{day}/{region}/s3/aws4_request", hashlib.sha256(canonical.encode()).hexdigest()])


def _key(secret: str, day: str, region: str) -> bytes:
    key = b"AWS4" + secret.encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
