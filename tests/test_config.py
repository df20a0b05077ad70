"""Settings: everything wrong is said at once, and nothing that is missing gets a guess."""

from __future__ import annotations

import dataclasses

import pytest

from widget.config import ROOT, Config, SettingsError

KEY = "0123456789abcdef0123456789abcdef"
ENOUGH = {"SECRET_KEY": KEY, "PUBLIC_URL": "https://desk.example"}


def refused(**env: str) -> str:
    """What is said about settings that are not taken."""
    with pytest.raises(SettingsError) as caught:
        Config.from_env({**ENOUGH, **env})
    return str(caught.value)


def test_all_missing_and_wrong_settings_are_named_at_once():
    with pytest.raises(SettingsError) as caught:
        Config.from_env({"OUTBOX_SETTLE_SECONDS": "soon"})
    for name in ("SECRET_KEY", "PUBLIC_URL", "OUTBOX_SETTLE_SECONDS"):
        assert name in str(caught.value)


def test_two_settings_are_enough():
    config = Config.from_env(ENOUGH)
    assert (config.secret_key, config.public_url) == (KEY, "https://desk.example")
    assert config.outbox_settle_seconds == 60
    assert config.outbox_lease_seconds == 90


def test_the_environment_is_read_when_nothing_else_is_given(monkeypatch):
    for name, value in ENOUGH.items():
        monkeypatch.setenv(name, value)
    assert Config.from_env().public_url == "https://desk.example"


def test_an_empty_setting_is_a_missing_one():
    assert "SECRET_KEY" in refused(SECRET_KEY="")
    assert "PUBLIC_URL" in refused(PUBLIC_URL="")
    assert Config.from_env({**ENOUGH, "DATABASE_URL": "", "OUTBOX_LEASE_SECONDS": ""}) == Config.from_env(ENOUGH)


def test_a_short_key_is_refused_and_not_repeated():
    sentence = refused(SECRET_KEY="too-short")
    assert "SECRET_KEY" in sentence
    assert "too-short" not in sentence


def test_a_wrong_setting_never_shows_its_secret():
    assert "hunter2" not in refused(SECRET_KEY="hunter2", SECRET_KEY_FALLBACKS="hunter2", PUBLIC_URL="")


def test_older_keys_verify_after_the_new_one():
    config = Config.from_env({**ENOUGH, "SECRET_KEY_FALLBACKS": f"{KEY}-older,,{KEY}-oldest"})
    assert config.keys == (KEY, f"{KEY}-older", f"{KEY}-oldest")


@pytest.mark.parametrize("url", ["desk.example", "ftp://desk.example", "https://", "//desk.example", "/desk"])
def test_a_public_url_that_is_no_web_address_is_refused(url):
    assert "PUBLIC_URL" in refused(PUBLIC_URL=url)


def test_plain_http_is_only_for_this_machine():
    assert "https" in refused(PUBLIC_URL="http://desk.example")
    assert "https" in refused(PUBLIC_URL="http://127.0.0.1.desk.example")
    for host in ("127.0.0.1:8000", "localhost", "[::1]:8000"):
        assert Config.from_env({**ENOUGH, "PUBLIC_URL": f"http://{host}"}).is_loopback


def test_https_is_never_taken_for_loopback():
    assert not Config.from_env(ENOUGH).is_loopback
    assert not Config.from_env({**ENOUGH, "PUBLIC_URL": "https://localhost"}).is_loopback


def test_a_slash_at_the_end_of_the_public_url_does_not_double():
    assert Config.from_env({**ENOUGH, "PUBLIC_URL": "https://desk.example/"}).public_url == "https://desk.example"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("", f"sqlite:///{ROOT}/var/widget.db"),
        ("sqlite:///other.db", f"sqlite:///{ROOT}/other.db"),
        ("sqlite:////srv/widget.db", "sqlite:////srv/widget.db"),
        ("postgresql+psycopg://desk@db/desk", "postgresql+psycopg://desk@db/desk"),
    ],
)
def test_the_store_is_the_same_wherever_the_process_was_started(given, meant, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Config.from_env({**ENOUGH, "DATABASE_URL": given}).database_url == meant


@pytest.mark.parametrize("text", ["soon", "-1", "0", "nan", "inf", "86401"])
def test_what_is_no_number_of_seconds_is_refused(text):
    assert "OUTBOX_SETTLE_SECONDS" in refused(OUTBOX_SETTLE_SECONDS=text)
    assert "OUTBOX_LEASE_SECONDS" in refused(OUTBOX_LEASE_SECONDS=text)


def test_seconds_may_be_fractions():
    assert Config.from_env({**ENOUGH, "OUTBOX_SETTLE_SECONDS": "0.5"}).outbox_settle_seconds == 0.5


def test_settings_do_not_change_while_the_service_runs():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Config.from_env(ENOUGH).secret_key = "another"  # type: ignore[misc]


@pytest.mark.parametrize("url", ["widget.db", "mysql://desk@db/desk", "sqlite://", "not an address"])
def test_an_address_of_no_store_we_know_is_refused(url):
    assert "DATABASE_URL" in refused(DATABASE_URL=url)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("", f"file:{ROOT}/var/pictures"),
        ("file:var/other", f"file:{ROOT}/var/other"),
        ("file:/srv/pictures", "file:/srv/pictures"),
        ("file:///srv/pictures", "file:/srv/pictures"),
    ],
)
def test_pictures_are_in_the_same_folder_wherever_the_process_was_started(given, meant, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Config.from_env({**ENOUGH, "PICTURES_URL": given}).pictures_url == meant


BUCKET = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "hunter2hunter2"}


@pytest.mark.parametrize("url", ["s3://bucket", "s3://my.bucket-1/desk/Pictures_2", "s3://bucket/desk/"])
def test_pictures_may_be_in_a_bucket(url):
    config = Config.from_env({**ENOUGH, **BUCKET, "PICTURES_URL": url})
    assert config.pictures_url == url.rstrip("/")
    assert (config.aws_region, config.s3_endpoint_url) == ("us-east-1", "")


@pytest.mark.parametrize(
    "url",
    [
        *("var/pictures", "file:", "file:/", "file:.", "file:..", "file://host/pictures", "file:////srv", "file:a\0b"),
        *("s3:", "s3://", "s3:/bucket", "s3://B", "s3://bucket//x", "s3://bucket/..", "s3://bucket/../x", "s3://b\n"),
        *("s3://k:s@bucket", "s3://bucket?x", "s3://bucket/a b", "https://bucket.example", "ftp://host/dir"),
    ],
)
def test_no_other_place_for_pictures_is_taken(url):
    assert "PICTURES_URL is not" in refused(PICTURES_URL=url, **BUCKET)


def test_a_bucket_needs_both_keys_and_both_are_named():
    sentence = refused(PICTURES_URL="s3://bucket", AWS_ACCESS_KEY_ID="")
    assert "AWS_ACCESS_KEY_ID is missing" in sentence
    assert "AWS_SECRET_ACCESS_KEY is missing" in sentence
    assert "AWS_ACCESS_KEY_ID" not in refused(PICTURES_URL="s3://bucket", AWS_ACCESS_KEY_ID="AKIDEXAMPLE")


def test_a_folder_needs_no_keys():
    assert Config.from_env({**ENOUGH, "PICTURES_URL": "file:var/pictures"}).aws_access_key_id == ""


@pytest.mark.parametrize(
    "url", ["https://s3.example", "http://127.0.0.1:9000", "http://[::1]:9000", "http://localhost/"]
)
def test_another_provider_may_keep_the_bucket(url):
    assert Config.from_env({**ENOUGH, "S3_ENDPOINT_URL": url}).s3_endpoint_url == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "http://s3.example",
        "s3.example",
        "ftp://s3.example",
        "https://",
        "https://a:b@s3.example",
        "https://s3.example?x",
    ],
)
def test_a_provider_is_reached_safely_or_not_at_all(url):
    assert "S3_ENDPOINT_URL" in refused(S3_ENDPOINT_URL=url)


@pytest.mark.parametrize("region", ["eu west", "eu/../x", "EU", "-eu", "s3.example/"])
def test_what_is_no_region_is_refused(region):
    assert "AWS_REGION" in refused(AWS_REGION=region)
    assert Config.from_env({**ENOUGH, "AWS_REGION": "eu-central-1"}).aws_region == "eu-central-1"


def test_pictures_are_counted_in_whole_numbers():
    config = Config.from_env({**ENOUGH, "PICTURES_PER_DAY": "5", "PICTURES_PER_SUPPLIER_MB": "10"})
    assert (config.pictures_per_day, config.pictures_per_supplier_mb) == (5, 10)
    usual = Config.from_env(ENOUGH)
    assert (usual.pictures_per_day, usual.pictures_per_supplier_mb) == (200, 2048)


@pytest.mark.parametrize("text", ["many", "0", "-1", "1.5", "1e3", "1000001", "٣", "9" * 5000])
def test_what_is_no_number_of_pictures_is_refused(text):
    sentence = refused(PICTURES_PER_DAY=text, PICTURES_PER_SUPPLIER_MB=text)
    assert "PICTURES_PER_DAY" in sentence
    assert "PICTURES_PER_SUPPLIER_MB" in sentence


def test_proxies_are_counted_and_none_is_believed_unless_named():
    assert Config.from_env(ENOUGH).proxies == 0
    assert Config.from_env({**ENOUGH, "PROXIES": "2"}).proxies == 2
    for text in ("many", "-1", "1.5", "10", "٣"):
        assert "PROXIES" in refused(PROXIES=text)


def test_the_configuration_shows_no_secret_when_it_is_printed():
    config = Config.from_env(
        {
            **ENOUGH,
            **BUCKET,
            "SECRET_KEY_FALLBACKS": f"{KEY}-older",
            "DATABASE_URL": "postgresql://desk:hunter2@db/desk",
        }
    )
    assert KEY not in repr(config)
    assert "hunter2" not in repr(config)
    assert "AKIDEXAMPLE" not in repr(config)
