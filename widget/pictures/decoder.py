"""Redraws one picture: a program of its own, so that no file can hurt the service. Imports nothing of ours.

Run as `python -I decoder.py PICTURE FOLDER`. It takes limits upon itself, recognises the format from the first bytes,
hands them to exactly one decoder, and draws what came out anew: right way up, in sRGB, with nothing but pixels. FOLDER
then holds `full`, `thumb`, and `view` when the full picture is larger than a screen. The answer is one line of JSON on
stdout: width, height, the type of `full` and whether there is a `view`, or the code of why the picture is refused.
What the codes say to people is not known here; an exit code other than 0 is a fault of ours, never of the picture.
"""

from __future__ import annotations

import json
import math
import re
import resource
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from PIL import ExifTags, Image, ImageCms
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

MEBIBYTE = 1024 * 1024

MOST_PIXELS = 50_000_000
LONGEST_SIDE = 20_000

# Measured with 50 megapixels: the hungriest kind, WebP, needs 800 MB of addresses.
ADDRESSES = 1024 * MEBIBYTE
CPU_SECONDS = 15
WALL_SECONDS = 20
LARGEST_FILE = 80 * MEBIBYTE
MOST_OPEN_FILES = 32

LARGEST_FULL = 25 * MEBIBYTE
VIEW_SIDE = 1600
THUMB_SIDE = 320

HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
AVIF_BRANDS = {b"avif", b"avis"}

# Of what a file says in excess of these, the eye sees nothing.
EIGHT_BITS = {"1": "L", "I": "L", "F": "L", "I;16": "L", "YCbCr": "RGB", "LAB": "RGB", "RGBX": "RGB", "PA": "RGBA"}
EIGHT_BITS |= {"RGBa": "RGBA", "La": "LA"}
WITH_ALPHA = {"L": "LA", "RGB": "RGBA", "P": "RGBA"}

UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

FINE_JPEG: dict[str, Any] = {"format": "JPEG", "quality": 95, "subsampling": 0}
SMALLER_JPEG: dict[str, Any] = {"format": "JPEG", "quality": 85}
MIME = {"PNG": "image/png", "JPEG": "image/jpeg"}


class Unfit(Exception):
    """This picture is not redrawn. The code says why, the details are the values of the sentence about it."""

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


def main() -> None:
    """Limit ourselves, redraw, answer."""
    take_limits()
    source, folder = (Path(argument) for argument in sys.argv[1:])
    try:
        answer = redraw(source, folder)
    except Unfit as unfit:
        answer = {"refused": unfit.code, **unfit.details}
    except MemoryError:
        answer = {"refused": "too_complicated", "because": "MemoryError"}
    sys.stdout.write(json.dumps(answer) + "\n")


def take_limits() -> None:
    """Memory, time and files, for good: what runs in here later cannot lift them."""
    for kind, most in (
        (resource.RLIMIT_AS, ADDRESSES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, LARGEST_FILE),
        (resource.RLIMIT_NOFILE, MOST_OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    # Who started us may have died and kill us no more.
    signal.alarm(WALL_SECONDS)


def redraw(source: Path, folder: Path) -> dict[str, object]:
    """Write full, view and thumb of that picture. Raises Unfit."""
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    warnings.simplefilter("error")
    # EXIF is thrown away: a broken one is no reason to refuse.
    warnings.filterwarnings("ignore", module=r"PIL\.TiffImagePlugin")
    with source.open("rb") as file, faults_are_the_pictures():
        kind = kind_of(file)
        image = drawn_anew(READERS[kind](file))
    opaque = image.mode in {"L", "RGB"}
    full_type = write_full(image, folder / "full", lossless=kind == "png" or not opaque)
    view = shrunk(image, VIEW_SIDE)
    size = image.size
    del image
    has_view = view.size != size
    if has_view:
        view.save(folder / "view", "JPEG", quality=85)
    shrunk(view, THUMB_SIDE).save(folder / "thumb", "JPEG", quality=80)
    check(folder / "full", size)
    return {"width": size[0], "height": size[1], "full": full_type, "has_view": has_view}


# Opening


@contextmanager
def faults_are_the_pictures() -> Iterator[None]:
    """What fails in here, fails because of the file; but for a full disk and the like, which have a number."""
    try:
        yield
    except (Unfit, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        early = isinstance(error, EOFError) or re.search("truncat|end of file|end of data", str(error), re.IGNORECASE)
        raise Unfit("ends_early" if early else "damaged", because=type(error).__name__) from error


def kind_of(file: BinaryIO) -> str:
    """Which reader may have the file, by its first bytes alone. Raises Unfit for every other format."""
    head = file.read(64)
    file.seek(0)
    if not head:
        raise Unfit("empty")
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp" and head[8:12] in HEIC_BRANDS and not is_avif(head):
        return "heic"
    raise Unfit("unusable")


def is_avif(head: bytes) -> bool:
    """Whether the box of brands names AVIF and no HEIC: both may begin with the brand of their common container."""
    box = head[8 : int.from_bytes(head[:4], "big")]
    brands = {box[at : at + 4] for at in range(0, len(box), 4)}
    return bool(brands & AVIF_BRANDS) and not brands & (HEIC_BRANDS - {b"mif1", b"msf1"})


def read_jpeg(file: BinaryIO) -> Image.Image:
    """The first picture: what phones append (depth, brightness, a film) is left behind."""
    image = JpegImageFile(file)
    check_size(*image.size)
    return upright(image)


def read_png(file: BinaryIO) -> Image.Image:
    """The picture, loaded."""
    image = PngImageFile(file)
    check_size(*image.size)
    refuse_frames(image.n_frames)
    return upright(image)


def read_webp(file: BinaryIO) -> Image.Image:
    """The picture, loaded. Its size is read from the header here, as the decoder makes room for it when it opens."""
    head = file.read(30)
    check_size(*webp_size(head))
    if head[12:16] == b"VP8X" and head[20] & 0b10:
        raise Unfit("animated")
    if 8 + int.from_bytes(head[4:8], "little") > file.seek(0, 2):
        raise Unfit("ends_early")
    file.seek(0)
    image = WebPImageFile(file)
    refuse_frames(image.n_frames)
    return upright(image)


def webp_size(head: bytes) -> tuple[int, int]:
    """Width and height as the first chunk of a WebP file says them (RFC 9649)."""
    chunk, data = head[12:16], head[20:].ljust(10, b"\0")
    if chunk == b"VP8X":
        return int.from_bytes(data[4:7], "little") + 1, int.from_bytes(data[7:10], "little") + 1
    if chunk == b"VP8L" and data[0] == 0x2F:
        bits = int.from_bytes(data[1:5], "little")
        return (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    if chunk == b"VP8 " and data[3:6] == b"\x9d\x01\x2a":
        return int.from_bytes(data[6:8], "little") & 0x3FFF, int.from_bytes(data[8:10], "little") & 0x3FFF
    raise Unfit("damaged", because="no WebP chunk")


def read_heic(file: BinaryIO) -> Image.Image:
    """The main picture, turned and cut by libheif as the container says; its EXIF may say it again and is not asked."""
    import pi_heif  # type: ignore[import-untyped]

    refuse_film(file)
    options: Any = pi_heif.options
    options.DECODE_THREADS = 1
    options.THUMBNAILS = options.DEPTH_IMAGES = options.AUX_IMAGES = False
    pictures = pi_heif.open_heif(file, convert_hdr_to_8bit=True)
    check_size(*pictures.size)
    image: Image.Image = pictures.to_pillow()
    check_size(*image.size)
    return image


def refuse_film(file: BinaryIO) -> None:
    """Refuse a HEIC sequence: a film has a box of its own, beside that of the still picture if there is one."""
    end, at = file.seek(0, 2), 0
    for _ in range(100):
        file.seek(at)
        head = file.read(16)
        if head[4:8] == b"moov":
            raise Unfit("animated")
        length = int.from_bytes(head[8:16] if head[:4] == b"\0\0\0\1" else head[:4], "big")
        at += length
        if length < 8 or at >= end:
            break
    file.seek(0)


READERS = {"jpeg": read_jpeg, "png": read_png, "webp": read_webp, "heic": read_heic}


def check_size(width: int, height: int) -> None:
    """Refuse what would take too much memory. Comes before anything is decoded."""
    if width * height > MOST_PIXELS:
        # Rounded up, so that a picture just too large does not have as many as the limit.
        megapixels = f"{math.ceil(width * height / 100_000) / 10:g}"
        raise Unfit("too_many_pixels", megapixels=megapixels, limit=MOST_PIXELS // 1_000_000)
    if max(width, height) > LONGEST_SIDE:
        raise Unfit("too_long", side=max(width, height), limit=LONGEST_SIDE)


def refuse_frames(count: int) -> None:
    """Refuse an animation."""
    if count > 1:
        raise Unfit("animated")


def upright(image: Image.Image) -> Image.Image:
    """The loaded picture, turned as its EXIF says."""
    image.load()
    try:
        turn = UPRIGHT.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # noqa: BLE001  a broken EXIF is no reason to refuse
        turn = None
    if turn is None:
        return image
    turned = image.transpose(turn)
    turned.info = image.info
    return turned


# Drawing


def drawn_anew(image: Image.Image) -> Image.Image:
    """The same pixels in eight bits of sRGB or grey, in a picture that has nothing else."""
    profile = image.info.get("icc_profile")
    image = in_srgb(in_eight_bits(image), profile)
    if image.mode in {"LA", "RGBA"} and image.getextrema()[-1] == (255, 255):
        image = image.convert(image.mode[:-1])
    anew = Image.new(image.mode, image.size)
    anew.paste(image)
    return anew


def in_eight_bits(image: Image.Image) -> Image.Image:
    """In mode L, LA, RGB, RGBA or CMYK. One colour that counts as transparent becomes true transparency."""
    if image.mode.startswith("I") or image.mode == "F":
        # Sixteen bits are cut off at white otherwise.
        return image.point(lambda value: value * (1 / 257) + 0).convert("L")
    transparent = image.info.pop("transparency", None)
    if transparent is not None and image.mode in WITH_ALPHA and is_of_eight_bits(transparent):
        image.info["transparency"] = transparent
        return image.convert("RGBA").convert(WITH_ALPHA[image.mode])
    if image.mode == "P":
        return image.convert("RGBA" if image.palette and image.palette.mode == "RGBA" else "RGB")
    return image.convert(EIGHT_BITS[image.mode]) if image.mode in EIGHT_BITS else image


def is_of_eight_bits(transparent: bytes | int | tuple[int, ...]) -> bool:
    """Whether that names a colour the decoded picture can have: sixteen bits per colour are cut when they are read."""
    return max([transparent] if isinstance(transparent, int) else transparent, default=0) <= 255


def in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The same colours as sRGB. A profile that is broken or of other colours than the picture's is passed over."""
    plainly = image.convert("RGB") if image.mode == "CMYK" else image
    if not profile:
        return plainly
    try:
        return converted(image, ImageCms.ImageCmsProfile(BytesIO(profile)))
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  what a broken profile raises differs from one to the next
        return plainly


def converted(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    """Translated by the profile; greys stay grey. Raises when the profile is of another kind than the picture."""
    inks = profile.profile.xcolor_space.strip()
    if inks == "RGB" and image.mode in {"L", "LA"}:
        image = image.convert("RGB" if image.mode == "L" else "RGBA")
    if inks == "RGB" and (profile.profile.profile_description or "").startswith("sRGB"):
        return image
    srgb = ImageCms.createProfile("sRGB")
    if image.mode in {"RGB", "RGBA"}:
        ImageCms.profileToProfile(image, profile, srgb, inPlace=True)
        return image
    if image.mode == "LA":
        grey, alpha = image.split()
        return Image.merge("LA", (converted(grey, profile), alpha))
    rgb = ImageCms.profileToProfile(image, profile, srgb, outputMode="RGB")
    assert rgb
    return rgb.convert("L") if image.mode == "L" else rgb


def on_white(image: Image.Image) -> Image.Image:
    """Without transparency, as JPEG needs it."""
    if image.mode in {"L", "RGB"}:
        return image
    paper = Image.new(image.mode[:-1], image.size, "white")
    paper.paste(image.convert(paper.mode), mask=image.getchannel("A"))
    return paper


def shrunk(image: Image.Image, side: int) -> Image.Image:
    """On white, with no side longer than that; never enlarged."""
    scale = side / max(image.size)
    if scale >= 1:
        return on_white(image)
    width, height = (max(1, round(length * scale)) for length in image.size)
    return on_white(image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0))


# Writing


def write_full(image: Image.Image, path: Path, *, lossless: bool) -> str:
    """Write the picture in its own size, as well as fits into LARGEST_FULL; its type."""
    if lossless and is_written(image, path, {"format": "PNG", "compress_level": 4}):
        return MIME["PNG"]
    flat = on_white(image)
    if not is_written(flat, path, FINE_JPEG):
        flat.save(path, **SMALLER_JPEG)
    return MIME["JPEG"]


class TooLarge(Exception):
    """Not worth finishing."""


class Shelf(BytesIO):
    """Has room for what is not too large to keep. Pillow forgets which of its own writes failed for want of room."""

    def write(self, data: Any, /) -> int:
        """Take the next bytes."""
        if self.tell() + len(data) > LARGEST_FULL:
            raise TooLarge
        return super().write(data)


def is_written(image: Image.Image, path: Path, how: dict[str, Any]) -> bool:
    """Whether the picture, written like this, is not too large to keep."""
    shelf = Shelf()
    try:
        image.save(shelf, **how)
    except TooLarge:
        return False
    path.write_bytes(shelf.getbuffer())
    return True


def check(path: Path, size: tuple[int, int]) -> None:
    """Read back what was written: a picture that our own hands spoiled must not replace the one sent."""
    with Image.open(path, formats=list(MIME)) as image:
        image.load()
        assert image.size == size, f"{path.name} has {image.size}, not {size}"


if __name__ == "__main__":
    main()
