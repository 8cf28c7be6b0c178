"""What cannot work does not start: it says why in plain words, and what to do."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.embedded import Embedded
from tests.support.installation import Installation, write_catalog
from tests.support.launcher import Launcher
from tests.support.ports import free_port
from tests.support.program import clean_environment, holdfast, run_to_the_end

Run = Callable[..., str]
NOWHERE = "127.0.0.1:1"


@pytest.fixture
def refused(launcher: Launcher, tmp_path: Path) -> Run:
    """Runs a command that must end with the code 1 and words; the words."""

    def run(*command: str, **settings: str) -> str:
        told = {
            "HOLDFAST_PORT": str(free_port()),
            "HOLDFAST_DATA_DIR": str(tmp_path / "var"),
            "HOLDFAST_CATALOG": str(write_catalog(tmp_path)),
            **settings,
        }
        code, said = launcher.command(list(command), clean_environment(**told), tmp_path)
        assert code == 1, f"exit code {code}: {said}"
        assert "Traceback" not in said
        assert "Error(" not in said
        return said

    return run


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOLDFAST_PORT", "banana"),
        ("HOLDFAST_PORT", "70000"),
        ("HOLDFAST_DECLINE_GRACE_SECONDS", "-5"),
        ("HOLDFAST_ENVIRONMENT", "staging"),
        ("HOLDFAST_SMTP_FROM", "nobody"),
        ("HOLDFAST_READS_PER_MINUTE", "0"),
        ("HOLDFAST_TRUSTED_PROXIES", "everyone"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(refused: Run, name: str, value: str) -> None:
    said = refused("run", **{name: value})
    assert name in said
    assert value in said


def test_the_demonstration_refuses_to_be_production(refused: Run) -> None:
    assert "production" in refused("run", HOLDFAST_ENVIRONMENT="production")


@pytest.mark.parametrize("service", ["booking", "payment", "calendar", "notify", "gateway"])
def test_production_without_secrets_names_what_is_missing(refused: Run, service: str) -> None:
    said = refused("serve", service, HOLDFAST_ENVIRONMENT="production")
    assert "HOLDFAST_SECRET" in said
    assert "HOLDFAST_INTERNAL_KEY" in said


def test_a_catalog_with_a_mistake_is_named_with_its_line(refused: Run, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("business:\n  slug: wrong\n  nome: Wrong\n")
    said = refused("run", HOLDFAST_CATALOG=str(wrong))
    assert "wrong.yaml" in said
    assert "line 3" in said


def test_a_catalog_that_is_not_there_is_named(refused: Run, tmp_path: Path) -> None:
    assert "missing.yaml" in refused("run", HOLDFAST_CATALOG=str(tmp_path / "missing.yaml"))


def test_a_data_directory_that_is_a_file_is_named(refused: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert str(tmp_path / "file") in refused("run", HOLDFAST_DATA_DIR=str(tmp_path / "file"))


def test_a_damaged_key_file_is_named(refused: Run, tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "keys.json").write_text("{")
    assert "keys.json" in refused("run")


def test_a_damaged_database_is_named(refused: Run, tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "booking.db").write_text("this is no database" * 100)
    assert "booking.db" in refused("run")


@pytest.mark.parametrize("command", [("run",), ("serve", "gateway"), ("serve", "sandbox")])
def test_a_port_that_is_taken_is_named_and_another_is_proposed(
    refused: Run, command: tuple[str, ...]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        chosen = () if command == ("run",) else ("--port", port)
        said = refused(*command, *chosen, HOLDFAST_PORT=port)
    assert port in said
    assert "taken" in said


def test_a_second_process_on_the_same_data_is_turned_away(refused: Run, embedded: Installation) -> None:
    said = refused("run", HOLDFAST_DATA_DIR=embedded.environment["HOLDFAST_DATA_DIR"])
    assert embedded.environment["HOLDFAST_DATA_DIR"] in said


@pytest.mark.parametrize("service", ["booking", "payment", "calendar", "notify"])
def test_a_database_that_does_not_answer_is_named_with_its_setting(refused: Run, service: str) -> None:
    setting = f"HOLDFAST_DATABASE_URL_{service.upper()}"
    address = f"postgresql://somebody:secret@{NOWHERE}/{service}"
    for command in (("serve", service), ("migrate", service)):
        said = refused(*command, **{setting: address})
        assert setting in said
        assert NOWHERE in said
        assert "secret" not in said


def test_a_database_address_that_makes_no_sense_is_named(refused: Run) -> None:
    said = refused("serve", "booking", HOLDFAST_DATABASE_URL_BOOKING="mysql://localhost/booking")
    assert "mysql" in said
    said = refused("serve", "booking", HOLDFAST_DATABASE_URL_BOOKING="booking")
    assert "HOLDFAST_DATABASE_URL_BOOKING" in said


def test_a_database_with_an_old_schema_is_named_with_the_command_to_run(refused: Run, tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'empty.db'}"
    said = refused("serve", "booking", "--port", str(free_port()), HOLDFAST_DATABASE_URL_BOOKING=address)
    assert "holdfast migrate booking" in said


def test_a_service_that_does_not_exist_is_answered_with_those_that_do(refused: Run) -> None:
    assert "booking" in refused("serve", "bookings")


def test_the_check_says_what_does_not_answer(refused: Run) -> None:
    said = refused(
        "check",
        HOLDFAST_AMQP_URL=f"amqp://guest:secret@{NOWHERE}/",
        HOLDFAST_DATABASE_URL_BOOKING=f"postgresql://somebody:secret@{NOWHERE}/booking",
    )
    wrong = [line for line in said.splitlines() if line.startswith("WRONG")]
    assert ["HOLDFAST_DATABASE_URL_BOOKING" in line for line in wrong] == [True, False]
    assert ["HOLDFAST_AMQP_URL" in line for line in wrong] == [False, True]
    assert "secret" not in said


def test_the_command_itself_ends_with_words(tmp_path: Path) -> None:
    product = Embedded(tmp_path, HOLDFAST_PORT="banana")
    code, said = run_to_the_end(holdfast("run"), product.environment)
    assert (code, "Traceback" in said) == (1, False)
    assert "HOLDFAST_PORT" in said
