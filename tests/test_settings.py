import pytest

from stoa.settings import ELSEWHERE, VARIABLES, Settings, WrongSetting, read_settings

RIGHT = {
    "STOA_DATABASE_URL": "postgresql://user:password@db.internal/stoa",
    "STOA_BLOB_URL": "s3://bucket/prefix",
    "STOA_PUBLIC_URL": "https://orders.example.com/",
    "STOA_SECRET_KEY": "k" * 32,
    "STOA_SITE_NAME": "skroutz",
    "STOA_WEBHOOK_ALLOW": "10.1.0.0/16, ::1/128",
    "STOA_WEBHOOK_RETRIES": "1,2,3",
    "STOA_WEBHOOK_CONNECT_TIMEOUT": "2.5",
    "STOA_WEBHOOK_TIMEOUT": "30",
    "STOA_DATABASE_CONNECTIONS": "25",
    "STOA_TRUSTED_PROXIES": "10.0.0.5,fd00::/8",
    "STOA_LOG_LEVEL": "DEBUG",
}

WRONG = {
    "STOA_DATABASE_URL": ("mysql://db/stoa", "db.internal/stoa", "/var/run/postgresql"),
    "STOA_BLOB_URL": ("/var/files", "gs://bucket", "files"),
    "STOA_PUBLIC_URL": (
        "orders.example.com",
        "ftp://a.gr",
        "https://",
        "https://a.gr?x=1",
        "https://a.gr#x",
        "https://a b.gr",
        "https://a.gr/ b",
        " https://a.gr",
        "https://a.gr\n",
        "http://[",
    ),
    "STOA_SECRET_KEY": ("short", "k" * 31),
    "STOA_SITE_NAME": ("a b", "a/b", "σκρουτζ", "*"),
    "STOA_WEBHOOK_ALLOW": ("everything", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/8;::1"),
    "STOA_WEBHOOK_RETRIES": ("often", "0", "-1", "1.5", "1,,2", ",".join(["1"] * 21), "99999999"),
    "STOA_WEBHOOK_CONNECT_TIMEOUT": ("soon", "0", "-1", "nan", "inf", "86401"),
    "STOA_WEBHOOK_TIMEOUT": ("soon", "0", "1e99"),
    "STOA_DATABASE_CONNECTIONS": ("many", "0", "1001", "1.0", "-5"),
    "STOA_TRUSTED_PROXIES": ("proxy.internal", "10.0.0.5/8", "*"),
    "STOA_LOG_LEVEL": ("loud", "5"),
}


def test_every_setting_is_tried_right_and_wrong() -> None:
    names = {name for name, *_ in VARIABLES}
    assert names == RIGHT.keys() == WRONG.keys()


def test_every_setting_is_a_field_and_every_field_a_setting() -> None:
    assert {field for _, field, *_ in VARIABLES} == set(Settings.__struct_fields__)


def test_every_setting_says_what_it_is_for() -> None:
    assert all(len(meaning) > 10 for *_, meaning in VARIABLES)


def test_right_settings_are_read() -> None:
    settings = read_settings(RIGHT)

    assert settings.public_url == "https://orders.example.com"
    assert [str(network) for network in settings.webhook_allow] == ["10.1.0.0/16", "::1/128"]
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.5/32", "fd00::/8"]
    assert settings.webhook_retries.gaps == (1, 2, 3)
    assert (settings.webhook_connect_timeout, settings.webhook_timeout) == (2.5, 30)
    assert (settings.database_connections, settings.log_level) == (25, "debug")


def test_without_settings_everything_has_its_default() -> None:
    assert read_settings({}) == Settings()
    assert read_settings({"PATH": "/bin", "NOT_STOA_X": "1"}) == Settings()


def test_an_empty_setting_is_one_that_is_not_there() -> None:
    assert read_settings(dict.fromkeys(RIGHT, "")) == Settings()


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in WRONG.items() for value in values]
)
def test_a_wrong_setting_is_one_sentence_that_begins_with_its_name(name: str, value: str) -> None:
    with pytest.raises(WrongSetting) as caught:
        read_settings({**RIGHT, name: value})

    sentence = str(caught.value)
    assert sentence.startswith(f"{name} ")
    assert sentence.count("STOA_") == 1
    assert sentence.endswith(".")
    assert not sentence.endswith("..")
    assert "\n" not in sentence


def test_a_wrong_setting_does_not_repeat_what_is_secret() -> None:
    for name, value in (("STOA_SECRET_KEY", "hunter2"), ("STOA_DATABASE_URL", "mysql://me:hunter2@db/stoa")):
        with pytest.raises(WrongSetting) as caught:
            read_settings({name: value})
        assert "hunter2" not in str(caught.value)


def test_what_is_read_elsewhere_is_no_unknown_setting() -> None:
    assert read_settings(dict.fromkeys(ELSEWHERE, "postgres")) == Settings()
    assert "STOA_POSTGRES_USER" in ELSEWHERE


def test_a_misspelt_setting_is_named() -> None:
    with pytest.raises(WrongSetting, match=r"^STOA_PUBLIC_ADDRESS is not a setting"):
        read_settings({**RIGHT, "STOA_PUBLIC_ADDRESS": "x"})
