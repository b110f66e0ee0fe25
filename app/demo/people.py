"""The people of the demo: their names and lives, and the accounts of those who can sign in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count

from faker import Faker

from app.clock import to_local
from app.demo import hospital, pictures, texts
from app.demo.rows import Row, chance, write
from app.models import Account, Picture, Profile
from app.models.types import name_key

MAIL_DOMAIN = "example.org"
_NAMES_SEED = 1948


@dataclass(slots=True, kw_only=True)
class Person:
    """Somebody, before and after being written; `account_id` only of those who can sign in."""

    first_name: str
    last_name: str
    feminine: bool
    born: date
    joined: datetime
    phone: str
    address: str
    username: str
    bio: str = ""
    is_admin: bool = False
    account_id: int | None = None
    picture_id: int | None = None

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"

    def age(self, moment: datetime) -> int:
        """In full years, near enough for a demo."""
        return (to_local(moment).date() - self.born).days * 100 // 36525


class People:
    """Invents people, the same ones each time; no two have the same name."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment
        self._faker = Faker("en_GB")
        self._faker.seed_instance(_NAMES_SEED)
        self._random = chance("people")
        self._taken: set[str] = set()
        self._phones = count(100)

    def someone(self, *, ages: tuple[int, int], days_here: tuple[int, int]) -> Person:
        """Anybody of an age in years and a time with the hospital in days, each within the bounds given."""
        feminine = self._random.random() < 0.5  # noqa: PLR2004 (one half)
        while True:
            first = self._faker.first_name_female() if feminine else self._faker.first_name_male()
            last = self._faker.last_name()
            if "-" not in last and f"{first} {last}" not in self._taken:
                break
        return self.named(first, last, feminine=feminine, ages=ages, days_here=days_here)

    def named(
        self,
        first_name: str,
        last_name: str,
        *,
        feminine: bool,
        ages: tuple[int, int],
        days_here: tuple[int, int],
        username: str | None = None,
    ) -> Person:
        """Somebody of that name."""
        self._taken.add(f"{first_name} {last_name}")
        return Person(
            first_name=first_name,
            last_name=last_name,
            feminine=feminine,
            born=self._day_ago(ages[0] * 366, ages[1] * 365 + 364),
            joined=self._moment - timedelta(days=self._random.randint(*days_here), minutes=self._random.randrange(600)),
            phone=hospital.phone(next(self._phones)),
            address=f"{self._random.randint(1, 140)} {self._faker.street_name()}, {self._faker.postcode()}",
            username=username or f"{hospital.slug(first_name)}.{hospital.slug(last_name)}",
            bio=self._random.choice(texts.BIOS),
        )

    def child_of(self, parent: Person) -> Person:
        """A child below 16, who lives with the parent."""
        first, feminine = self._first_name()
        return self._relative(parent, first, feminine=feminine, born=self._day_ago(300, 15 * 365))

    def parent_of(self, child: Person) -> Person:
        """An old parent, who lives with the child."""
        first, feminine = self._first_name()
        youngest = (to_local(self._moment).date() - child.born).days + 24 * 365
        return self._relative(child, first, feminine=feminine, born=self._day_ago(youngest, youngest + 12 * 365))

    def _relative(self, person: Person, first_name: str, *, feminine: bool, born: date) -> Person:
        return Person(
            first_name=first_name,
            last_name=person.last_name,
            feminine=feminine,
            born=born,
            joined=person.joined + timedelta(days=1),
            phone=person.phone,
            address=person.address,
            username="",
        )

    def _first_name(self) -> tuple[str, bool]:
        feminine = self._random.random() < 0.5  # noqa: PLR2004 (one half)
        return (self._faker.first_name_female() if feminine else self._faker.first_name_male()), feminine

    def _day_ago(self, fewest: int, most: int) -> date:
        return to_local(self._moment).date() - timedelta(days=self._random.randint(fewest, most))


def portray(people: list[Person], moment: datetime, *, doctors: bool) -> None:
    """Give each a picture."""
    random = chance(f"portraits, doctors: {doctors}")
    looks = (pictures.look(random, feminine=p.feminine, doctor=doctors, age=p.age(moment)) for p in people)
    keys = write(
        Picture,
        (
            {"content_type": pictures.CONTENT_TYPE, "content": pictures.portrait(shown), "created_at": moment}
            for shown in looks
        ),
    )
    for person, key in zip(people, keys, strict=True):
        person.picture_id = key


def open_accounts(people: list[Person], password_hash: str) -> None:
    """Give each an account, all with the same password, and a profile."""
    keys = write(Account, (_account(person, password_hash) for person in people))
    for person, key in zip(people, keys, strict=True):
        person.account_id = key
    write(
        Profile,
        (
            {
                "account_id": person.account_id,
                "bio": person.bio,
                "address": person.address,
                "date_of_birth": person.born,
                "picture_id": person.picture_id,
                "created_at": person.joined,
                "updated_at": person.joined,
            }
            for person in people
        ),
    )


def _account(person: Person, password_hash: str) -> Row:
    email = f"{person.username}@{MAIL_DOMAIN}"
    return {
        "username": person.username,
        "username_key": name_key(person.username),
        "email": email,
        "email_key": name_key(email),
        "password_hash": password_hash,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "is_admin": person.is_admin,
        "is_active": True,
        "created_at": person.joined,
    }
