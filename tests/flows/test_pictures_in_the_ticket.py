"""Pictures a supplier reports go along with the note in the order's ticket, redrawn, whatever goes wrong."""

from __future__ import annotations

import shutil
from io import BytesIO
from typing import Any

import pytest
import requests
from PIL import ExifTags, Image

from tests.live import Live
from tests.processes import wait_until
from tests.workshop import Workshop


def photo(place: str = "22.5") -> bytes:
    """A photo that says where it was taken."""
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = place
    kept = BytesIO()
    Image.new("RGB", (640, 480), "teal").save(kept, "JPEG", exif=exif, comment=place.encode())
    return kept.getvalue()


def attachments(live: Live, ticket: int) -> list[dict[str, Any]]:
    return [attachment for note in live.notes(ticket) for attachment in note["attachments"]]


def waiting(live: Live) -> list[str]:
    return [item["state"] for item in live.flask("outbox", "list")["items"] if item["state"] != "sent"]


def test_the_note_has_them_redrawn(live: Live) -> None:
    ticket, workshop = live.write("NL10423"), Workshop(live)
    live.start_worker()
    assert workshop.report("NL10423", "like these", pictures=[photo("near-home"), photo("near-home")]).ok
    sent = wait_until(lambda: attachments(live, ticket))
    assert [each["name"] for each in sent] == ["NL10423-1.jpg", "NL10423-2.jpg"]
    assert not any(each["public"] for each in sent)
    content = requests.get(sent[0]["url"], timeout=10).content
    assert b"near-home" not in content
    with Image.open(BytesIO(content)) as shown:
        assert (shown.size, len(shown.getexif())) == ((640, 480), 0)
    live.settled()
    wait_until(lambda: "like these" in live.shown(ticket))


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("kind", ["lost", "error_before", "error_after", "rate_limited", "html"])
def test_an_upload_that_fails_is_made_again_and_the_note_waits_for_it(live: Live, kind: str) -> None:
    live.control("faults", faults=[{"kind": kind, "scope": "uploads", "times": 2, "seconds": 0.2}])
    ticket, workshop = live.write("NL10423"), Workshop(live)
    live.start_worker()
    workshop.report("NL10423", "like this", pictures=[photo()])
    wait_until(lambda: live.notes(ticket) and not waiting(live), 30)
    assert [len(note["attachments"]) for note in live.notes(ticket)] == [1]


@pytest.mark.only_on("sqlite")
def test_a_note_goes_out_without_a_picture_whose_file_is_gone(live: Live) -> None:
    ticket, workshop = live.write("NL10423"), Workshop(live)
    workshop.report("NL10423", "like this", pictures=[photo()])
    shutil.rmtree(live.processes.folder / "pictures")
    live.start_worker()
    wait_until(lambda: live.notes(ticket))
    assert attachments(live, ticket) == []
    assert wait_until(lambda: waiting(live)) == ["parked"]
