"""Signing in and out, and what a person changes of the own account."""

from starlette.requests import Request
from starlette.responses import Response

from stoa.desk.entry import (
    BASE,
    CSRF_FIELD,
    SIGN_IN,
    Desk,
    SignInNeeded,
    Visit,
    check_form,
    check_origin,
    redirect,
    safe_target,
)
from stoa.desk.forms import Form, read_form
from stoa.desk.passwords import SHORTEST, Passwords, fault_of
from stoa.desk.rendering import bare_page, language_asked_for, page, say
from stoa.languages import LANGUAGES
from stoa.store.strangers import Blocked
from stoa.store.strangers import Visit as Knock
from stoa.web.routing import Endpoint, get, post
from stoa.web.visitors import client_address

ACCOUNT = f"{BASE}/account"

UNPROCESSABLE = 422
TOO_MANY = 429

LANGUAGE_NAMES = {"el": "Ελληνικά", "en": "English", "ro": "Română", "bg": "Български", "hu": "Magyar"}


class SignIn:
    def __init__(self, desk: Desk) -> None:
        self._service = desk.service
        self._door = desk.door
        self._passwords = Passwords()

    async def show(self, request: Request) -> Response:
        try:
            visit = await self._door.person(request)
        except SignInNeeded:
            return _form(request, wanted=request.query_params.get("wanted", ""))
        return redirect(visit.home)

    async def enter(self, request: Request) -> Response:
        """Sign in. Whoever guesses is held up by address, for all accounts together. Raises Fault."""
        check_origin(request)
        form = await read_form(request)
        knock = Knock(client_address(request, self._service.settings.trusted_proxies), self._service.clock())
        try:
            await self._service.strangers.check(knock)
            secret = await self._session_for(form)
            if secret is None:
                await self._service.strangers.count_failure(knock)
        except Blocked:
            return _form(request, form, "Too many attempts. Try again in ten minutes.", TOO_MANY)
        if secret is None:
            return _form(request, form, "E-mail or password is wrong.", UNPROCESSABLE)
        return await self._welcome(form, secret)

    async def _session_for(self, form: Form) -> str | None:
        """The secret of a new session; None for a wrong password."""
        known = await self._service.people.by_email(form.text("email"))
        person, hashed = known or (None, None)
        if not await self._passwords.are_same(hashed, form.secret("password")) or person is None:
            return None
        return await self._service.people.open_session(person.person_id, self._service.clock())

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
        check_form(visit, (await read_form(request)).text(CSRF_FIELD))
        await self._service.people.close_session(visit.secret)
        return self._out()

    async def leave_everywhere(self, request: Request) -> Response:
        """Sign out on every device. Raises SignInNeeded or Fault."""
        visit = await self._door.person(request)
        check_form(visit, (await read_form(request)).text(CSRF_FIELD))
        await self._service.people.close_sessions(visit.person.person_id)
        return self._out()

    def _out(self) -> Response:
        answer = redirect(SIGN_IN)
        self._door.forget(answer)
        return answer

    async def account(self, request: Request) -> Response:
        visit = await self._door.person(request)
        done = request.query_params.get("done", "")
        return _account(visit, done=done if done in DONE else "")

    async def change_password(self, request: Request) -> Response:
        """Take a new password; whoever was signed in with the old one elsewhere is signed out."""
        visit = await self._door.person(request)
        form = await read_form(request)
        check_form(visit, form.text(CSRF_FIELD))
        faults = await self._faults_of(visit, form)
        if faults:
            return _account(visit, faults=faults, status=UNPROCESSABLE)
        person_id = visit.person.person_id
        hashed = await self._passwords.hash(form.secret("new"))
        await self._service.people.set_password(person_id, hashed)
        await self._service.people.close_sessions(person_id, but=visit.secret)
        return redirect(f"{ACCOUNT}?done=password")

    async def _faults_of(self, visit: Visit, form: Form) -> dict[str, str]:
        """What is wrong with a change of the password, by field."""
        hashed = await self._service.people.password_hash(visit.person.person_id)
        if not await self._passwords.are_same(hashed, form.secret("old")):
            return {"old": say(visit.language, "This is not your password.")}
        fault = fault_of(form.secret("new"))
        if fault:
            return {"new": say(visit.language, fault, shortest=SHORTEST)}
        if form.secret("new") != form.secret("again"):
            return {"again": say(visit.language, "The two are not the same.")}
        return {}

    async def change_language(self, request: Request) -> Response:
        visit = await self._door.person(request)
        form = await read_form(request)
        check_form(visit, form.text(CSRF_FIELD))
        language = form.text("language")
        if language in LANGUAGES:
            person = visit.person
            await self._service.people.change(person.shop_id, person.person_id, language=language)
        return redirect(f"{ACCOUNT}?done=language")


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
        done=DONE.get(done, ""),
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
