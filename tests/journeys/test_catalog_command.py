"""`holdfast catalog apply`: what a business offers, from a file."""

from pathlib import Path

import pytest

from tests.support.customer import Customer
from tests.support.installation import Installation, Json
from tests.support.launcher import Launcher
from tests.support.shop import Shop, catalog_of, written

Apply = tuple[int, str]


@pytest.fixture
def shop(installation: Installation) -> Shop:
    """A business that does not exist yet."""
    return Shop(installation.new_name("shop"))


class Operator:
    """Somebody at a terminal with a catalog file."""

    def __init__(self, installation: Installation, launcher: Launcher, directory: Path) -> None:
        self._installation = installation
        self._launcher = launcher
        self._directory = directory

    def applies(self, text: str, *options: str) -> Apply:
        """The exit code of the command and what it says."""
        file = self._directory / "catalog.yaml"
        file.write_text(text)
        command = ["catalog", "apply", str(file), "--url", self._installation.url, *options]
        return self._launcher.command(command, dict(self._installation.environment), self._directory)


@pytest.fixture
def operator(installation: Installation, launcher: Launcher, tmp_path: Path) -> Operator:
    """An operator of the installation."""
    return Operator(installation, launcher, tmp_path)


async def offered(customer: Customer, shop: Shop) -> list[Json]:
    """What the business offers, as everybody sees it."""
    answer = await customer.http.get(f"/v1/businesses/{shop.slug}/offerings")
    return list(answer.json().get("offerings", []))


async def test_a_catalog_is_applied_once_and_applying_it_again_changes_nothing(
    customer: Customer, operator: Operator, shop: Shop
) -> None:
    text = written(catalog_of(shop.slug))
    code, said = operator.applies(text)
    assert code == 0
    assert f"{shop.slug}.visit" in said
    before = await offered(customer, shop)
    assert [one["slug"] for one in before] == ["visit", "long", "hurry", "hello", "room", "course"]
    code, said = operator.applies(text)
    assert (code, said.strip()) == (0, "0 changed, 10 unchanged")
    assert await offered(customer, shop) == before


async def test_a_changed_price_is_named_and_nothing_else(
    customer: Customer, operator: Operator, shop: Shop
) -> None:
    catalog = catalog_of(shop.slug)
    operator.applies(written(catalog))
    catalog["offerings"][0]["prices"] = {"USD": "30.00"}
    code, said = operator.applies(written(catalog))
    assert code == 0
    assert [line.split()[-1] for line in said.splitlines()[:-1]] == [f"{shop.slug}.visit"]
    assert (await offered(customer, shop))[0]["price"] == {"amount": 3000, "currency": "USD"}


@pytest.mark.parametrize(
    ("nonsense", "complaint"),
    [
        (("duration_minutes: 60", "duration_minutes: soon"), "duration_minutes"),
        (("timezone: Europe/London", "timezone: Europe/Atlantis"), "Europe/Atlantis"),
        (("title: Room", "titel: Room"), "titel"),
        (("- room\n", "- cellar\n"), "cellar"),
        (("00:00-24:00", "24:00-00:00"), "24:00-00:00"),
        (("hold_minutes: 30", "hold_minutes: [30"), "catalog.yaml"),
    ],
)
async def test_nonsense_is_refused_with_its_line_and_changes_nothing(
    customer: Customer, operator: Operator, shop: Shop, nonsense: tuple[str, str], complaint: str
) -> None:
    text = written(catalog_of(shop.slug))
    operator.applies(text)
    before = await offered(customer, shop)
    wrong = text.replace(*nonsense).replace("25.00", "99.00")
    assert nonsense[1] in wrong
    code, said = operator.applies(wrong)
    assert (code, "Traceback" in said) == (1, False)
    assert complaint in said
    assert "line " in said
    assert await offered(customer, shop) == before


async def test_somebody_without_the_key_is_refused(
    customer: Customer, operator: Operator, shop: Shop
) -> None:
    code, said = operator.applies(written(catalog_of(shop.slug)), "--operator-key", "hk_op_guessed")
    assert (code, "Traceback" in said) == (1, False)
    assert "operator" in said
    assert await offered(customer, shop) == []
