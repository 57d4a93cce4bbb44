"""What somebody wants to see of the list of orders, as an address that names nobody: what they search for is sealed in it."""

import re
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from stoa.languages import statuses
from stoa.orders.progress import Step
from stoa.orders.shop import Shop
from stoa.orders.words import question
from stoa.store.desk_orders import Cursor, Filter
from stoa.webhooks.vault import KeyVault, WrongSecretKey


class Tab(StrEnum):
    """What is to be done with an order."""

    DECIDE = "decide"
    PACK = "pack"
    HAND_OVER = "hand_over"
    UNDER_WAY = "under_way"
    PROBLEMS = "problems"
    DONE = "done"
    ALL = "all"


STEPS = {
    Tab.DECIDE: (Step.OPEN, Step.RETURN_IN_REVIEW),
    Tab.PACK: (Step.ACCEPTED, Step.LABELLED, Step.IN_WORK, Step.IN_WORK_LABELLED),
    Tab.HAND_OVER: (Step.READY, Step.READY_LABELLED),
    Tab.UNDER_WAY: (Step.DISPATCHED, Step.AT_PICKUP_POINT),
    Tab.PROBLEMS: (Step.DELIVERY_FAILED, Step.RETURN_REQUESTED, Step.RETURN_UNDER_WAY, Step.RETURN_ARRIVED),
}
"""The steps of each tab; what is in none of them is done."""

STEPS[Tab.DONE] = tuple(step for step in Step if not any(step in steps for steps in STEPS.values()))
STEPS[Tab.ALL] = tuple(Step)

STEP_NAMES = {**statuses.STEPS, Step.CANCELLED: "Cancelled"}

OLDEST_FIRST = "oldest"
"""How an address says so."""

LONGEST_SEARCH = 100
"""Letters that are searched for; no name and no number has so many."""

_LONGEST_TOKEN = 600

_SEARCH = "desk search"

_CURSOR = re.compile("([0-9]{1,17})-([0-9]{1,18})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_YEARS = range(2000, 2100)


class Wish(Struct, frozen=True, kw_only=True):
    """Which orders are wanted; empty is any. ``token`` is the sealed ``words``; the days are the shop's, both included.
    ``oldest_first`` counts where the wish ``can_be_turned``."""

    tab: Tab | None = None
    words: str = ""
    token: str = ""
    step: Step | None = None
    channel: str = ""
    carrier: str = ""
    first_day: date | None = None
    last_day: date | None = None
    oldest_first: bool = False
    after: Cursor | None = None

    @property
    def query(self) -> str:
        """The wish as the end of an address."""
        parts = {
            "tab": self.tab,
            "find": self.token,
            "step": self.step,
            "channel": self.channel,
            "carrier": self.carrier,
            "from": self.first_day,
            "to": self.last_day,
            "sort": OLDEST_FIRST if self.oldest_first else "",
            "after": _cursor_text(self.after) if self.after else "",
        }
        return "?" + urlencode({name: part for name, part in parts.items() if part}, quote_via=quote)

    @property
    def filters(self) -> int:
        """How many of the filters are set."""
        return sum(map(bool, (self.step, self.channel, self.carrier, self.first_day, self.last_day)))

    @property
    def can_be_turned(self) -> bool:
        """Whether it can be shown oldest first, too: what is searched for comes newest first."""
        return not (self.words or self.channel or self.carrier)

    @property
    def is_turned(self) -> bool:
        """Whether it is shown oldest first."""
        return self.oldest_first and self.can_be_turned

    def turned(self) -> "Wish":
        """The same from its other end on."""
        return replace(self, oldest_first=not self.oldest_first, after=None)

    def within(self, tab: Tab) -> "Wish":
        """The same in another tab, from its first order on."""
        step = self.step if self.step in STEPS[tab] else None
        return replace(self, tab=tab, step=step, after=None)

    def behind(self, cursor: Cursor) -> "Wish":
        """The same from there on."""
        return replace(self, after=cursor)

    def everywhere(self) -> "Wish":
        """What is searched for, among all orders."""
        return Wish(tab=Tab.ALL, words=self.words, token=self.token)

    def filter(self, shop: Shop) -> Filter:
        """The same in the words of the store."""
        zone = ZoneInfo(shop.zone)
        return Filter(
            steps=self._steps(),
            words=self.words,
            channel=self.channel or None,
            carrier=self.carrier or None,
            placed_from=_midnight(self.first_day, zone) if self.first_day else None,
            placed_before=_midnight(self.last_day + timedelta(days=1), zone) if self.last_day else None,
            oldest_first=self.is_turned,
        )

    def _steps(self) -> tuple[Step, ...]:
        if self.step:
            return tuple(step for step in Step if STEP_NAMES[step] == STEP_NAMES[self.step])
        return STEPS[self.tab] if self.tab and self.tab is not Tab.ALL else ()


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _cursor_text(cursor: Cursor) -> str:
    return f"{(cursor.placed_at - _EPOCH) // _MICROSECOND}-{cursor.id}"


class Reader:
    """Reads the wishes that people at a shop's desk have."""

    def __init__(self, vault: KeyVault, shop_id: int) -> None:
        self._vault = vault
        self._shop_id = shop_id

    def read(self, asked: Mapping[str, str]) -> tuple[Wish, dict[str, str]]:
        """The wish of an address or a form, and by field what is wrong with it, in English: that is left out."""
        faults: dict[str, str] = {}
        tab = Tab(asked["tab"]) if asked.get("tab") in set(Tab) else None
        step = Step(asked["step"]) if asked.get("step") in set(Step) else None
        token = asked.get("find", "")
        words = self._unsealed(token)
        if token and not words:
            faults["find"] = "This address holds a search that cannot be read, so it is left out."
        first, last = _day(asked, "from", faults), _day(asked, "to", faults)
        if first and last and first > last:
            faults["to"] = "This is before the first day."
            last = None
        wish = Wish(
            tab=tab,
            words=words,
            token=token if words else "",
            step=step if step and step in STEPS[tab or Tab.ALL] else None,
            channel=_name(asked.get("channel", "")),
            carrier=_name(asked.get("carrier", "")),
            first_day=first,
            last_day=last,
            oldest_first=asked.get("sort") == OLDEST_FIRST,
            after=_cursor(asked.get("after", "")),
        )
        return wish, faults

    def search(self, wish: Wish, typed: str, faults: dict[str, str]) -> Wish:
        """The wish with other words. A new search looks in all tabs."""
        words = " ".join(typed.split())[:LONGEST_SEARCH]
        if words == wish.words:
            return wish
        if not words:
            return replace(wish, words="", token="")
        if not question(words).words:
            faults["words"] = "Type letters or digits."
            return wish
        return replace(wish, words=words, token=self._sealed(words), tab=Tab.ALL)

    def _sealed(self, words: str) -> str:
        sealed = self._vault.seal(words.encode(), self._shop_id, _SEARCH)
        return urlsafe_b64encode(sealed).decode().rstrip("=")

    def _unsealed(self, token: str) -> str:
        """The words, none for what was not sealed for this shop."""
        if not token or len(token) > _LONGEST_TOKEN:
            return ""
        try:
            sealed = b64decode(token + "=" * (-len(token) % 4), b"-_", validate=True)
            return self._vault.unseal(sealed, self._shop_id, _SEARCH).decode()
        except (WrongSecretKey, ValueError):
            return ""


def _name(text: str) -> str:
    return text if text.isprintable() and len(text) <= LONGEST_SEARCH else ""


def _day(asked: Mapping[str, str], field: str, faults: dict[str, str]) -> date | None:
    text = asked.get(field, "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if day.year in _YEARS:
        return day
    faults[field] = "This is no date such as 2026-12-31."
    return None


def _cursor(text: str) -> Cursor | None:
    found = _CURSOR.fullmatch(text)
    return Cursor(_EPOCH + int(found[1]) * _MICROSECOND, int(found[2])) if found else None
