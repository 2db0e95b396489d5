"""E-mail by SMTP under TLS: the certificate is checked, and nothing is said before."""

import smtplib
import ssl
from contextlib import closing, suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

from hub.alerts.channels import TIMEOUT_S, WHOLE_S, MailChannel, NotDelivered, at_most, secret, tls, words
from hub.store.posts import Post


def deliver(channel: MailChannel, post: Post, site: str) -> None:
    """Hand a message to the site's mail server.

    Args:
        channel: Where to.
        post: The message; its number is in the Message-ID, so that a second copy is known as one.
        site: Name of the site, for the Message-ID alone.

    Raises:
        NotDelivered: The server did not take it over.
    """
    try:
        context = tls(channel.ca_file)
        smtp = smtplib.SMTP(timeout=TIMEOUT_S) if channel.starts_tls else _tls(channel, context)
        with at_most(WHOLE_S, lambda: smtp.sock), closing(smtp):
            _send(smtp, channel, context, message(channel, post, site))
    except ssl.SSLCertVerificationError as error:
        raise NotDelivered("the certificate is not valid") from error
    except smtplib.SMTPNotSupportedError as error:
        raise NotDelivered("the server offers no STARTTLS, or no login") from error
    except smtplib.SMTPAuthenticationError as error:
        raise NotDelivered("the login was refused") from error
    except smtplib.SMTPRecipientsRefused as error:
        raise NotDelivered("the recipients were refused") from error
    except smtplib.SMTPResponseException as error:
        raise NotDelivered(f"the server answered {error.smtp_code}") from error
    except TimeoutError as error:
        raise NotDelivered("the server is too slow") from error
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise NotDelivered("the server does not answer") from error


def _tls(channel: MailChannel, context: ssl.SSLContext) -> smtplib.SMTP:
    smtp = smtplib.SMTP_SSL(timeout=TIMEOUT_S, context=context)
    smtp._host = channel.server  # type: ignore[attr-defined]  # noqa: SLF001 - the name in the certificate; set otherwise where it connects at once
    return smtp


def _send(smtp: smtplib.SMTP, channel: MailChannel, context: ssl.SSLContext, made: EmailMessage) -> None:
    smtp.connect(channel.server, channel.port)
    if channel.starts_tls:
        smtp._host = channel.server  # type: ignore[attr-defined]  # noqa: SLF001 - as above
        smtp.starttls(context=context)
    if channel.user:
        smtp.login(channel.user, secret(channel.password_file).decode() if channel.password_file else "")
    refused = smtp.send_message(made, channel.sender, list(channel.to))
    if refused:
        raise NotDelivered("a recipient was refused")
    with suppress(OSError, smtplib.SMTPException):  # it has the message, whatever it says to the farewell
        smtp.quit()


def message(channel: MailChannel, post: Post, site: str) -> EmailMessage:
    """The e-mail: who, when, the number, and one sentence."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = channel.sender, ", ".join(channel.to), "Wardbeat"
    made["Date"] = format_datetime(datetime.fromtimestamp(post.made_utc_s, UTC))
    made["Message-ID"] = f"<{post.number}.{post.channel}@{site}.wardbeat>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(words(post.count))
    return made
