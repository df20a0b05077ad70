"""The one way an API call is refused: a status, a sentence and, for malformed input, the fields."""

from typing import Any


class ApiError(Exception):
    """Becomes `{"error": {"msg": …, "data": {field: […]}}}`."""

    def __init__(self, status: int, msg: str, data: dict[str, Any] | None = None) -> None:
        super().__init__(msg)
        self.status = status
        self.msg = msg
        self.data = data

    def body(self) -> dict[str, Any]:
        """The answer's JSON."""
        error: dict[str, Any] = {"msg": self.msg}
        if self.data:
            error["data"] = self.data
        return {"error": error}


def not_found() -> ApiError:
    """What is deleted, merged away or never was."""
    return ApiError(404, "Resource not found.")
