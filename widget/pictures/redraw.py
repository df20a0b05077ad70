"""Has a picture redrawn by a program of its own, and says in words why one is refused. Keeps and stores nothing.

The program is `decoder.py` beside this module. It runs with an empty environment in a temporary folder that is gone
afterwards, one at a time on this machine: a picture of fifty megapixels takes most of a gigabyte and a whole core.
"""

from __future__ import annotations

import fcntl
import json
import logging
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from widget.errors import Refused
from widget.pictures.decoder import MOST_PIXELS

__all__ = ["LARGEST_BYTES", "MOST_PIXELS", "PictureRefused", "Redrawn", "redraw"]

log = logging.getLogger(__name__)

MEBIBYTE = 1024 * 1024
LARGEST_BYTES = 20 * MEBIBYTE

DECODER = Path(__file__).with_name("decoder.py")

# Waiting and decoding together stay below the half minute after which the web server gives a request up. Fifty
# megapixels take 2 to 7 seconds.
WAIT_SECONDS = 10.0
DECODE_SECONDS = 18.0
LOOK_EVERY_SECONDS = 0.05

LONGEST_ANSWER = 2000
LONGEST_COMPLAINT = 200
FIRST_BYTES = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n"}


class PictureRefused(Refused):
    """This picture is not taken. `status` is HTTP's: 415 no picture of ours, 413 too large, 422 damaged, 503 busy."""

    def __init__(self, template: str, *, status: int, **values: object) -> None:
        super().__init__(template, **values)
        self.status = status


@dataclass(frozen=True)
class Redrawn:
    """A picture of nothing but pixels. `view` and `thumb` are JPEG; no `view` where `full` fits on a screen."""

    width: int
    height: int
    content_type: str
    full: bytes
    view: bytes | None
    thumb: bytes


def redraw(
    source: Path,
    *,
    wait_seconds: float = WAIT_SECONDS,
    decode_seconds: float = DECODE_SECONDS,
    decoder: Path = DECODER,
) -> Redrawn:
    """The picture in that file, right way up, in sRGB, without metadata; its name and ending do not matter.

    Waits for its turn and for the program that decodes, so no database session should be busy meanwhile. Raises
    PictureRefused. The file is left where it is.
    """
    refuse_by_length(source.stat().st_size)
    with turn(wait_seconds) as prefix, tempfile.TemporaryDirectory(prefix=prefix) as name:
        folder = Path(name)
        answer = answer_of(decoder, source, folder, decode_seconds)
        if "refused" in answer:
            log.info("picture refused", extra={"code": answer["refused"], "because": answer.get("because")})
            raise refusal(answer)
        return result(answer, folder)


def refuse_by_length(size: int) -> None:
    """Refuse what no program has to look at."""
    if size == 0:
        raise refusal({"refused": "empty"})
    if size > LARGEST_BYTES:
        # Rounded up, so that a file just too large does not have as many as the limit.
        megabytes = f"{math.ceil(size / MEBIBYTE * 10) / 10:g}"
        raise refusal({"refused": "too_many_bytes", "size": megabytes, "limit": LARGEST_BYTES // MEBIBYTE})


@contextmanager
def turn(wait_seconds: float) -> Iterator[str]:
    """Wait until no other picture is decoded on this machine; how the names of temporary folders begin.

    While it is our turn nobody else has such a folder: those found were left by processes that were killed.
    """
    place = Path(tempfile.gettempdir())
    prefix = f"supplier-desk-{os.getuid()}-redraw-"
    lock = os.open(place / f"{prefix}lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        until = time.monotonic() + wait_seconds
        while not is_locked(lock):
            if time.monotonic() > until:
                raise refusal({"refused": "busy"})
            time.sleep(LOOK_EVERY_SECONDS)
        for left in place.glob(f"{prefix}*/"):
            shutil.rmtree(left, ignore_errors=True)
        yield prefix
    finally:
        os.close(lock)


def is_locked(lock: int) -> bool:
    """Whether the lock is ours now. It is given back with the file, by the kernel if need be."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def answer_of(decoder: Path, source: Path, folder: Path, seconds: float) -> dict[str, Any]:
    """What the program says about the picture. Raises RuntimeError when the program itself failed."""
    command = [sys.executable, "-I", str(decoder), str(source.absolute()), str(folder)]
    said, complained = folder / "said", folder / "complained"
    # Into files, not pipes: they are read only as far as we like, and the limit on files holds for them, too.
    with said.open("wb") as out, complained.open("wb") as err:
        process = subprocess.Popen(  # noqa: S603  no shell, and nothing in it that a person chose
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env={}, cwd=folder, start_new_session=True
        )
        code = ended(process, seconds)
    complaint = last_line(complained)
    if code == 0:
        return dict(json.loads(beginning(said, LONGEST_ANSWER)))
    log.warning("picture decoder ended", extra={"exit_code": code, "complaint": complaint})
    if code < 0:
        return {"refused": "too_complicated", "because": f"signal {-code}"}
    raise RuntimeError(f"The picture decoder failed: {complaint}")


def ended(process: subprocess.Popen[bytes], seconds: float) -> int:
    """The exit code, below 0 for a signal. Kills the program and all it started when the time is over."""
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return -signal.SIGKILL
    finally:
        # The group outlives its first process when that one started others.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def result(answer: dict[str, Any], folder: Path) -> Redrawn:
    """The pictures the program wrote, if they are what it says."""
    full = (folder / "full").read_bytes()
    view = (folder / "view").read_bytes() if answer["has_view"] else None
    thumb = (folder / "thumb").read_bytes()
    for content, content_type in ((full, answer["full"]), (view, "image/jpeg"), (thumb, "image/jpeg")):
        if content is not None and not content.startswith(FIRST_BYTES[content_type]):
            raise RuntimeError("The picture decoder wrote something else than it says.")
    return Redrawn(answer["width"], answer["height"], answer["full"], full, view, thumb)


def beginning(path: Path, most: int) -> bytes:
    """The first bytes of a file that may be of any length."""
    with path.open("rb") as file:
        return file.read(most)


def last_line(path: Path) -> str:
    """How a program that failed ended its complaint; of a traceback the error."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LONGEST_ANSWER))
        lines = file.read().decode(errors="replace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), "")[:LONGEST_COMPLAINT]


def refusal(answer: dict[str, Any]) -> PictureRefused:
    """The words for a code of the decoder, or of ours, with the values that came with it."""
    values = {name: value for name, value in answer.items() if name not in {"refused", "because"}}
    return WORDS[answer["refused"]](**values)


# Each is a call of its own with its whole sentence in it: so the catalogues find it.
WORDS: dict[str, Callable[..., PictureRefused]] = {
    "unusable": lambda: PictureRefused(
        "This is not a picture we can use. Send a JPEG, PNG, WebP or HEIC file.", status=415
    ),
    "too_many_bytes": lambda **values: PictureRefused(
        "The file has {size} MB; at most {limit} MB. Make the picture smaller and send it again.", status=413, **values
    ),
    "too_many_pixels": lambda **values: PictureRefused(
        "This picture has {megapixels} megapixels, more than {limit}. Make it smaller and send it again.",
        status=413,
        **values,
    ),
    "too_long": lambda **values: PictureRefused(
        "This picture is {side} pixels long, more than {limit}. Make it smaller and send it again.",
        status=413,
        **values,
    ),
    "empty": lambda: PictureRefused("The file is empty. Choose the picture again and send it.", status=422),
    "animated": lambda: PictureRefused("This is an animation. Send one still picture.", status=422),
    "ends_early": lambda: PictureRefused(
        "The picture is damaged: it ends too early. Take or export it again.", status=422
    ),
    "damaged": lambda: PictureRefused("The picture is damaged. Take or export it again.", status=422),
    "too_complicated": lambda: PictureRefused(
        "The picture is damaged or too complicated. Export it as a JPEG and send it again.", status=422
    ),
    "busy": lambda: PictureRefused("We are busy with other pictures. Wait a minute, then try again.", status=503),
}
