"""Every kind of file people and attackers send as a picture: nothing but its pixels comes out, or words that refuse."""

from __future__ import annotations

import io
import random
import re
import struct
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image

from tests.pictures import files
from tests.pictures.files import BAD, BENT, DOUBTFUL, GOOD, JPEG, MARK, PNG, Bad, Good
from widget.errors import Refused
from widget.pictures.redraw import DECODER, LARGEST_BYTES, MOST_PIXELS, PictureRefused, Redrawn, redraw

# Several test processes share two cores.
PATIENCE = 60.0

each_good = pytest.mark.parametrize("good", GOOD.values(), ids=GOOD)
each_bad = pytest.mark.parametrize("bad", BAD.values(), ids=BAD)


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A place for temporary files, and so a turn, of each test's own; after it nothing is left there but the lock."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    yield place
    assert [left.name for left in place.iterdir() if not left.name.endswith("-lock")] == []


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """An ordinary picture."""
    return sent(tmp_path, files.jpeg())


def sent(place: Path, content: bytes, name: str = "picture") -> Path:
    """A file as it was uploaded."""
    path = place / name
    path.write_bytes(content)
    return path


def program(place: Path, text: str) -> Path:
    """A stand-in for the decoder."""
    path = place / "program.py"
    path.write_text(text)
    return path


def spoiled_decoder(place: Path, text: str) -> Path:
    """The decoder itself, with its limits, in which something goes wrong while it reads a JPEG."""
    return program(
        place,
        f"""
import ctypes, importlib.util, os, signal, sys, time
spec = importlib.util.spec_from_file_location("decoder", {str(DECODER)!r})
decoder = importlib.util.module_from_spec(spec)
spec.loader.exec_module(decoder)

def spoiled(file):
    {text}

decoder.READERS["jpeg"] = spoiled
decoder.main()
""",
    )


def opened(content: bytes) -> Image.Image:
    """The picture in these bytes."""
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def quarters(image: Image.Image) -> list[tuple[int, ...]]:
    """The colour in the middle of each quarter, row by row, as seen on white paper."""
    width, height = image.size
    colours = []
    for at in range(4):
        point = (2 * (at % 2) + 1) * width // 4, (2 * (at // 2) + 1) * height // 4
        pixel = image.crop((*point, point[0] + 1, point[1] + 1)).convert("RGBA")
        paper = Image.new("RGBA", (1, 1), "white")
        colours.append(Image.alpha_composite(paper, pixel).convert("RGB").getpixel((0, 0)))
    return colours  # type: ignore[return-value]


def is_near(colours: list[tuple[int, ...]], wanted: tuple[tuple[int, ...], ...], tolerance: int) -> bool:
    """Whether no part of any colour is further away than that."""
    pairs = zip(colours, wanted, strict=True)
    return all(abs(a - b) <= tolerance for colour, other in pairs for a, b in zip(colour, other, strict=True))


def parts_of_jpeg(content: bytes) -> list[int]:
    """The markers of a JPEG up to its end, which must be the end of the file."""
    assert content[:2] == b"\xff\xd8"
    at, markers = 2, []
    while True:
        mark, length = struct.unpack(">xBH", content[at : at + 4])
        markers.append(mark)
        if mark == 0xE0:
            assert content[at + 4 : at + 9] == b"JFIF\0"
            assert length == 16, "a JFIF header with a thumbnail"
        at += 2 + length
        if mark == 0xDA:
            break
    end = re.search(rb"\xff[^\0\xd0-\xd7]", content[at:])
    assert end is not None
    assert content[at + end.start() :] == b"\xff\xd9", "something follows the picture"
    return markers


def parts_of_png(content: bytes) -> list[bytes]:
    """The names of a PNG's chunks up to its end, which must be the end of the file."""
    at, names = 8, []
    while at < len(content):
        length, name = struct.unpack(">I4s", content[at : at + 8])
        names.append(name)
        at += 12 + length
    assert names[-1] == b"IEND"
    assert at == len(content)
    return names


def assert_only_pixels(content: bytes, content_type: str) -> None:
    """Nothing in the file is anything but what it takes to show it."""
    assert MARK not in content
    if content_type == PNG:
        assert set(parts_of_png(content)) <= {b"IHDR", b"IDAT", b"IEND"}
    else:
        assert set(parts_of_jpeg(content)) <= {0xE0, 0xDB, 0xC0, 0xC4, 0xDA}
    said = opened(content).info.keys()
    assert not said & {"exif", "icc_profile", "xmp", "comment", "photoshop", "transparency", "XML:com.adobe.xmp"}


def redrawn(tmp_path: Path, good: Good) -> Redrawn:
    """What becomes of that file."""
    return redraw(sent(tmp_path, good.make(), good.name), wait_seconds=PATIENCE)


# Good files


@each_good
def test_a_good_file_becomes_nothing_but_its_pixels(good, tmp_path):
    picture = redrawn(tmp_path, good)

    assert (picture.width, picture.height) == good.size
    assert picture.content_type == good.content_type
    full = opened(picture.full)
    assert (full.size, full.mode) == (good.size, good.mode)
    assert is_near(quarters(full), good.corners, good.tolerance), quarters(full)
    assert_only_pixels(picture.full, picture.content_type)

    has_view = max(good.size) > 1600
    assert (picture.view is not None) == has_view
    for content, side in ((picture.view, 1600), (picture.thumb, 320)):
        if content is None:
            continue
        image = opened(content)
        assert image.format == "JPEG"
        assert max(image.size) == min(side, max(good.size))
        assert image.size == tuple(max(1, round(length * max(image.size) / max(good.size))) for length in good.size)
        # Where a quarter is few pixels large, the colours of its neighbours run into it.
        assert is_near(quarters(image), good.corners, max(good.tolerance, 25)) or min(image.size) < 8
        assert_only_pixels(content, JPEG)


def test_the_planted_words_are_in_the_files_that_should_lose_them():
    names = [name for name, good in GOOD.items() if MARK in good.make()]
    assert len(names) > 30, names
    assert {"with a place", "with XMP", "with a comment", "HEIC with a place", "PNG with texts"} <= set(names)


def test_the_file_that_was_sent_stays_as_it_is(photo):
    before = photo.read_bytes()
    redraw(photo, wait_seconds=PATIENCE)
    assert photo.read_bytes() == before


def test_a_path_below_the_working_directory_will_do(photo, monkeypatch):
    monkeypatch.chdir(photo.parent)
    assert redraw(Path(photo.name), wait_seconds=PATIENCE).width == files.WIDTH


def test_half_transparent_colours_lie_on_white_in_the_small_ones(tmp_path):
    glass = sent(tmp_path, files.png(Image.new("RGBA", (400, 400), (0, 0, 0, 128))))
    picture = redraw(glass, wait_seconds=PATIENCE)
    assert is_near(quarters(opened(picture.thumb)), ((127,) * 3,) * 4, 2)


def test_a_png_that_grows_too_large_to_keep_becomes_a_jpeg(tmp_path):
    # A palette packs noise into a byte per pixel; without it each pixel has three.
    width, height = size = 5000, 3900
    noise = random.Random(7).randbytes(width * 100) * (height // 100)
    shades = Image.frombytes("P", size, noise)
    shades.putpalette(random.Random(8).randbytes(768))
    picture = redraw(sent(tmp_path, files.png(shades, compress_level=0)), wait_seconds=PATIENCE)
    assert picture.content_type == JPEG
    assert opened(picture.full).size == size
    assert len(picture.full) < 80_000_000


# Bad files


@each_bad
def test_a_bad_file_is_refused_in_words(bad, tmp_path):
    source = sent(tmp_path, bad.make())
    with pytest.raises(PictureRefused) as refused:
        redraw(source, wait_seconds=PATIENCE)
    assert refused.value.status == bad.status
    assert bad.words in refused.value.sentence
    assert refused.value.sentence.endswith(".")
    assert "{" not in refused.value.sentence


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("whole", BENT.values(), ids=BENT)
def test_a_file_with_bits_turned_over_is_redrawn_clean_or_refused(whole, seed, tmp_path):
    assert_clean_or_refused(sent(tmp_path, files.bent(whole(), seed)))


@pytest.mark.parametrize("make", DOUBTFUL.values(), ids=DOUBTFUL)
def test_a_doubtful_file_is_redrawn_clean_or_refused(make, tmp_path):
    assert_clean_or_refused(sent(tmp_path, make()))


def assert_clean_or_refused(source: Path) -> None:
    """No third thing may happen."""
    with suppress(PictureRefused):
        picture = redraw(source, wait_seconds=PATIENCE)
        assert_only_pixels(picture.full, picture.content_type)


def test_limits_are_named_in_the_words_and_for_others():
    assert (LARGEST_BYTES, MOST_PIXELS) == (20 * 1024 * 1024, 50_000_000)


# A decoder that goes wrong


@pytest.mark.parametrize(
    "fault",
    [
        "os.kill(os.getpid(), signal.SIGKILL)",
        "os.kill(os.getpid(), signal.SIGSEGV)",
        "ctypes.string_at(0)",
        "os.abort()",
        "bytearray(2 << 30)",
        "[bytes(1 << 20) for _ in range(4096)]",
        "decoder.Image.new('RGB', (20_000, 20_000))",
    ],
)
def test_a_decoder_that_dies_or_wants_too_much_memory_refuses_the_picture(fault, photo, tmp_path):
    with pytest.raises(PictureRefused, match="damaged or too complicated") as refused:
        redraw(photo, wait_seconds=PATIENCE, decoder=spoiled_decoder(tmp_path, fault))
    assert refused.value.status == 422


def test_a_decoder_that_computes_for_ever_is_ended_by_the_kernel(photo, tmp_path):
    endless = "decoder.resource.setrlimit(decoder.resource.RLIMIT_CPU, (1, 1))\n    while True: pass"
    with pytest.raises(PictureRefused, match="too complicated"):
        redraw(photo, wait_seconds=PATIENCE, decoder=spoiled_decoder(tmp_path, endless), decode_seconds=PATIENCE)


def test_a_decoder_that_hangs_is_killed_with_all_it_started(photo, tmp_path):
    started = tmp_path / "started"
    hanging = program(
        tmp_path,
        f"""
import os, pathlib, time
child = os.fork()
if child:
    pathlib.Path({str(started)!r}).write_text(str(child))
time.sleep(600)
""",
    )
    began = time.monotonic()
    with pytest.raises(PictureRefused, match="too complicated"):
        redraw(photo, wait_seconds=PATIENCE, decoder=hanging, decode_seconds=1.5)
    assert time.monotonic() - began < 10
    assert is_gone(int(started.read_text()))


def is_gone(process: int) -> bool:
    """Whether that process ends; one that nobody has buried counts as gone."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def test_limits_are_taken_before_the_file_is_opened(photo, tmp_path):
    told = tmp_path / "told"
    telling = f"""
    kinds = ("AS", "CPU", "FSIZE", "NOFILE", "CORE")
    limits = [decoder.resource.getrlimit(getattr(decoder.resource, "RLIMIT_" + kind)) for kind in kinds]
    open({str(told)!r}, "w").write(repr(limits))
    raise decoder.Unfit("unusable")"""
    with pytest.raises(PictureRefused):
        redraw(photo, wait_seconds=PATIENCE, decoder=spoiled_decoder(tmp_path, telling))
    mebibyte = 1024 * 1024
    limits = [1024 * mebibyte, 15, 80 * mebibyte, 32, 0]
    assert told.read_text() == repr([(limit, limit) for limit in limits])


def test_the_decoder_inherits_neither_secrets_nor_input_nor_files(photo, tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "not for decoders")
    told = tmp_path / "told"
    telling = f"""
import os, sys
things = ("SECRET_KEY" in os.environ, sys.stdin.read(), len(os.listdir("/proc/self/fd")), os.getsid(0) == os.getpid())
open({str(told)!r}, "w").write(repr(things))
print('{{"refused": "unusable"}}')
"""
    with pytest.raises(PictureRefused):
        redraw(photo, wait_seconds=PATIENCE, decoder=program(tmp_path, telling))
    # Input, output, complaints, and the folder that is being listed.
    assert told.read_text() == repr((False, "", 4, True))


def test_a_decoder_that_is_broken_is_a_fault_of_ours_and_not_of_the_picture(photo, tmp_path, caplog):
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        redraw(photo, wait_seconds=PATIENCE, decoder=program(tmp_path, "print('x' * 99); 1 / 0"))
    assert [record.message for record in caplog.records] == ["picture decoder ended"]


def test_a_disk_that_is_full_is_a_fault_of_ours_and_not_of_the_picture(photo, tmp_path):
    full = spoiled_decoder(tmp_path, "raise OSError(28, 'No space left on device')")
    with pytest.raises(RuntimeError, match="No space left"):
        redraw(photo, wait_seconds=PATIENCE, decoder=full)


def test_what_a_decoder_writes_is_taken_only_if_it_is_what_it_says(photo, tmp_path):
    lying = """
import pathlib, sys
for name in "full", "thumb":
    pathlib.Path(sys.argv[2], name).write_bytes(b"<script>")
print('{"width": 1, "height": 1, "full": "image/jpeg", "has_view": false}')
"""
    with pytest.raises(RuntimeError, match="something else"):
        redraw(photo, wait_seconds=PATIENCE, decoder=program(tmp_path, lying))


# Turns


def test_who_waits_too_long_for_a_turn_is_told_to_try_again(photo, tmp_path):
    begun, may_end = tmp_path / "begun", tmp_path / "may end"
    slow = program(
        tmp_path,
        f"""
import pathlib, time
pathlib.Path({str(begun)!r}).touch()
while not pathlib.Path({str(may_end)!r}).exists():
    time.sleep(0.01)
print('{{"refused": "unusable"}}')
""",
    )
    with ThreadPoolExecutor() as pool:
        first = pool.submit(redraw, photo, decoder=slow)
        while not begun.exists():
            time.sleep(0.01)
        try:
            with pytest.raises(Refused, match=r"busy.*try again"):
                redraw(photo, wait_seconds=0.1)
        finally:
            may_end.touch()
        with pytest.raises(PictureRefused, match="not a picture"):
            first.result()


def test_pictures_that_come_together_are_decoded_one_after_the_other(photo, tmp_path):
    diary = tmp_path / "diary"
    writing = program(
        tmp_path,
        f"""
import time
diary = open({str(diary)!r}, "a")
print("in", file=diary, flush=True)
time.sleep(0.05)
print("out", file=diary, flush=True)
print('{{"refused": "unusable"}}')
""",
    )

    def try_it() -> None:
        with pytest.raises(PictureRefused, match="not a picture"):
            redraw(photo, wait_seconds=PATIENCE, decoder=writing)

    threads = [threading.Thread(target=try_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert diary.read_text().split() == ["in", "out"] * 4


def test_what_a_killed_process_left_is_cleared_away_by_the_next(photo, temporary):
    redraw(photo, wait_seconds=PATIENCE)
    (lock,) = temporary.iterdir()
    left = temporary / lock.name.replace("lock", "of-the-dead")
    left.mkdir()
    (left / "full").write_bytes(b"an address on a parcel")
    redraw(photo, wait_seconds=PATIENCE)
    assert not left.exists()


def test_temporary_files_are_for_our_eyes_only(photo, tmp_path, temporary):
    told = tmp_path / "told"
    telling = (
        f"import os; open({str(told)!r}, 'w').write(oct(os.stat('.').st_mode)); print('{{\"refused\": \"empty\"}}')"
    )
    with pytest.raises(PictureRefused, match="empty"):
        redraw(photo, wait_seconds=PATIENCE, decoder=program(tmp_path, telling))
    assert told.read_text() == "0o40700"
    (lock,) = temporary.iterdir()
    assert lock.stat().st_mode & 0o777 == 0o600


def test_kinds_are_many():
    assert len(GOOD) >= 60
    assert len(BAD) >= 60
    assert all(isinstance(kind, Good) for kind in GOOD.values())
    assert all(isinstance(kind, Bad) for kind in BAD.values())
