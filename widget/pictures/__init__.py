"""Pictures: what suppliers upload, which line it belongs to, and how much of it is allowed.

`redraw` makes a harmless picture of whatever was sent, `storage` keeps the files; `keeping` has the rows and the rules.
"""

from widget.pictures.keeping import (
    FULL,
    MOST_ON_A_LINE,
    THUMB,
    VIEW,
    Shown,
    add,
    attach,
    attach_to_claim,
    attachments,
    check_allowance,
    discard,
    drafts_of,
    drop_old_drafts,
    files_of,
    find_shown,
    name_of,
    of,
    of_claims,
    path_of,
    remove_draft,
    sweep,
)
from widget.pictures.redraw import LARGEST_BYTES, PictureRefused, Redrawn
from widget.pictures.storage import Missing, Storage, StorageTrouble, open_storage
from widget.pictures.tables import Picture

__all__ = [
    "FULL",
    "LARGEST_BYTES",
    "MOST_ON_A_LINE",
    "THUMB",
    "VIEW",
    "Missing",
    "Picture",
    "PictureRefused",
    "Redrawn",
    "Shown",
    "Storage",
    "StorageTrouble",
    "add",
    "attach",
    "attach_to_claim",
    "attachments",
    "check_allowance",
    "discard",
    "drafts_of",
    "drop_old_drafts",
    "files_of",
    "find_shown",
    "name_of",
    "of",
    "of_claims",
    "open_storage",
    "path_of",
    "remove_draft",
    "sweep",
]
