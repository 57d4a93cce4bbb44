"""Signing in and out, and what a person changes of the own account."""

from starlette.requests import Request
from starlette.responses import Response

from stoa.desk.entry import (
    BASE,
    SIGN_IN,
    Desk,
    SignInNeeded,
    Visit,
    check_origin,
    read_own_form,
    redirect,
    safe_target,
)
from stoa.desk.forms import Form, done_of, read_form
from stoa.desk.guessing import Crowded, Guesses
from stoa.desk.passwords import SHORTEST, fault_of
from stoa.desk.rendering import TOO_MANY, UNPROCESSABLE, bare_page, language_asked_for, page, say
from stoa.languages import LANGUAGES
from stoa.store.people import Person
from stoa.store.strangers import Blocked
from stoa.web.routing import Endpoint, get, post
from stoa.web.visitors import client_address

ACCOUNT = f"{BASE}/account"

LANGUAGE_NAMES = {"el": "Ελληνικά", "en": "English", "ro": "Română", "bg": "Български", "hu": "Magyar"}


class SignIn:
    def __init__(self, desk: Desk) -> None:
        self._service = desk.service
        self._door = desk.door
        self._passwords = desk.passwords
        self._guesses = Guesses(desk.service.strangers)

    async def show(self, request: Request) -> Response:
        try:
            visit = await self._door.person(request)
        except SignInNeeded:
            return _form(request, wanted=request.query_params.get("wanted", ""))
        return redirect(visit.home)

    async def enter(self, request: Request) -> Response:
        """Sign in. Whoever guesses is held up by address, and by account wherever the guesses come from. Raises Fault."""
        check_origin(request, self._service.links.host)
        form = await read_form(request)
        address = client_address(request, self._service.settings.trusted_proxies)
        try:
            secret = await self._guesses.passed(
                form.text("email"), self._service.clock(), lambda: self._session_for(form), address=address
            )
        except (Blocked, Crowded) as held_up:
            return _form(request, form, HELD_UP[type(held_up)], TOO_MANY)
        if secret is None:
            return _form(request, form, "E-mail or password is wrong.", UNPROCESSABLE)
        return await self._welcome(form, secret)

    async def _session_for(self, form: Form) -> str | None:
        """The secret of a new session; None for a wrong password."""
        people = self._service.people
        known = await people.by_email(form.text("email"))
        person, hashed = known or (None, None)
        is_right = await self._passwords.are_same(hashed, form.secret("password"))
        if not is_right or person is None or hashed is None:
            return None
        return await people.open_session(person.person_id, hashed, self._service.clock())

    async def _welcome(self, form: Form, secret: str) -> Response:
        now = self._service.clock()
        signed = await self._service.people.signed(secret, now)
        home = Visit(person=signed.person, secret=secret, at=now).home if signed else SIGN_IN
        answer = redirect(safe_target(form.text("wanted"), home))
        self._door.remember(answer, secret)
        return answer

    async def leave(self, request: Request) -> Response:
        """Sign out. Raises SignInNeeded or Fault."""
        visit = await self._door.person(request)
        await read_own_form(request, visit)
        await self._service.people.close_session(visit.secret)
        return self._out()

    async def leave_everywhere(self, request: Request) -> Response:
        """Sign out on every device. Raises SignInNeeded or Fault."""
        visit = await self._door.person(request)
        await read_own_form(request, visit)
        await self._service.people.close_sessions(visit.person.person_id)
        return self._out()

    def _out(self) -> Response:
        answer = redirect(SIGN_IN)
        self._door.forget(answer)
        return answer

    async def account(self, request: Request) -> Response:
        visit = await self._door.person(request)
        return _account(visit, done=done_of(request, DONE))

    async def change_password(self, request: Request) -> Response:
        """Take a new password; whoever was signed in with the old one elsewhere is signed out."""
        visit = await self._door.person(request)
        form = await read_own_form(request, visit)
        try:
            faults = await self._faults_of(visit, form)
        except (Blocked, Crowded) as held_up:
            fault = say(visit.language, HELD_UP[type(held_up)])
            return _account(visit, faults={"old": fault}, status=TOO_MANY)
        if faults:
            return _account(visit, faults=faults, status=UNPROCESSABLE)
        person, hashed = visit.person, await self._passwords.hash(form.secret("new"))
        await self._service.people.set_password(person.shop_id, person.person_id, hashed, but=visit.secret)
        return redirect(f"{ACCOUNT}?done=password")

    async def _faults_of(self, visit: Visit, form: Form) -> dict[str, str]:
        """What is wrong with a change of the password, by field. Raises Blocked or Crowded: a session that somebody else
        got hold of is no place to guess, either."""
        person = visit.person
        if not await self._guesses.passed(person.email, visit.at, lambda: self._knows(person, form)):
            return {"old": say(visit.language, "This is not your password.")}
        fault = fault_of(form.secret("new"))
        if fault:
            return {"new": say(visit.language, fault, shortest=SHORTEST)}
        if form.secret("new") != form.secret("again"):
            return {"again": say(visit.language, "The two are not the same.")}
        return {}

    async def _knows(self, person: Person, form: Form) -> bool | None:
        """Whether the present password is right; None where it is not."""
        hashed = await self._service.people.password_hash(person.person_id)
        return await self._passwords.are_same(hashed, form.secret("old")) or None

    async def change_language(self, request: Request) -> Response:
        visit = await self._door.person(request)
        form = await read_own_form(request, visit)
        language = form.text("language")
        if language in LANGUAGES:
            person = visit.person
            await self._service.people.change(person.shop_id, person.person_id, language=language)
        return redirect(f"{ACCOUNT}?done=language")


HELD_UP: dict[type[Exception], str] = {
    Blocked: "Too many attempts. Try again in ten minutes.",
    Crowded: "Too many people are signing in just now. Try again in a moment.",
}
"""What is said to whoever may not try a password now, in English."""

DONE = {"password": "Your password is changed.", "language": "Your language is changed."}
"""What the account's page says after a change, in English."""


def _form(
    request: Request, form: Form | None = None, fault: str = "", status: int = 200, wanted: str = ""
) -> Response:
    language = language_asked_for(request)
    return bare_page(
        "sign_in.html",
        language,
        status=status,
        fault=say(language, fault) if fault else "",
        email=form.text("email") if form else "",
        wanted=form.text("wanted") if form else wanted,
    )


def _account(
    visit: Visit, *, faults: dict[str, str] | None = None, done: str = "", status: int = 200
) -> Response:
    return page(
        "account.html",
        visit,
        status=status,
        here="account",
        faults=faults or {},
        done=done,
        languages=LANGUAGE_NAMES,
        shortest=SHORTEST,
    )


def sign_in_routes(desk: Desk) -> list[Endpoint]:
    pages = SignIn(desk)
    return [
        get(SIGN_IN)(pages.show),
        post(SIGN_IN)(pages.enter),
        post(f"{BASE}/sign-out")(pages.leave),
        post(f"{BASE}/sign-out-everywhere")(pages.leave_everywhere),
        get(ACCOUNT)(pages.account),
        post(f"{ACCOUNT}/password")(pages.change_password),
        post(f"{ACCOUNT}/language")(pages.change_language),
    ]
