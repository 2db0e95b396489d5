"""Pages of the server itself: sign-in, and refusals with their remedy. They hold nothing about any person."""

from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

STYLE: Final = "/static/care.css"
_SHELL: Final = Markup(
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} – Wardbeat care team</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="{style}">'
    '<link rel="icon" href="/static/care.svg">{head}'
    "</head><body><main><h1>{title}</h1>{body}</main></body></html>"
)


@dataclass(frozen=True, slots=True)
class Words:
    """What a page of the server says.

    Attributes:
        status: Of HTTP.
        title: One short line.
        text: What it means, and what to do.
    """

    status: int
    title: str
    text: str


NO_CERTIFICATE: Final = Words(
    401,
    "No staff certificate",
    "Your browser showed no certificate of this team. Import the file that the hub's operator gave you, close all "
    "windows of the browser, and open this page again.",
)
UNKNOWN: Final = Words(
    403, "Unknown certificate", "This certificate was not added to this team. Ask the hub's operator for one."
)
ENDED: Final = Words(
    403, "Your access has ended", "Your certificate or account has passed its last day. Ask the hub's operator to add "
    "you again."
)  # fmt: skip
REVOKED: Final = Words(
    403, "Your access was revoked", "The hub's operator has revoked this certificate or account. Ask the operator for "
    "a new one if that was a mistake."
)  # fmt: skip
WRONG_ROLE: Final = Words(403, "Not for your role", "Another role of the team may open this. A lead can help you.")
NOT_FOUND: Final = Words(
    404, "Nothing here", "There is no such page, or this person does not let this team see them (any more)."
)
OTHER_FORM: Final = Words(
    403, "This form is of another session", "Nothing was changed. Open the page again and repeat what you did."
)
SIGNED_OUT: Final = Words(
    403, "You were signed out", "What you sent was not saved. You are signed out after 15 minutes without a request, "
    "and after 12 hours. Sign in and enter it again."
)  # fmt: skip
BAD_FORM: Final = Words(400, "This form is not valid", "Nothing was changed. Open the page again.")
BUSY: Final = Words(503, "Busy", "Too much is being asked at once. Try again in a moment.")
NOT_LOGGED: Final = Words(
    503, "Nothing is shown now", "The hub's database cannot be used, so this look cannot be written into the log. Try "
    "again in a moment; if it lasts, tell the hub's operator."
)  # fmt: skip
FAILED: Final = Words(500, "This page failed", "Nothing was shown or changed. Tell the hub's operator.")
ACCOUNT_REFUSED: Final = Words(
    403, "Not signed in", "The sign-in by account did not succeed. Start it again; if it fails again, ask "
    "the hub's operator."
)  # fmt: skip
_NOT_IN: Final = (NO_CERTIFICATE, UNKNOWN, ENDED, REVOKED, ACCOUNT_REFUSED)
"""After these the list of people cannot be opened."""
LEFT: Final = "You are signed out."
LAPSED: Final = (
    "You were signed out: there was no request for 15 minutes, 12 hours are over, or the view was restarted."
)


def refusal(words: Words) -> str:
    """A page that says no."""
    body = Markup("<p>{}</p>").format(words.text)
    if words not in _NOT_IN:
        onward_to = "Sign in" if words is SIGNED_OUT else "Go to the list of people"
        body += Markup('<p><a class="button" href="/">{}</a></p>').format(onward_to)
    return _page(words.title, body)


def sign_in(
    name: str, role: str, words: Words | None, *, by_account: bool, note: str = "", to: str = "/sign-in"
) -> str:
    """The sign-in page.

    Args:
        name, role: Of the member whose certificate was shown; empty: none may sign in with it.
        words: Why not.
        by_account: Whether the site offers its OpenID provider.
        note: What has just ended; empty: nothing.
        to: Where the button leads.
    """
    parts = [Markup('<p role="status">{}</p>').format(note)] if note else []
    if name:
        parts.append(
            Markup(
                "<p>This is the care team’s view of Wardbeat. Your certificate: <strong>{}</strong>, {}.</p>"
                '<form method="post" action="{}"><button type="submit">Sign in</button></form>'
            ).format(name, role, to)
        )
        parts.append(Markup("<p>Each look at a person is written down, and that person can read who looked.</p>"))
    elif words is not None:
        parts.append(Markup("<p>{}</p>").format(words.text))
    if by_account:
        parts.append(Markup('<p><a href="/sign-in/account">Sign in with your organisation\'s account</a></p>'))
    title = "Sign in" if name or words is None else words.title
    return _page(title, Markup("").join(parts))


def onward() -> str:
    """After an account's sign-in. A redirect would still belong to the provider's site, and lack the new cookie."""
    head = Markup('<meta http-equiv="refresh" content="0;url=/">')
    return _page("Signed in", Markup('<p><a href="/">Go on</a></p>'), head)


def _page(title: str, body: Markup, head: Markup = Markup("")) -> str:  # noqa: B008 - a constant
    return str(_SHELL.format(title=escape(title), style=STYLE, head=head, body=body))
