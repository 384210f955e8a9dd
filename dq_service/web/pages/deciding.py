"""What a reviewer does with an order on its page: plain forms, each answered with where to go on."""

from collections.abc import Mapping
from typing import Any, Final, get_args
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from dq_service.intake.json_text import read
from dq_service.service.commands import Refused
from dq_service.service.ledger import Overloaded
from dq_service.service.reviews import listing
from dq_service.service.reviews.choices import sure
from dq_service.service.reviews.decisions import Denied, Wish
from dq_service.store import orders as stored
from dq_service.store.in_review import DecisionKind
from dq_service.store.kept import Kept
from dq_service.store.trouble import Unavailable
from dq_service.web.pages.desk import Desk, away, form_of, missing, reading, sees
from dq_service.web.pages.look import Look
from dq_service.web.pages.order_shown import chosen, shown
from dq_service.web.pages.orders import Note, shown_page, standing
from dq_service.web.pages.page import caller_in, fragment, to
from dq_service.web.pages.queue import following
from dq_service.web.pages.wording import label

_STATUS: Final = {"unknown": 404, "older": 412, "invalid": 422}


async def decide(desk: Desk, request: Request) -> Response:
    """`POST /orders/{id}/decide`: 303 to the next item; the same page with the draft where it cannot be."""
    caller, service, form = caller_in(request), desk.service(), await form_of(request)
    try:
        kept = await _kept(desk, request)
        if kept is None:
            return missing(request)
        wish = _wish(form, kept)
        await desk.in_thread(service.desk.decide, kept.id, wish, caller.name, trial=caller.test)
    except Unavailable as trouble:
        return away(request, trouble)
    except Denied as denied:
        names = await reading(service, listing.names)
        note = Note("wrong", _why(denied, {**names, caller.name: "you"}))
        return await shown_page(desk, request, _STATUS.get(denied.why, 409), form, (note,))
    return await following(desk, request, Look.of(form.get("from", "")), done=kept.id)


async def undo(desk: Desk, request: Request) -> Response:
    """`POST /orders/{id}/undo`: back to the order, which is theirs again."""
    caller, service, form = caller_in(request), desk.service(), await form_of(request)
    look = Look.of(form.get("from", ""))
    try:
        kept = await _kept(desk, request)
        if kept is None:
            return missing(request)
        await service.desk.undo(kept.id, caller.name, trial=caller.test)
    except Unavailable as trouble:
        return away(request, trouble)
    except (Denied, Refused) as denied:
        return await shown_page(desk, request, 409, form, (Note("wrong", _sentence(denied.text)),))
    except Overloaded:
        return await shown_page(desk, request, 503, form, (Note("wrong", "Too much is waiting; try again."),))
    return to(f"/orders/{kept.id}{'?' + urlencode({'from': look.query}) if look.query else ''}")


async def look(desk: Desk, request: Request) -> Response:
    """`POST /orders/{id}/look`: what would still be wrong with what is typed; a piece of the page, nothing is kept."""
    caller, service, form = caller_in(request), desk.service(), await form_of(request)
    try:
        kept = await _kept(desk, request)
        if kept is None:
            return fragment("standing.html", 404, gone="There is no such order any more")
        result = read(kept.result)
        changes = chosen(form, result)
        whole = shown(kept.sent, result, {})
        if not changes:
            return fragment("standing.html", **standing(whole, result))
        step = await service.desk.preview(kept.id, changes, caller.name, caller.sees)
    except Unavailable:
        return fragment("standing.html", 503, gone="It cannot be checked now; what you typed stays")
    except Overloaded:
        return fragment("standing.html", 503, gone="Too much is waiting to check this now; what you typed stays")
    except Refused as refused:
        return fragment("standing.html", gone=_sentence(refused.text))
    return fragment("standing.html", **standing(whole, result, read(step.after.result)))


async def claim(desk: Desk, request: Request) -> Response:
    """`POST /orders/{id}/claim`: the page says that it is still there. 204: it is theirs; 409: another's."""
    caller, service = caller_in(request), desk.service()
    try:
        if await _kept(desk, request) is None:
            return Response(status_code=404)
        found = await desk.in_thread(service.desk.claim, request.path_params["id"], caller.name, trial=caller.test)
    except Unavailable:
        return Response(status_code=503)
    return Response(status_code=204 if found is not None and found.holder == caller.name else 409)


async def comment(desk: Desk, request: Request) -> Response:
    """`POST /orders/{id}/comments`."""
    caller, service, form = caller_in(request), desk.service(), await form_of(request)
    try:
        kept = await _kept(desk, request)
        if kept is None:
            return missing(request)
        await desk.in_thread(service.desk.comment, kept.id, caller.name, form.get("text", ""))
    except Unavailable as trouble:
        return away(request, trouble)
    except Denied as denied:
        return await shown_page(desk, request, 422, form, (Note("wrong", _sentence(denied.text)),))
    look = Look.of(form.get("from", ""))
    return to(f"/orders/{kept.id}{'?' + urlencode({'from': look.query}) if look.query else ''}#said")


def _wish(form: Mapping[str, str], kept: Kept) -> Wish:
    """What is wanted. Raises Denied for what is no decision."""
    named, _, reason = form.get("decision", "").partition(":")
    if named not in get_args(DecisionKind):
        raise Denied("invalid", "choose what to do with it")
    kind: DecisionKind = named  # type: ignore[assignment]
    revision = form.get("revision", "")
    changes: Mapping[str, Any] = {}
    result = read(kept.result)
    if kind in ("edit", "accept"):
        changes = chosen(form, result)
        if kind == "accept":
            changes = {**sure(result), **changes}
    return Wish(kind, int(revision) if revision.isdecimal() else 0, changes, reason=reason or form.get("reason", ""))


async def _kept(desk: Desk, request: Request) -> Kept | None:
    """The order of the path, where it is there for this caller."""
    caller, id_ = caller_in(request), request.path_params["id"]
    kept = await reading(desk.service(), lambda connection: stored.get(connection, id_))
    return kept if kept is not None and sees(caller, kept) else None


def _why(denied: Denied, names: Mapping[str, str]) -> str:
    """Why it could not be decided, and what was kept."""
    said = denied.said
    who = said.get("by", "")
    if denied.why == "claimed":
        return f"{names.get(who, who)} has this open. What you typed is kept below."
    if denied.why == "decided":
        return f"{names.get(who, who)} has decided this: {said.get('decision')}. What you typed is kept below."
    if denied.why == "older":
        fields = ", ".join(label(path) for path in said.get("fields", [])[:5])
        by = ", ".join(names.get(one, one) for one in who) or "the rules"
        return f"The order has moved on{f': {fields}' if fields else ''}, by {by}. What you typed is kept below."
    if denied.why == "over":
        return "It is not in review any more. What you typed is kept below."
    return _sentence(denied.text)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
