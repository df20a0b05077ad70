"""Where pictures are kept: a folder and a bucket behave alike, and whatever fails is one kind of trouble, in time."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import obstore
import pytest

from sandbox.objects import Options
from sandbox.objects.server import Running, running
from sandbox.objects.shelf import Shelf
from tests.processes import ROOT, wait_until
from widget.errors import Outcome, ServiceError
from widget.pictures import bucket, disk
from widget.pictures.bucket import S3, Bucket, Patience
from widget.pictures.disk import Disk
from widget.pictures.storage import Missing, Storage, StorageTrouble, is_key, open_storage

KEY = "3f9c0b6e5d7a4c1e"
JPEG = "image/jpeg"
KEYS = Options()
BRISK = Patience(connect=0.3, attempt=0.4, quick=0.3, look=0.3, rest=0.3)
AN_HOUR = timedelta(hours=1)


def soon() -> datetime:
    """After everything that was put so far, by any clock; a list tells whole seconds."""
    return datetime.now(UTC) + timedelta(minutes=1)


class Place:
    """A storage, and how to make a file in it older."""

    def __init__(self, storage: Storage, age: Callable[[str, timedelta], None]) -> None:
        self.storage = storage
        self.age = age


@pytest.fixture(scope="module")
def at() -> Iterator[Running]:
    """The stand-in bucket, with lists of three keys a page."""
    with running(Options(page=3)) as made:
        yield made


@pytest.fixture
def shelf(at: Running) -> Shelf:
    """What the stand-in has in it: nothing at first."""
    made: Shelf = at.app.extensions["shelf"]
    made.clear()
    return made


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where the files of `on_disk` are; made by the first put."""
    return tmp_path / "pictures"


@pytest.fixture
def on_disk(root: Path) -> Disk:
    """A folder."""
    return Disk(root)


@pytest.fixture
def in_bucket(at: Running, shelf: Shelf) -> S3:
    """A bucket."""
    return s3(at.url)


@pytest.fixture
def in_slow_bucket(at: Running, shelf: Shelf) -> S3:
    """A bucket that answers after a second, which we do not wait."""
    fault(shelf, "slow", seconds=1)
    return s3(at.url, BRISK)


@pytest.fixture(params=["disk", "bucket"])
def place(request: pytest.FixtureRequest, root: Path) -> Place:
    """Each of the two in turn."""
    if request.param == "disk":
        return Place(request.getfixturevalue("on_disk"), lambda key, by: age(file_of(root, key), by))
    shelf = request.getfixturevalue("shelf")
    return Place(
        request.getfixturevalue("in_bucket"), lambda key, by: shelf.age(f"desk/files/{key}", by.total_seconds())
    )


@pytest.fixture
def storage(place: Place) -> Storage:
    """Each of the two in turn."""
    return place.storage


def s3(url: str, patience: Patience | None = None, **others: str) -> S3:
    given = {**vars(KEYS), **others}
    at = Bucket(given["bucket"], "desk/files", given["region"], url)
    return S3(at, given["access_key_id"], given["secret_access_key"], patience)


def file_of(root: Path, key: str) -> Path:
    name = key.replace("/", "~")
    return root / name[:2] / name


def age(path: Path, by: timedelta) -> None:
    at = path.stat().st_mtime - by.total_seconds()
    os.utime(path, (at, at))


def files_below(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


# Both alike


def test_what_was_put_is_read_again_to_the_last_byte(storage):
    content = bytes(range(256)) * 4000
    storage.put(KEY, content, JPEG)
    assert storage.get(KEY) == content


@pytest.mark.parametrize("key", ["abcdefghi", "ab/cd/efghi.jpg", "a_b-c.d9/x", "0" * 121, "abc" * 9])
def test_every_key_is_its_own_file(storage, key):
    storage.put(key, b"one", JPEG)
    storage.put("another-key", b"two", JPEG)
    assert storage.get(key) == b"one"
    assert sorted(storage.keys_older_than(soon())) == sorted([key, "another-key"])


def test_an_empty_file_is_a_file(storage):
    storage.put(KEY, b"", JPEG)
    assert storage.get(KEY) == b""


def test_nothing_is_ever_overwritten(storage):
    storage.put(KEY, b"first", JPEG)
    for content in (b"second", b"first"):
        with pytest.raises(FileExistsError):
            storage.put(KEY, content, JPEG)
    assert storage.get(KEY) == b"first"


def test_of_many_who_put_one_key_exactly_one_does(storage):
    start = threading.Barrier(8)

    def put(number: int) -> int | None:
        start.wait()
        try:
            storage.put(KEY, b"%d" % number * 10_000, JPEG)
        except FileExistsError:
            return None
        return number

    with ThreadPoolExecutor(8) as pool:
        (winner,) = [number for number in pool.map(put, range(8)) if number is not None]
    assert storage.get(KEY) == b"%d" % winner * 10_000


def test_what_is_not_there_is_missing(storage):
    with pytest.raises(Missing):
        storage.get(KEY)
    storage.put("another-key", b"x", JPEG)
    with pytest.raises(Missing):
        storage.get(KEY)


def test_a_deleted_file_is_gone_and_deleting_it_again_is_fine(storage):
    storage.delete(KEY)
    storage.put(KEY, b"x", JPEG)
    storage.delete(KEY)
    storage.delete(KEY)
    with pytest.raises(Missing):
        storage.get(KEY)
    storage.put(KEY, b"y", JPEG)
    assert storage.get(KEY) == b"y"


def test_only_older_files_are_listed_however_many_there_are(place):
    assert list(place.storage.keys_older_than(soon())) == []
    old, new = [f"old/{KEY}.{n}" for n in range(7)], [f"new/{KEY}.{n}" for n in range(7)]
    for key in old + new:
        place.storage.put(key, b"x", JPEG)
    for key in old:
        place.age(key, 2 * AN_HOUR)
    assert sorted(place.storage.keys_older_than(datetime.now(UTC) - AN_HOUR)) == old
    assert sorted(place.storage.keys_older_than(soon())) == sorted(old + new)


def test_files_may_be_deleted_while_they_are_listed(place):
    for number in range(7):
        place.storage.put(f"{KEY}{number}", b"x", JPEG)
    for key in place.storage.keys_older_than(soon()):
        place.storage.delete(key)
    assert list(place.storage.keys_older_than(soon())) == []


@pytest.mark.parametrize(
    "key",
    [
        *("", "short", "../../../etc/passwd", "/etc/passwd", "abcdefgh/../../x", "abcdefgh..", "Abcdefghij"),
        *(
            "abcdefghi\n",
            "abc\0defghij",
            "abc//defghij",
            "abcdefghij/",
            "abc/./defghij",
            ".abcdefghij",
            "ab/.hidden-one",
        ),
        *("a" * 122, "abcdefgh\u0131j", "abcdefgh~ij", "abc\\defghij", "abcdefgh ij"),
    ],
)
def test_what_is_no_key_touches_nothing(storage, key, root, shelf):
    for verb in (lambda: storage.put(key, b"x", JPEG), lambda: storage.get(key), lambda: storage.delete(key)):
        with pytest.raises(ValueError, match="not a key"):
            verb()
    assert not is_key(key)
    assert not root.exists()
    assert shelf.calls.count == 0


def test_a_trouble_is_what_workers_and_commands_know():
    assert issubclass(StorageTrouble, ServiceError)
    trouble = StorageTrouble("no space left on device")
    assert trouble.outcome is Outcome.NOT_DONE
    assert trouble.reason == "The place where pictures are kept failed: no space left on device."


# How they are opened


def test_an_address_opens_a_folder_or_a_bucket(root, at, shelf):
    in_folder = open_storage(f"file:{root} #1%20")
    in_folder.put(KEY, b"x", JPEG)
    assert file_of(root.with_name("pictures #1%20"), KEY).read_bytes() == b"x"
    keys = {"access_key_id": KEYS.access_key_id, "secret_access_key": KEYS.secret_access_key}
    open_storage("s3://pictures/a/b/", endpoint_url=at.url, **keys).put(KEY, b"x", JPEG)
    open_storage("s3://pictures", endpoint_url=at.url, **keys).put(KEY, b"x", JPEG)
    assert [key for key, _ in shelf.listed("", "")] == [f"a/b/{KEY}", f"pictures/{KEY}"]


@pytest.mark.parametrize(
    "url", ["", "pictures", "file:pictures", "file://host/x", "file:///", "s3:", "s3:///x", "ftp://a/b"]
)
def test_no_other_address_is_opened(url):
    with pytest.raises(ValueError, match="pictures are kept in"):
        open_storage(url)


def test_plain_http_goes_nowhere_but_to_this_machine():
    for url in ("http://s3.example", "http://127.0.0.1.s3.example", "http://10.0.0.1:9000"):
        with pytest.raises(ValueError, match="https only"):
            open_storage("s3://pictures/x", endpoint_url=url)
    for url in ("https://s3.example", "http://127.0.0.1:9", "http://localhost:9", "http://[::1]:9", ""):
        open_storage("s3://pictures/x", endpoint_url=url)


def test_without_a_provider_the_bucket_is_at_amazons_in_its_region():
    assert Bucket("pictures", "x", "eu-west-1").address == "https://s3.eu-west-1.amazonaws.com"


def run(code: str, *arguments: str, **env: str) -> str:
    """A process of its own. AssertionError when it does not end well."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT, env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **env},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_who_keeps_pictures_in_a_folder_never_loads_the_library_of_buckets(tmp_path):
    code = (
        "import sys; from widget.pictures.storage import open_storage; storage = open_storage(sys.argv[1]);"
        f"storage.put('{KEY}', b'x', '{JPEG}'); print('obstore' in sys.modules)"
    )
    assert run(code, f"file:{tmp_path}").strip() == "False"


# A folder


def test_files_are_for_nobody_else(on_disk, root):
    mask = os.umask(0)
    try:
        on_disk.put(KEY, b"x", JPEG)
    finally:
        os.umask(mask)
    assert [oct(path.stat().st_mode & 0o777) for path in (root, root / KEY[:2])] == ["0o700", "0o700"]
    assert oct(file_of(root, KEY).stat().st_mode & 0o777) == "0o600"


def test_nothing_but_the_file_is_left_behind(on_disk, root):
    on_disk.put(KEY, b"x", JPEG)
    with pytest.raises(FileExistsError):
        on_disk.put(KEY, b"y", JPEG)
    assert files_below(root) == [file_of(root, KEY)]
    assert file_of(root, KEY).stat().st_nlink == 1


def test_file_and_folders_are_on_disk_before_put_returns(on_disk, root, monkeypatch):
    synced: list[str] = []
    really = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        really(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    on_disk.put(KEY, b"x", JPEG)
    made, unfinished, folder, top = synced
    assert (made, folder, top) == (str(root.parent), str(root / KEY[:2]), str(root))
    assert disk.UNFINISHED.fullmatch(Path(unfinished).name)
    synced.clear()
    on_disk.delete(KEY)
    assert synced == [str(root / KEY[:2])]


def test_a_full_disk_is_a_trouble_and_leaves_nothing(on_disk, root, monkeypatch):
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    on_disk.put(KEY, b"x", JPEG)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageTrouble, match="no space left on device") as caught:
        on_disk.put("another-key", b"x", JPEG)
    assert str(root) not in str(caught.value)
    assert files_below(root) == [file_of(root, KEY)]


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may write anywhere, so it is somebody else for a while."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


def test_a_folder_that_may_not_be_written_is_a_trouble(tmp_path, monkeypatch):
    kept = file_of(tmp_path / "pictures", KEY)
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"x")
    for folder in (kept.parent, kept.parent.parent, tmp_path):
        folder.chmod(0o555)
    # From inside: the way here may be closed to others, too.
    monkeypatch.chdir(tmp_path)
    storage = Disk(Path("pictures"))
    with as_nobody():
        assert storage.get(KEY) == b"x"
        for verb in (
            lambda: storage.put(KEY + "2", b"x", JPEG),
            lambda: storage.delete(KEY),
            lambda: storage.put("another-key", b"x", JPEG),
            lambda: Disk(Path("others")).put(KEY, b"x", JPEG),
        ):
            with pytest.raises(StorageTrouble, match="permission denied"):
                verb()
    for folder in (tmp_path, kept.parent.parent, kept.parent):
        folder.chmod(0o755)


def test_a_file_where_a_folder_should_be_is_a_trouble(on_disk, root):
    root.write_bytes(b"")
    for verb in (lambda: on_disk.put(KEY, b"x", JPEG), lambda: on_disk.get(KEY), lambda: on_disk.delete(KEY)):
        with pytest.raises(StorageTrouble, match=r"not a directory|file exists"):
            verb()


def test_a_folder_where_a_file_should_be_is_a_trouble(on_disk, root):
    file_of(root, KEY).mkdir(parents=True)
    with pytest.raises(StorageTrouble, match="is a directory"):
        on_disk.get(KEY)
    with pytest.raises(StorageTrouble, match=r"is a directory|operation not permitted"):
        on_disk.delete(KEY)
    assert list(on_disk.keys_older_than(soon())) == []


def test_what_a_crash_left_unfinished_is_swept_once_nobody_can_be_at_it(on_disk, root):
    on_disk.put(KEY, b"x", JPEG)
    at_work, left = (root / KEY[:2] / f".{number:016x}.part" for number in (1, 2))
    for path in (at_work, left):
        path.write_bytes(b"half")
    age(left, 2 * AN_HOUR)
    assert list(on_disk.keys_older_than(soon())) == [KEY]
    assert sorted(files_below(root)) == sorted([at_work, file_of(root, KEY)])


CRASH = """
import os, sys
from pathlib import Path
from widget.pictures import disk
disk.os.fsync = lambda descriptor: os.kill(os.getpid(), 9)
disk.Disk(Path(sys.argv[1])).put(sys.argv[2], b"x" * 100, "image/jpeg")
"""


def test_a_put_that_was_killed_leaves_no_file_under_its_key(on_disk, root):
    root.mkdir()
    (root / KEY[:2]).mkdir()
    with pytest.raises(AssertionError):
        run(CRASH, str(root), KEY)
    (left,) = files_below(root)
    assert disk.UNFINISHED.fullmatch(left.name)
    with pytest.raises(Missing):
        on_disk.get(KEY)
    on_disk.put(KEY, b"y", JPEG)
    assert on_disk.get(KEY) == b"y"


def test_files_of_others_are_not_listed(on_disk, root):
    on_disk.put(KEY, b"x", JPEG)
    (root / "notes.txt").write_bytes(b"")
    (root / "notes").mkdir()
    (root / "notes" / "notes-of-mine").write_bytes(b"")
    for name in ("elsewhere-key", ".DS_Store", "UPPER-CASE", f"{KEY}-folder"):
        (root / KEY[:2] / name).write_bytes(b"") if "folder" not in name else (root / KEY[:2] / name).mkdir()
    (root / KEY[:2] / f"{KEY}-broken-link").symlink_to(root / "nowhere")
    assert list(on_disk.keys_older_than(soon())) == [KEY]


# A bucket


def calls(shelf: Shelf) -> list[tuple[str, str | None]]:
    return [(call["method"], call["fault"]) for call in shelf.calls.since(0)]


def fault(shelf: Shelf, kind: str, **fields: Any) -> None:
    shelf.faults.set([{"kind": kind, **fields}])


def test_a_file_is_kept_below_the_prefix_with_its_type(in_bucket, shelf):
    in_bucket.put(KEY, b"x" * 6_000_000, JPEG)
    ((key, kept),) = shelf.listed("", "")
    assert (key, kept.content_type, len(kept.content)) == (f"desk/files/{KEY}", JPEG, 6_000_000)
    assert calls(shelf) == [("PUT", None)]


def test_files_of_others_in_the_bucket_are_not_listed(in_bucket, shelf):
    in_bucket.put(KEY, b"x", JPEG)
    for key in ("desk/other-file", "desk/filesystem/a", "desk/files/UPPER-CASE", "backup-of-everything"):
        shelf.put(key, b"", "", only_if_new=True)
    assert list(in_bucket.keys_older_than(soon())) == [KEY]


VERBS: dict[str, Callable[[Storage], Any]] = {
    "PUT": lambda storage: storage.put(KEY + "2", b"new", JPEG),
    "GET": lambda storage: storage.get(KEY),
    "DELETE": lambda storage: storage.delete(KEY),
    "list": lambda storage: list(storage.keys_older_than(soon())),
}
each_verb = pytest.mark.parametrize("verb", VERBS)


@each_verb
@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("error_before", "answered 500"),
        ("error_after", "answered 500"),
        ("key_refused", "refuses the key"),
        ("reset", "connection to the bucket broke"),
        ("lost", "connection to the bucket broke"),
    ],
)
def test_whatever_goes_wrong_is_a_trouble_after_two_attempts(in_bucket, shelf, kind, words, verb):
    in_bucket.put(KEY, b"x", JPEG)
    fault(shelf, kind)
    with pytest.raises(StorageTrouble, match=words):
        VERBS[verb](in_bucket)
    attempts = 1 if kind == "key_refused" or verb == "list" else 2
    assert len(calls(shelf)[1:]) == attempts


@each_verb
def test_who_gets_no_answer_waits_no_longer_than_set(in_slow_bucket, verb):
    started = time.monotonic()
    with pytest.raises(StorageTrouble, match="did not answer in time"):
        VERBS[verb](in_slow_bucket)
    assert time.monotonic() - started < 1


def test_the_longest_any_call_takes_is_shorter_than_a_request_may():
    usual = Patience()
    assert usual.connect <= usual.attempt
    assert usual.quick + bucket.PAUSE_SECONDS + usual.attempt + usual.look <= 20


@pytest.mark.parametrize("kind", ["error_before", "error_after", "reset", "lost"])
@pytest.mark.parametrize("verb", ["PUT", "GET", "DELETE"])
def test_a_call_that_failed_quickly_is_made_once_more(in_bucket, shelf, kind, verb):
    in_bucket.put(KEY, b"x", JPEG)
    fault(shelf, kind, method=verb, times=1)
    VERBS[verb](in_bucket)
    assert [each for each in calls(shelf)[1:] if each[0] == verb][:2] == [(verb, kind), (verb, None)]


@pytest.mark.parametrize("kind", ["lost", "error_after"])
def test_a_put_whose_answer_is_lost_is_put_once_and_found(in_bucket, shelf, kind):
    fault(shelf, kind, method="PUT", times=1)
    in_bucket.put(KEY, b"mine", JPEG)
    assert in_bucket.get(KEY) == b"mine"
    assert calls(shelf) == [("PUT", kind), ("PUT", None), ("GET", None), ("GET", None)]


def test_a_file_of_somebody_else_is_not_taken_for_ours_when_an_answer_was_lost(in_bucket, shelf):
    in_bucket.put(KEY, b"theirs", JPEG)
    fault(shelf, "error_before", method="PUT", times=1)
    with pytest.raises(FileExistsError):
        in_bucket.put(KEY, b"mine", JPEG)
    assert in_bucket.get(KEY) == b"theirs"


def test_an_answer_that_was_cut_is_never_half_a_picture(in_bucket, shelf):
    in_bucket.put(KEY, b"x" * 100_000, JPEG)
    fault(shelf, "cut", method="GET")
    with pytest.raises(StorageTrouble):
        in_bucket.get(KEY)
    fault(shelf, "cut", method="GET", times=1)
    assert in_bucket.get(KEY) == b"x" * 100_000


def test_a_slow_call_is_not_made_again(in_slow_bucket, shelf):
    with pytest.raises(StorageTrouble):
        in_slow_bucket.put(KEY, b"x", JPEG)
    assert calls(shelf) == [("PUT", "slow")]


def test_after_one_waited_in_vain_nobody_waits_for_a_while(at, shelf):
    patient = s3(at.url, replace(BRISK, rest=60))
    fault(shelf, "slow", seconds=1, times=1)
    with pytest.raises(StorageTrouble):
        patient.get(KEY)
    for verb in ("PUT", "GET", "DELETE"):
        with pytest.raises(StorageTrouble, match="a moment ago"):
            VERBS[verb](patient)
    assert [method for method, _ in calls(shelf)] == ["GET"]


def test_the_bucket_is_tried_again_after_its_rest(in_slow_bucket, shelf):
    with pytest.raises(StorageTrouble):
        in_slow_bucket.get(KEY)
    shelf.faults.set([])

    def is_missing() -> bool:
        try:
            in_slow_bucket.get(KEY)
        except StorageTrouble:
            return False
        except Missing:
            return True
        return False

    wait_until(is_missing, what="the bucket answers again")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"access_key_id": "another"}, "refuses the key"),
        ({"secret_access_key": "hunter2"}, "refuses the key"),
        ({"bucket": "another"}, "no such bucket"),
        ({"region": "eu-west-1"}, "in another region"),
    ],
)
@each_verb
def test_what_is_set_wrong_is_said_and_never_taken_for_a_missing_file(at, shelf, wrong, words, verb):
    with pytest.raises(StorageTrouble, match=words) as caught:
        VERBS[verb](s3(at.url, **wrong))
    assert "hunter2" not in str(caught.value)


@each_verb
def test_nobody_there_is_a_trouble(verb):
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(StorageTrouble, match="could not be reached"):
            VERBS[verb](s3(f"http://127.0.0.1:{bound.getsockname()[1]}"))


def test_a_library_s_words_become_ours_whatever_they_are():
    for words, ours in {
        "kind: Connect … InvalidCertificate(UnknownIssuer)": "the bucket's certificate is not accepted",
        "Received redirect without LOCATION": "the bucket is in another region",
        "status code: 503 Slow Down": "the bucket answered 503",
        "something new\nover two lines": "the connection to the bucket broke",
    }.items():
        with pytest.raises(StorageTrouble, match=ours), bucket.bucket_troubles():
            raise obstore.exceptions.GenericError(words)


def test_no_secret_shows_when_a_storage_is_printed(in_bucket):
    assert KEYS.secret_access_key not in repr(in_bucket) + repr(vars(in_bucket)["_store"])


OF_THE_ENVIRONMENT = {
    "HTTP_PROXY": "http://127.0.0.1:1",
    "http_proxy": "http://127.0.0.1:1",
    "ALL_PROXY": "http://127.0.0.1:1",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1",
    "AWS_ACCESS_KEY_ID": "another",
    "AWS_SECRET_ACCESS_KEY": "another",
    "AWS_SESSION_TOKEN": "another",
    "AWS_REGION": "another",
    "AWS_SKIP_SIGNATURE": "true",
    "AWS_S3_EXPRESS": "true",
    "AWS_CONDITIONAL_PUT": "dynamo:table",
    "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "true",
}
OPEN = f"""
import os, sys
from widget.pictures.storage import StorageTrouble, open_storage
storage = open_storage("s3://{KEYS.bucket}/x", endpoint_url=sys.argv[1],
                       access_key_id="{KEYS.access_key_id}", secret_access_key="{KEYS.secret_access_key}")
"""


def test_settings_that_were_not_given_to_us_are_not_used(at, shelf):
    run(f"{OPEN}storage.put('{KEY}', b'x', '{JPEG}')", at.url, **OF_THE_ENVIRONMENT)
    assert calls(shelf) == [("PUT", None)]


FORKED_BEFORE = f"""{OPEN}
for number in range(3):
    if not os.fork():
        storage.put(f"{KEY}{{number}}", b"x", "{JPEG}")
        os._exit(0)
for number in range(3):
    assert os.wait()[1] == 0
print(os.listdir("/proc/self/task") == [str(os.getpid())])
"""
FORKED_AFTER = f"""{OPEN}
storage.put("{KEY}", b"x", "{JPEG}")
if not os.fork():
    try:
        storage.get("{KEY}")
    except StorageTrouble as trouble:
        print(trouble, flush=True)
    os._exit(0)
os.wait()
assert storage.get("{KEY}") == b"x"
"""


def test_each_forked_process_has_a_client_of_its_own(at, shelf):
    assert run(FORKED_BEFORE, at.url).strip() == "True"
    assert len(shelf.listed("", "")) == 3


def test_a_process_forked_from_one_that_used_the_bucket_is_told_so_instead_of_waiting_for_ever(at, shelf):
    assert "in use before this process was forked" in run(FORKED_AFTER, at.url)
