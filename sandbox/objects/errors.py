"""The one way a call is refused: S3's XML with a code and a sentence."""

from xml.sax.saxutils import escape

from flask import Response


class S3Error(Exception):
    """A status, one of S3's codes and a sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def response(self, resource: str) -> Response:
        """The answer."""
        return xml(
            f"<Error><Code>{self.code}</Code><Message>{escape(self.message)}</Message>"
            f"<Resource>{escape(resource)}</Resource><RequestId>4442587FB7D0A2F9</RequestId></Error>",
            self.status,
        )


def xml(document: str, status: int = 200) -> Response:
    """An answer as S3 forms it."""
    return Response(f'<?xml version="1.0" encoding="UTF-8"?>\n{document}', status, content_type="application/xml")
