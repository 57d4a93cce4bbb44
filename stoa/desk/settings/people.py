"""Who may sign in: the people of a shop, who are its owner's to let in, and the operators, who let each other in."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from stoa.desk.accounts import Accounts, named
from stoa.desk.entry import BASE, Desk, Visit, read_own_form, redirect
from stoa.desk.forms import Form, done_of
from stoa.desk.rendering import CONFLICT, say
from stoa.desk.settings.pages import SETTINGS, Typed, faulty, settings_page
from stoa.store.people import EmailTaken, LastManager, Person, Role
from stoa.web.faults import Fault, not_found
from stoa.web.routing import Endpoint, get, post

OF_SHOP = f"{SETTINGS}/people"
OF_MARKETPLACE = f"{BASE}/operator/people"

ROLES = {Role.OWNER: "Owner", Role.PACKER: "Packer", Role.OPERATOR: "Operator"}

IN_A_SHOP: Sequence[Role] = (Role.PACKER, Role.OWNER)
IN_THE_MARKETPLACE: Sequence[Role] = (Role.OPERATOR,)

DONE = {
    "changed": "The change is saved.",
    "removed": "Whoever that was can sign in no more.",
}

FAULTS = {
    "email": "Write an e-mail address such as anna@shop.example, of at most 254 characters.",
    "name": "Write a name of at most 100 characters.",
    "role": "Choose what the person may do.",
}
TAKEN = "Somebody has this address already."
LAST = "Nobody else could manage this then: let in somebody who can, first."
ONESELF = "That is you: somebody else has to do it."


class Place(Struct, frozen=True):
    """Whose people a page shows: a shop's, or without one the marketplace's. ``address`` is the page's."""

    shop_id: int | None
    address: str

    @property
    def roles(self) -> Sequence[Role]:
        return IN_A_SHOP if self.shop_id else IN_THE_MARKETPLACE


class Given(Struct, frozen=True):
    """A password that was just made, to be shown this once."""

    email: str
    password: str


class PeoplePages:
    def __init__(self, desk: Desk) -> None:
        self._service = desk.service
        self._door = desk.door
        self._people = desk.service.people
        self._accounts = Accounts(desk.service.people, desk.passwords)

    async def _enter(self, request: Request, shop_id: int | None) -> tuple[Visit, Place]:
        """Raises SignInNeeded or Fault."""
        if shop_id is None:
            return await self._door.operator(request), Place(None, OF_MARKETPLACE)
        visit, shop = await self._door.shop(request, shop_id, owner=True)
        return visit, Place(shop.id, f"{BASE}/{shop.id}/settings/people")

    async def _enter_form(self, request: Request, shop_id: int | None) -> tuple[Visit, Place, Form]:
        visit, place = await self._enter(request, shop_id)
        form = await read_own_form(request, visit)
        return visit, place, form

    async def show(self, request: Request, shop_id: int | None = None) -> Response:
        visit, place = await self._enter(request, shop_id)
        return await self._page(visit, place, done=done_of(request, DONE))

    async def add(self, request: Request, shop_id: int | None = None) -> Response:
        """Let somebody in, with a password that is shown on this page alone. Raises SignInNeeded or Fault."""
        visit, place, form = await self._enter_form(request, shop_id)
        role = _role(form, place)
        if role is None:
            return await self._page(visit, place, typed=Typed(form=form, faults={"role": FAULTS["role"]}))
        try:
            person, password = await self._accounts.add(
                named(form.text("email"), form.text("name")),
                shop_id=place.shop_id,
                role=role,
                now=self._service.clock(),
            )
        except Fault as fault:
            return await self._page(visit, place, typed=faulty(form, fault, FAULTS))
        except EmailTaken:
            return await self._page(visit, place, typed=Typed(form=form, faults={"email": TAKEN}))
        return await self._page(visit, place, given=Given(person.email, password))

    async def show_one(self, request: Request, person_id: int, shop_id: int | None = None) -> Response:
        visit, place = await self._enter(request, shop_id)
        return self._page_of(visit, place, await self._person(place, person_id))

    async def change(self, request: Request, person_id: int, shop_id: int | None = None) -> Response:
        """Change a name, and what somebody may do. Raises SignInNeeded or Fault."""
        visit, place, form = await self._enter_form(request, shop_id)
        person = await self._person(place, person_id)
        role = _role(form, place)
        typed = _fault_of(form, role, person, visit)
        if typed or role is None:
            return self._page_of(visit, place, person, typed=typed)
        try:
            await self._people.reassign(place.shop_id, person_id, role=role, name=form.text("name"))
        except LastManager:
            return self._page_of(visit, place, person, typed=Typed(form=form, fault=LAST, status=CONFLICT))
        return redirect(f"{place.address}?done=changed")

    async def renew_password(self, request: Request, person_id: int, shop_id: int | None = None) -> Response:
        """Give somebody else a new password, shown on this page alone. Raises SignInNeeded or Fault."""
        visit, place, _ = await self._enter_form(request, shop_id)
        person = await self._person(place, person_id)
        if person.person_id == visit.person.person_id:
            return self._page_of(visit, place, person, typed=Typed(fault=ONESELF, status=CONFLICT))
        password = await self._accounts.renew_password(place.shop_id, person_id)
        if password is None:
            raise not_found("Page")
        return await self._page(visit, place, given=Given(person.email, password))

    async def remove(self, request: Request, person_id: int, shop_id: int | None = None) -> Response:
        """Let somebody else in no more. Raises SignInNeeded or Fault."""
        visit, place, _ = await self._enter_form(request, shop_id)
        person = await self._person(place, person_id)
        if person.person_id == visit.person.person_id:
            return self._page_of(visit, place, person, typed=Typed(fault=ONESELF, status=CONFLICT))
        try:
            await self._people.dismiss(place.shop_id, person_id)
        except LastManager:
            return self._page_of(visit, place, person, typed=Typed(fault=LAST, status=CONFLICT))
        return redirect(f"{place.address}?done=removed")

    async def _person(self, place: Place, person_id: int) -> Person:
        """Raises Fault: another shop's people are nobody here."""
        person = await self._people.read(place.shop_id, person_id)
        if person is None:
            raise not_found("Page")
        return person

    async def _page(
        self,
        visit: Visit,
        place: Place,
        *,
        given: Given | None = None,
        typed: Typed | None = None,
        done: str = "",
    ) -> Response:
        return settings_page(
            "settings_people.html",
            visit,
            **_common(visit, place),
            typed=typed,
            done=done,
            people=await self._people.of_shop(place.shop_id),
            given=given,
            kept={name: typed.form.text(name) if typed else "" for name in ("email", "name", "role")},
        )

    def _page_of(self, visit: Visit, place: Place, person: Person, *, typed: Typed | None = None) -> Response:
        is_typed = typed is not None and bool(typed.form.fields)
        return settings_page(
            "settings_person.html",
            visit,
            **_common(visit, place),
            typed=typed,
            person=person,
            is_oneself=person.person_id == visit.person.person_id,
            kept={
                "name": typed.form.text("name") if typed and is_typed else person.name,
                "role": typed.form.text("role") if typed and is_typed else person.role,
            },
        )


def _common(visit: Visit, place: Place) -> dict[str, Any]:
    return {
        "tab": "people",
        "here": "settings" if place.shop_id else "operator",
        "address": place.address,
        "roles": [(role.value, say(visit.language, ROLES[role])) for role in place.roles],
        "role_names": _role_names(visit.language),
    }


def _role_names(language: str) -> Mapping[str, str]:
    return {role.value: say(language, name) for role, name in ROLES.items()}


def _role(form: Form, place: Place) -> Role | None:
    """What the form says that somebody may do; None where that is nothing here."""
    asked = form.text("role") or (place.roles[0] if len(place.roles) == 1 else "")
    return next((role for role in place.roles if role == asked), None)


def _fault_of(form: Form, role: Role | None, person: Person, visit: Visit) -> Typed | None:
    """What is wrong with a change, if anything is."""
    if role is None:
        return Typed(form=form, faults={"role": FAULTS["role"]})
    if person.person_id == visit.person.person_id and role is not person.role:
        return Typed(form=form, fault=ONESELF, status=CONFLICT)
    try:
        named(person.email, form.text("name"))
    except Fault as fault:
        return faulty(form, fault, FAULTS)
    return None


def people_routes(desk: Desk) -> list[Endpoint]:
    """The people of a shop, and those of the marketplace."""
    pages = PeoplePages(desk)
    return [
        endpoint
        for people in (OF_SHOP, OF_MARKETPLACE)
        for endpoint in (
            get(people)(pages.show),
            post(people)(pages.add),
            get(f"{people}/{{person_id:int}}")(pages.show_one),
            post(f"{people}/{{person_id:int}}")(pages.change),
            post(f"{people}/{{person_id:int}}/password")(pages.renew_password),
            post(f"{people}/{{person_id:int}}/remove")(pages.remove),
        )
    ]
