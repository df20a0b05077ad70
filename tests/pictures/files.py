"""Files that people send as pictures, good and bad, made here; only HEIC, which needs an encoder, lies beside this.

Every ordinary one shows the flag: red and green above blue and yellow, so that turned, mirrored or discoloured shows.
"""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

Colour = tuple[int, int, int]

HERE = Path(__file__).parent
WIDTH, HEIGHT = SIZE = (64, 48)
RED, GREEN, BLUE, YELLOW = FLAG = ((220, 40, 40), (40, 180, 60), (40, 60, 200), (230, 210, 50))
GREYS = (30, 100, 170, 240)
GREY_FLAG = tuple((grey, grey, grey) for grey in GREYS)
WHITE, BLACK = (255, 255, 255), (0, 0, 0)

# Planted in whatever is not pixels; must be in nothing that comes out.
MARK = b"PLANTED-52.3702,4.8952"
SCRIPT = b"<script>alert('" + MARK + b"')</script>"
PHP = b"<?php system('" + MARK + b"'); ?>"

JPEG, PNG = "image/jpeg", "image/png"
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Good:
    """A file that is redrawn: how it is made, and what comes out. `corners` are its quarters, row by row."""

    make: Callable[[], bytes]
    corners: tuple[Colour, ...] = FLAG
    size: tuple[int, int] = SIZE
    content_type: str = JPEG
    mode: str = "RGB"
    tolerance: int = 8
    name: str = "picture"


@dataclass(frozen=True)
class Bad:
    """A file that is refused: how it is made, the status, and words of the sentence."""

    make: Callable[[], bytes]
    status: int
    words: str


# Pictures as Pillow makes them


def flag(mode: str = "RGB", size: tuple[int, int] = SIZE) -> Image.Image:
    """Four quarters of one colour each; grey in grey modes, fully opaque where there is transparency."""
    colours: tuple[Any, ...] = GREYS if mode in {"L", "LA"} else FLAG
    image = Image.new(mode[:1] if mode in {"L", "LA"} else "RGB", size)
    width, height = size
    for at, colour in enumerate(colours):
        left, top = at % 2 * (width // 2), at // 2 * (height // 2)
        image.paste(colour, (left, top, left + width - width // 2, top + height - height // 2))
    return image.convert(mode)


def see_through(mode: str = "RGBA") -> Image.Image:
    """The flag, with its first quarter gone."""
    image = flag(mode)
    alpha = Image.new("L", SIZE, 255)
    alpha.paste(0, (0, 0, WIDTH // 2, HEIGHT // 2))
    image.putalpha(alpha)
    return image


def saved(image: Image.Image, kind: str, **how: Any) -> bytes:
    """The image as a file."""
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def jpeg(image: Image.Image | None = None, **how: Any) -> bytes:
    """A JPEG, of the flag if no other picture is given."""
    return saved(image or flag(), "JPEG", **({"quality": 95, "subsampling": 0} | how))


def png(image: Image.Image | None = None, **how: Any) -> bytes:
    """A PNG, of the flag if no other picture is given."""
    return saved(image or flag(), "PNG", **how)


def webp(image: Image.Image | None = None, **how: Any) -> bytes:
    """A WebP, of the flag if no other picture is given."""
    return saved(image or flag(), "WEBP", **({"quality": 95} | how))


def heic(name: str) -> bytes:
    """One of the files beside this."""
    return (HERE / f"{name}.heic").read_bytes()


def exif(orientation: int | None = None) -> bytes:
    """An EXIF block with place, camera and comment, and the orientation if there is one."""
    block = Image.Exif()
    block[0x010E] = MARK.decode()
    block[0x9286] = SCRIPT.decode()
    place = block.get_ifd(0x8825)
    place.update({1: "N", 2: (52.0, 22.0, 12.72), 3: "E", 4: (4.0, 53.0, 42.72), 29: MARK.decode()})
    if orientation is not None:
        block[0x0112] = orientation
    return block.tobytes()


def as_stored(orientation: int) -> Image.Image:
    """The flag as a camera held that way stores it."""
    turned = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    return flag().transpose(turned[orientation]) if orientation in turned else flag()


XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description photoshop:City="' + MARK + b'"/></x:xmpmeta>'


# Files put together byte by byte


def segment(marker: int, data: bytes) -> bytes:
    """One part of a JPEG."""
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def with_segment(marker: int, data: bytes) -> bytes:
    """The flag as JPEG with one more part at its beginning."""
    whole = jpeg()
    return whole[:2] + segment(marker, data) + whole[2:]


def with_sides(width: int, height: int) -> bytes:
    """The flag as JPEG whose header claims another size."""
    whole = jpeg()
    at = whole.index(b"\xff\xc0")
    return whole[: at + 5] + struct.pack(">HH", height, width) + whole[at + 9 :]


def chunk(name: bytes, data: bytes) -> bytes:
    """One part of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def raw_png(size: tuple[int, int], depth: int, colour: int, rows: bytes, *more: bytes, interlaced: int = 0) -> bytes:
    """A PNG of these rows, each beginning with the number of its filter, and of more parts before them."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, interlaced))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(more) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def with_chunk(*chunks: bytes) -> bytes:
    """The flag as PNG with more parts after its header."""
    whole = png()
    return whole[:33] + b"".join(chunks) + whole[33:]


def rows_of_16_bits(mode: str) -> bytes:
    """The flag in sixteen bits per colour."""
    image = flag(mode)
    deep = b"".join(bytes((value, value)) for value in image.tobytes())
    length = len(deep) // HEIGHT
    return b"".join(b"\0" + deep[row * length : (row + 1) * length] for row in range(HEIGHT))


def interlaced() -> bytes:
    """The flag as a PNG in the seven passes of Adam7."""
    rows = bytearray()
    passes = (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)
    for x, y, right, down in passes:
        for row in range(y, HEIGHT, down):
            rows.append(0)
            for column in range(x, WIDTH, right):
                rows += bytes(FLAG[column * 2 // WIDTH + row * 2 // HEIGHT * 2])
    return raw_png(SIZE, 8, 2, bytes(rows), interlaced=1)


def only_header(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is large."""
    return raw_png((width, height), 8, 2, b"\0" * 100)


def swollen(name: bytes, before: bytes) -> bytes:
    """The flag as PNG with a part that unpacks to 200 MB."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(MEBIBYTE)) for _ in range(200)) + packer.flush()
    return with_chunk(chunk(name, before + packed))


def webp_header(width: int, height: int) -> bytes:
    """The flag as WebP whose header claims another size."""
    whole = bytearray(webp(see_through()))
    assert whole[12:16] == b"VP8X"
    whole[24:30] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return bytes(whole)


def heic_of(width: int, height: int) -> bytes:
    """The flag as HEIC that claims another size."""
    whole = bytearray(heic("flag"))
    at = whole.index(b"ispe")
    whole[at + 8 : at + 16] = struct.pack(">II", width, height)
    return bytes(whole)


def box(name: bytes, data: bytes) -> bytes:
    """One part of a HEIC file."""
    return struct.pack(">I", len(data) + 8) + name + data


def two_in_one() -> bytes:
    """Two pictures in a JPEG, as phones write them beside a photo."""
    return saved(flag(), "MPO", save_all=True, append_images=[Image.new("RGB", SIZE, WHITE)], quality=95, subsampling=0)


def film(kind: str, **how: Any) -> bytes:
    """Two pictures that move."""
    return saved(flag(), kind, save_all=True, append_images=[Image.new("RGB", SIZE, WHITE)], duration=100, **how)


def zipped() -> bytes:
    """A ZIP file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("run.html", SCRIPT)
    return file.getvalue()


def cut(whole: bytes, share: float) -> bytes:
    """The beginning of a file."""
    return whole[: round(len(whole) * share)]


def noise(size: tuple[int, int] = (120, 90)) -> Image.Image:
    """A picture that does not pack well, so that a cut file lacks pixels."""
    return Image.frombytes("RGB", size, random.Random(7).randbytes(size[0] * size[1] * 3))


def bent(whole: bytes, seed: int) -> bytes:
    """The file with some bits turned over."""
    chance, bits = random.Random(seed), bytearray(whole)
    for _ in range(6):
        bits[chance.randrange(12, len(bits))] ^= 1 << chance.randrange(8)
    return bytes(bits)


# Profiles: what the numbers of a picture mean (ICC.1:2010)


def fixed(*numbers: float) -> bytes:
    """Numbers as profiles write them."""
    return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)


def profile(kind: bytes, inks: bytes, between: bytes, tags: dict[bytes, bytes]) -> bytes:
    """A profile of these tags, named after the mark."""
    name = MARK.decode().encode("utf-16-be")
    tags = {b"desc": b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(name), 28) + name, **tags}
    tags |= {b"wtpt": b"XYZ \0\0\0\0" + fixed(0.9642, 1, 0.8249), b"cprt": tags[b"desc"]}
    table, data = struct.pack(">I", len(tags)), b""
    for sign, content in tags.items():
        padded = content + b"\0" * (-len(content) % 4)
        table += sign + struct.pack(">II", 128 + 4 + 12 * len(tags) + len(data), len(content))
        data += padded
    head = struct.pack(">8xI4s4s4s12x4s28x", 0x04000000, kind, inks, between, b"acsp") + fixed(0.9642, 1, 0.8249)
    whole = head.ljust(128, b"\0") + table + data
    return struct.pack(">I", len(whole)) + whole[4:]


def display_p3() -> bytes:
    """The colours of phones and their cameras: the reddest red is redder than that of sRGB."""
    curve = b"para\0\0\0\0\0\3\0\0" + fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    return profile(
        b"mntr",
        b"RGB ",
        b"XYZ ",
        {
            b"rXYZ": b"XYZ \0\0\0\0" + fixed(0.51512, 0.24120, -0.00105),
            b"gXYZ": b"XYZ \0\0\0\0" + fixed(0.29198, 0.69225, 0.04189),
            b"bXYZ": b"XYZ \0\0\0\0" + fixed(0.15710, 0.06657, 0.78407),
            b"rTRC": curve,
            b"gTRC": curve,
            b"bTRC": curve,
        },
    )


def grey_of_light() -> bytes:
    """A grey whose numbers count light: half the number looks lighter than half."""
    return profile(b"mntr", b"GRAY", b"XYZ ", {b"kTRC": b"curv\0\0\0\0" + struct.pack(">I", 0)})


def green_cyan() -> bytes:
    """Printing inks of which the cyan one is green."""
    straight = bytes(range(256))
    nodes = bytearray()
    for ink in range(16):
        cyan, black = ink & 8, ink & 1
        nodes += bytes((0, 128, 128)) if black else bytes((117, 78, 178)) if cyan else bytes((255, 128, 128))
    table = (
        b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + fixed(1, 0, 0, 0, 1, 0, 0, 0, 1) + straight * 4 + nodes + straight * 3
    )
    return profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": table})


def srgb() -> bytes:
    """The profile of sRGB itself."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


P3_ORANGE, SRGB_ORANGE = (200, 100, 50), (215, 93, 31)
LIGHT, LIGHT_AS_SEEN = (128,) * 3, (188,) * 3


def plain(colour: Any, mode: str = "RGB") -> Image.Image:
    """A picture of one colour."""
    return Image.new(mode, SIZE, colour)


def good_jpegs() -> Iterator[tuple[str, Good]]:
    """JPEG files as cameras, phones and programs write them."""
    yield "baseline", Good(jpeg)
    yield "progressive", Good(lambda: jpeg(progressive=True))
    yield "with coarse colours", Good(lambda: jpeg(subsampling=2), tolerance=12)
    yield "with restart markers", Good(lambda: jpeg(restart_marker_rows=1))
    yield "grey", Good(lambda: jpeg(flag("L")), GREY_FLAG, mode="L")
    yield "CMYK of Adobe", Good(lambda: jpeg(flag("CMYK")))
    yield (
        "CMYK with a profile",
        Good(lambda: jpeg(plain((255, 0, 0, 0), "CMYK"), icc_profile=green_cyan()), ((0, 128, 0),) * 4, tolerance=25),
    )
    for orientation in range(1, 9):
        yield (
            f"held in way {orientation}",
            Good(lambda way=orientation: jpeg(as_stored(way), exif=exif(way))),  # type: ignore[misc]
        )
    yield "held in a way there is not", Good(lambda: jpeg(exif=exif(9)))
    yield "with a place", Good(lambda: jpeg(exif=exif()))
    yield "with EXIF of 60 kB", Good(lambda: jpeg(exif=b"Exif\0\0" + exif(1)[6:] + MARK * 2700))
    yield "with broken EXIF", Good(lambda: jpeg(exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + MARK))
    yield (
        "with EXIF that points at itself",
        Good(lambda: jpeg(exif=b"Exif\0\0MM\0*\0\0\0\x08\0\1\x87\x69\0\4\0\0\0\1\0\0\0\x08\0\0\0\x08" + MARK)),
    )
    yield "with XMP", Good(lambda: jpeg(xmp=XMP))
    yield "with a comment", Good(lambda: jpeg(comment=MARK))
    yield "with script in a comment", Good(lambda: jpeg(comment=SCRIPT + PHP))
    yield "with captions", Good(lambda: with_segment(0xED, b"Photoshop 3.0\0" + MARK))
    yield "with parts nobody knows", Good(lambda: with_segment(0xEB, MARK * 100))
    yield (
        "with colours of a phone",
        Good(lambda: jpeg(plain(P3_ORANGE), icc_profile=display_p3()), (SRGB_ORANGE,) * 4, tolerance=3),
    )
    yield "with a profile of sRGB", Good(lambda: jpeg(icc_profile=srgb()))
    yield (
        "grey with a profile",
        Good(lambda: jpeg(plain(128, "L"), icc_profile=grey_of_light()), (LIGHT_AS_SEEN,) * 4, mode="L", tolerance=3),
    )
    yield "grey with a profile for colours", Good(lambda: jpeg(flag("L"), icc_profile=display_p3()), GREY_FLAG)
    yield "with a broken profile", Good(lambda: jpeg(icc_profile=MARK * 30))
    yield "with half a profile", Good(lambda: jpeg(icc_profile=cut(display_p3(), 0.5)))
    yield "with a profile for inks", Good(lambda: jpeg(icc_profile=green_cyan()))
    yield "with a profile that says nothing", Good(lambda: jpeg(icc_profile=profile(b"mntr", b"RGB ", b"XYZ ", {})))
    yield "two in one", Good(two_in_one)
    yield "two in one with a broken list", Good(lambda: with_segment(0xE2, b"MPF\0MM\0*\0\0\0\x08\xff\xff" + MARK))
    yield "with a ZIP behind", Good(lambda: jpeg() + zipped())
    yield "with HTML behind", Good(lambda: jpeg() + b"<html>" + SCRIPT)
    yield "with a film behind", Good(lambda: jpeg() + box(b"ftyp", b"mp42") + box(b"mdat", MARK))
    yield "of one pixel", Good(lambda: jpeg(Image.new("RGB", (1, 1), RED)), (RED,) * 4, (1, 1))
    yield "very wide", Good(lambda: jpeg(Image.new("RGB", (20_000, 3), BLUE)), (BLUE,) * 4, (20_000, 3))
    yield "very high", Good(lambda: jpeg(Image.new("RGB", (1, 20_000), BLUE)), (BLUE,) * 4, (1, 20_000))
    yield "larger than a screen", Good(lambda: jpeg(flag(size=(2400, 1800))), size=(2400, 1800))
    yield "just as large as a screen", Good(lambda: jpeg(flag(size=(1600, 1200))), size=(1600, 1200))


def named_jpegs() -> Iterator[tuple[str, Good]]:
    """The same file under names people or attackers give."""
    names = [
        "a.png",
        "a.html",
        "-rf",
        "--help",
        "a b'c\"d;$(e)",
        "线\n框.jpg",
        "\u202egpj.exe",
        "%s%n",
        "a" * 250,
        "a.heic",
    ]
    for number, name in enumerate(names, 1):
        yield f"under odd name {number}", Good(jpeg, name=name)


def good_pngs() -> Iterator[tuple[str, Good]]:
    """PNG files in every depth and colour type."""
    yield "PNG", Good(png, content_type=PNG, tolerance=0)
    bits = (BLACK, WHITE, WHITE, BLACK)
    yield (
        "PNG of one bit",
        Good(
            lambda: png(flag("L").point([255 * (100 <= v <= 170) for v in range(256)]).convert("1")),
            bits,
            content_type=PNG,
            mode="L",
            tolerance=0,
        ),
    )
    yield "PNG in grey", Good(lambda: png(flag("L")), GREY_FLAG, content_type=PNG, mode="L", tolerance=0)
    yield (
        "PNG in grey of 16 bits",
        Good(lambda: raw_png(SIZE, 16, 0, rows_of_16_bits("L")), GREY_FLAG, content_type=PNG, mode="L", tolerance=1),
    )
    yield "PNG of 16 bits", Good(lambda: raw_png(SIZE, 16, 2, rows_of_16_bits("RGB")), content_type=PNG, tolerance=1)
    yield (
        "PNG of 16 bits with a transparent colour",
        Good(
            lambda: raw_png(SIZE, 16, 2, rows_of_16_bits("RGB"), chunk(b"tRNS", struct.pack(">HHH", 9999, 9999, 9999))),
            content_type=PNG,
            tolerance=1,
        ),
    )
    yield (
        "PNG with 16 bits of transparency",
        Good(lambda: raw_png(SIZE, 16, 6, rows_of_16_bits("RGBA")), content_type=PNG, tolerance=1),
    )
    yield (
        "PNG with transparency",
        Good(lambda: png(see_through()), (WHITE, *FLAG[1:]), content_type=PNG, mode="RGBA", tolerance=0),
    )
    yield "PNG with transparency unused", Good(lambda: png(flag("RGBA")), content_type=PNG, tolerance=0)
    yield (
        "PNG in grey with transparency",
        Good(lambda: png(see_through("LA")), (WHITE, *GREY_FLAG[1:]), content_type=PNG, mode="LA", tolerance=0),
    )
    yield (
        "PNG in grey with one transparent",
        Good(
            lambda: png(flag("L"), transparency=GREYS[0]),
            (WHITE, *GREY_FLAG[1:]),
            content_type=PNG,
            mode="LA",
            tolerance=0,
        ),
    )
    yield (
        "PNG with one colour transparent",
        Good(lambda: png(transparency=RED), (WHITE, *FLAG[1:]), content_type=PNG, mode="RGBA", tolerance=0),
    )
    yield "PNG with a palette", Good(lambda: png(flag().quantize(4)), content_type=PNG, tolerance=2)
    yield (
        "PNG with a transparent palette",
        Good(lambda: png(see_through().quantize(5)), (WHITE, *FLAG[1:]), content_type=PNG, mode="RGBA", tolerance=2),
    )
    yield (
        "PNG with a palette and a profile",
        Good(
            lambda: png(plain(P3_ORANGE).quantize(2), icc_profile=display_p3()),
            (SRGB_ORANGE,) * 4,
            content_type=PNG,
            tolerance=3,
        ),
    )
    yield (
        "PNG with transparency and a profile",
        Good(
            lambda: png(Image.new("RGBA", SIZE, (*P3_ORANGE, 128)), icc_profile=display_p3()),
            tuple(tuple((c + 255) // 2 for c in SRGB_ORANGE) for _ in range(4)),  # type: ignore[misc]
            content_type=PNG,
            mode="RGBA",
            tolerance=3,
        ),
    )
    yield (
        "PNG in grey with transparency and a profile",
        Good(
            lambda: png(Image.new("LA", SIZE, (128, 128)), icc_profile=grey_of_light()),
            ((222,) * 3,) * 4,
            content_type=PNG,
            mode="LA",
            tolerance=3,
        ),
    )
    yield "PNG interlaced", Good(interlaced, content_type=PNG, tolerance=0)
    yield "PNG with texts", Good(png_with_texts, content_type=PNG, tolerance=0)
    yield "PNG held in way 6", Good(lambda: png(as_stored(6), exif=exif(6)), content_type=PNG, tolerance=0)
    yield (
        "PNG with parts nobody knows",
        Good(lambda: with_chunk(chunk(b"prVt", MARK), chunk(b"tIME", bytes(7))), content_type=PNG, tolerance=0),
    )
    yield "PNG with HTML behind", Good(lambda: png() + SCRIPT, content_type=PNG, tolerance=0)
    yield (
        "PNG of 50 megapixels",
        Good(lambda: png(Image.new("1", (10_000, 5_000), 1)), (WHITE,) * 4, (10_000, 5_000), PNG, "L", 0),
    )


def png_with_texts() -> bytes:
    """Texts in all the ways PNG has for them."""
    texts = PngInfo()
    texts.add_text("Comment", MARK.decode())
    texts.add_text("Author", MARK.decode() * 20, zip=True)
    texts.add_itxt("XML:com.adobe.xmp", XMP.decode())
    texts.add_itxt("Description", SCRIPT.decode(), zip=True)
    return png(pnginfo=texts)


def other_good_ones() -> Iterator[tuple[str, Good]]:
    """WebP and HEIC."""
    yield "WebP", Good(webp, tolerance=14)
    yield "WebP lossless", Good(lambda: webp(lossless=True))
    yield (
        "WebP with transparency",
        Good(lambda: webp(see_through()), (WHITE, *FLAG[1:]), content_type=PNG, mode="RGBA", tolerance=14),
    )
    yield (
        "WebP lossless with transparency",
        Good(
            lambda: webp(see_through(), lossless=True), (WHITE, *FLAG[1:]), content_type=PNG, mode="RGBA", tolerance=0
        ),
    )
    yield "WebP with transparency unused", Good(lambda: webp(flag("RGBA"), lossless=True))
    yield (
        "WebP held in way 8 with all else",
        Good(lambda: webp(as_stored(8), exif=exif(8), xmp=XMP, icc_profile=srgb()), tolerance=14),
    )
    yield (
        "WebP with colours of a phone",
        Good(lambda: webp(plain(P3_ORANGE), icc_profile=display_p3(), lossless=True), (SRGB_ORANGE,) * 4, tolerance=3),
    )
    yield "WebP with HTML behind", Good(lambda: webp() + SCRIPT, tolerance=14)
    yield "HEIC with a place", Good(lambda: heic("flag"), tolerance=14)
    yield "HEIC with a film behind", Good(lambda: heic("flag") + box(b"mpvd", MARK), tolerance=14)
    yield "HEIC held sideways", Good(lambda: heic("sideways"), tolerance=14)
    yield (
        "HEIC with transparency",
        Good(lambda: heic("see_through"), (WHITE, *FLAG[1:]), content_type=PNG, mode="RGBA", tolerance=14),
    )
    yield "HEIC with colours of a phone", Good(lambda: heic("phone"), (SRGB_ORANGE,) * 4, tolerance=6)
    yield "HEIC of a burst", Good(lambda: heic("burst"), tolerance=14)
    yield "HEIC of 10 bits", Good(lambda: heic("deep"), tolerance=14)


UNUSABLE = "JPEG, PNG, WebP or HEIC"


def foreign_files() -> Iterator[tuple[str, Bad]]:
    """What is no picture of the kinds we take."""
    yield "nothing", Bad(lambda: b"", 422, "empty")
    contents = {
        "one byte": lambda: b"\xff",
        "text": lambda: b"Dear team, the customer is angry.",
        "HTML": lambda: b"<!doctype html>" + SCRIPT,
        "HTML before a JPEG": lambda: SCRIPT + jpeg(),
        "SVG": lambda: b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>",
        "PDF": lambda: saved(flag(), "PDF"),
        "ZIP": zipped,
        "GIF": lambda: saved(flag(), "GIF"),
        "GIF that moves": lambda: film("GIF"),
        "GIF that is a script": lambda: b"GIF89a/*" + bytes(99) + b"*/=1;" + SCRIPT,
        "TIFF": lambda: saved(flag(), "TIFF"),
        "BMP": lambda: saved(flag(), "BMP"),
        "ICO": lambda: saved(flag(), "ICO"),
        "AVIF": lambda: saved(flag(), "AVIF"),
        "AVIF under the name of its container": lambda: saved(flag(), "AVIF").replace(b"ftypavif", b"ftypmif1", 1),
        "JPEG 2000": lambda: saved(flag(), "JPEG2000"),
        "PPM": lambda: saved(flag(), "PPM"),
        "EPS": lambda: saved(flag(), "EPS"),
        "film": lambda: box(b"ftyp", b"isom\0\0\2\0isomavc1mp41") + box(b"moov", bytes(99)),
        "sound": lambda: b"RIFF\x24\0\0\0WAVEfmt " + bytes(99),
        "PNG without its first byte": lambda: png()[1:],
    }
    for name, make in contents.items():
        yield name, Bad(make, 415, UNUSABLE)


def moving_files() -> Iterator[tuple[str, Bad]]:
    """Animations of the kinds we take stills of."""
    yield "WebP that moves", Bad(lambda: film("WEBP"), 422, "animation")
    yield "PNG that moves", Bad(lambda: film("PNG"), 422, "animation")
    brands = box(b"ftyp", b"msf1\0\0\0\0msf1hevcmif1")
    yield "HEIC that moves", Bad(lambda: brands + box(b"meta", bytes(9)) + box(b"moov", bytes(99)), 422, "animation")
    yield "HEIC with a film beside", Bad(lambda: heic("flag") + box(b"moov", bytes(99)), 422, "animation")


def large_files() -> Iterator[tuple[str, Bad]]:
    """What is too large, or says so."""
    yield "21 MB", Bad(lambda: jpeg() + bytes(21 * MEBIBYTE), 413, "has 21.1 MB; at most 20 MB")
    yield "one byte too many", Bad(lambda: jpeg().ljust(20 * MEBIBYTE + 1, b"\0"), 413, "has 20.1 MB; at most 20 MB")
    yield "PNG of 100 megapixels", Bad(lambda: only_header(10_000, 10_000), 413, "has 100 megapixels, more than 50")
    yield (
        "PNG of 100 megapixels for real",
        Bad(lambda: raw_png((10_000, 10_000), 1, 0, bytes(10_000 * 1251)), 413, "has 100 megapixels, more than 50"),
    )
    yield "PNG of a few pixels too many", Bad(lambda: only_header(10_000, 5_001), 413, "has 50.1 megapixels")
    yield "PNG with sides of 65000", Bad(lambda: only_header(65_000, 65_000), 413, "has 4225 megapixels")
    yield "PNG with sides of two billions", Bad(lambda: only_header(2**31 - 1, 2**31 - 1), 413, "megapixels")
    yield "PNG too long", Bad(lambda: only_header(20_001, 10), 413, "20001 pixels long, more than 20000")
    yield "PNG much too long", Bad(lambda: only_header(1, 2_000_000), 413, "2000000 pixels long")
    yield "JPEG of 4 gigapixels", Bad(lambda: with_sides(65_500, 65_500), 413, "megapixels")
    yield "WebP of 268 megapixels", Bad(lambda: webp_header(16_384, 16_384), 413, "has 268.5 megapixels")
    yield "WebP of 51 megapixels", Bad(lambda: webp_header(10_200, 5_000), 413, "has 51 megapixels")
    yield "HEIC of 51 megapixels", Bad(lambda: heic("huge"), 413, "has 51 megapixels, more than 50")


def damaged_files() -> Iterator[tuple[str, Bad]]:
    """What began as a picture."""
    originals: dict[str, Callable[[], bytes]] = {
        "JPEG": lambda: jpeg(noise()),
        "progressive JPEG": lambda: jpeg(noise(), progressive=True),
        "PNG": lambda: png(noise()),
        "WebP": lambda: webp(noise()),
        "lossless WebP": lambda: webp(noise(), lossless=True),
        "HEIC": lambda: heic("flag"),
    }
    for name, make in originals.items():
        for percent in 5, 50, 95:
            early = Bad(lambda make=make, percent=percent: cut(make(), percent / 100), 422, "damaged")  # type: ignore[misc]
            yield f"{name} that ends after {percent} percent", early
    yield "PNG of a signature", Bad(lambda: png()[:8], 422, "damaged")
    yield "JPEG of a signature", Bad(lambda: jpeg()[:3], 422, "damaged")
    yield "JPEG without a scan", Bad(lambda: jpeg()[: jpeg().index(b"\xff\xda")], 422, "damaged")
    yield "JPEG without sides", Bad(lambda: with_sides(0, 0), 422, "damaged")
    yield "JPEG without height", Bad(lambda: with_sides(64, 0), 422, "damaged")
    yield "PNG without width", Bad(lambda: only_header(0, 10), 422, "damaged")
    yield "PNG of an odd depth", Bad(lambda: raw_png(SIZE, 7, 2, bytes(193 * 48)), 422, "damaged")
    yield "PNG with a wrong sum", Bad(lambda: png()[:29] + bytes(4) + png()[33:], 422, "damaged")
    yield "PNG packed wrongly", Bad(lambda: png().replace(b"IDATx", b"IDATy"), 422, "damaged")
    yield "PNG with a swollen profile", Bad(lambda: swollen(b"iCCP", b"icc\0\0"), 422, "damaged")
    yield "PNG with a swollen comment", Bad(lambda: swollen(b"zTXt", b"Comment\0\0"), 422, "damaged")
    yield "PNG with a swollen text", Bad(lambda: swollen(b"iTXt", b"Text\0\1\0\0\0"), 422, "damaged")
    yield "HEIC larger than it is", Bad(lambda: heic_of(8_000, 6_000), 422, "damaged")
    yield "HEIC much larger than it is", Bad(lambda: heic_of(33_000, 33_000), 422, "damaged")
    yield "HEIC of rubbish", Bad(lambda: box(b"ftyp", b"heic\0\0\0\0mif1heic") + MARK * 40, 422, "damaged")
    yield "HEIC of a brand", Bad(lambda: box(b"ftyp", b"heic\0\0\0\0"), 422, "damaged")
    yield "WebP of rubbish", Bad(lambda: b"RIFF\x40\0\0\0WEBPVP8 " + MARK * 40, 422, "damaged")
    yield "WebP of an unknown kind", Bad(lambda: b"RIFF\x40\0\0\0WEBPVP9 " + MARK * 40, 422, "damaged")
    yield "WebP larger inside than it says", Bad(lambda: webp_header(20, 20), 422, "damaged")


GOOD = dict([*good_jpegs(), *named_jpegs(), *good_pngs(), *other_good_ones()])
BAD = dict([*foreign_files(), *moving_files(), *large_files(), *damaged_files()])
# Redrawn or refused, as the decoder likes it; but what comes out is clean.
DOUBTFUL: dict[str, Callable[[], bytes]] = {
    "JPEG higher than it is": lambda: with_sides(64, 4_000),
    "PNG higher than it is": lambda: raw_png((64, 4_000), 8, 2, bytes(193 * 48)),
    "PNG lower than it is": lambda: raw_png((64, 4), 8, 2, bytes(193 * 48)),
    "PNG that says it has one frame": lambda: with_chunk(chunk(b"acTL", struct.pack(">II", 1, 0))),
    "PNG without its end": lambda: png()[:-12],
    "JPEG without its end": lambda: jpeg()[:-2],
}
BENT: dict[str, Callable[[], bytes]] = {
    "JPEG": jpeg,
    "PNG": png,
    "WebP": lambda: webp(see_through(), icc_profile=display_p3(), exif=exif(6)),
    "HEIC": lambda: heic("see_through"),
    "JPEG with everything": lambda: jpeg(as_stored(6), exif=exif(6), icc_profile=display_p3(), xmp=XMP),
}
