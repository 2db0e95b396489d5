"""What a notification says in the person's language: fixed sentences; those in English stand in the rows."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from agent.notices.rows import NoticeRow

OPENS: Final = {"de": "Wardbeat öffnen", "es": "Abrir Wardbeat", "fr": "Ouvrir Wardbeat"}
WORDS: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "de": {
        "strap": ("Ihr Gurt", "Seit zehn Minuten kommt nichts vom Gurt. Legen Sie ihn an, oder wählen Sie Pause."),
        "consent": ("Ihre Einwilligung", "Ihre Einwilligung endet bald. Danach verlässt nichts diesen Rechner."),
        "check-in": ("Ihr Check-in", "Ein Check-in ist fällig. Öffnen Sie Wardbeat, wenn Sie eine Minute haben."),
        "message": ("Ihre Nachrichten", "In Wardbeat ist eine Nachricht für Sie."),
        "test": ("Wardbeat", "Benachrichtigungen kommen auf diesem Bildschirm an."),
    },
    "es": {
        "strap": ("Su banda", "Su banda lleva diez minutos sin señal. Póngasela de nuevo o pause Wardbeat."),
        "consent": ("Su consentimiento", "Su consentimiento termina pronto. Después, nada sale de este equipo."),
        "check-in": ("Su autoevaluación", "Tiene una autoevaluación pendiente. Abra Wardbeat cuando tenga un minuto."),
        "message": ("Sus mensajes", "Hay un mensaje para usted en Wardbeat."),
        "test": ("Wardbeat", "Las notificaciones llegan a este escritorio."),
    },
    "fr": {
        "strap": ("Votre ceinture", "Votre ceinture se tait depuis dix minutes. Remettez-la, ou faites une pause."),
        "consent": ("Votre consentement", "Votre consentement finit bientôt. Ensuite, rien ne quitte cet ordinateur."),
        "check-in": ("Votre auto-évaluation", "Une auto-évaluation est à faire. Ouvrez Wardbeat dès que possible."),
        "message": ("Vos messages", "Il y a un message pour vous dans Wardbeat."),
        "test": ("Wardbeat", "Les notifications arrivent sur ce bureau."),
    },
}  # fmt: skip


def language_of(chosen: str, environment: Mapping[str, str]) -> str:
    """The language of notifications: the one chosen at the page, else that of the person's desktop.

    Args:
        chosen: A tag such as ``de``; empty: none was chosen.
        environment: Of this process; POSIX names the language of messages in it.

    >>> language_of("", {"LANG": "fr_CA.UTF-8"}), language_of("es", {"LANG": "fr_CA.UTF-8"}), language_of("", {})
    ('fr', 'es', 'en')
    """
    if chosen:
        return chosen
    named = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    tag = named[:2].lower()
    return tag if tag in WORDS else "en"


def in_language(row: NoticeRow, language: str) -> NoticeRow:
    """A row with its sentences in a language; English where there are none.

    Args:
        row: Of `agent.notices.rows`.
        language: A tag such as ``de``.
    """
    words = WORDS.get(language, {}).get(row.kind)
    if words is None:
        return row
    return replace(row, title=words[0], text=words[1], opens=OPENS[language])
