"""Messages to the team on their way: each channel in a separate thread, so that a slow server stops nothing else.

A message stays in POST until its server took it over. Between that and its deletion a crash sends it a second time,
under the same number. A server that does not take it is tried again, later each time.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from agent.errors import NotDurable
from hub.alerts import mail, webhook
from hub.alerts.channels import Channel, MailChannel, NotDelivered
from hub.database import CANNOT_WRITE
from hub.store.counts import add_counts
from hub.store.posts import Post, Posts
from hub.store.store import Store

log = logging.getLogger(__name__)

FIRST_S: Final = 30
MOST_S: Final = 900
AT_ONCE: Final = 20
POLL_S: Final = 1.0
_SAID_EVERY_S: Final = 3600


@dataclass(slots=True)
class _Failing:
    """A channel that does not deliver: since when, when it is tried again, when that was said last."""

    since_utc_s: int
    again_utc_s: int
    said_utc_s: int = 0


def hand_over(channel: Channel, post: Post, site: str, now_utc_s: int) -> None:
    """Give one message to a channel's server.

    Args:
        channel: Where to.
        post: The message; of count 0 it is a test.
        site: Name of the site, for an e-mail's Message-ID.
        now_utc_s: The clock, which a webhook signs.

    Raises:
        NotDelivered: The server did not take it over.
    """
    if isinstance(channel.way, MailChannel):
        mail.deliver(channel.way, post, site)
    else:
        webhook.deliver(channel.way, post, now_utc_s)


class Posting:
    """What is delivered, channel by channel.

    Args:
        store: The hub's, opened with the role ``alerts``.
        site: The site's name.
        now: The clock, UTC s.
    """

    def __init__(self, store: Store, site: str, now: Callable[[], float] = time.time) -> None:
        self._store, self._site, self._now = store, site, now
        self._failing: dict[str, _Failing] = {}
        self._taken_over: set[int] = set()  # numbers whose rows could not be deleted yet
        self._threads: dict[str, threading.Thread] = {}

    def start(self, stop: threading.Event, channels: Callable[[], Sequence[Channel]]) -> None:
        """Deliver until ``stop`` is set; threads of channels begin as these appear in the site's rules."""

        def watch() -> None:
            while not stop.is_set():
                self._begin(stop, channels)
                self._adopt(channels())
                stop.wait(POLL_S)

        threading.Thread(target=watch, name="alerts posting", daemon=True).start()

    def post_once(self, channel: Channel) -> int:
        """Try what is due at a channel; how many messages it took over.

        Raises:
            sqlalchemy errors of `hub.database.CANNOT_WRITE`, NotDurable: What was taken over is not sent again by this
                process.
        """
        now_utc_s, failing = int(self._now()), self._failing.get(channel.name)
        if failing is not None and now_utc_s < failing.again_utc_s:
            return 0
        with self._store.connected() as db:
            due = Posts(db).due(channel.name, now_utc_s, AT_ONCE)
        done = 0
        for post in due:
            if post.number not in self._taken_over:
                cause = self._tried(channel, post, now_utc_s)
                if cause:
                    self._failed(channel, post, cause, now_utc_s)
                    break
                self._taken_over.add(post.number)
            self._done(post)
            done += 1
            self._failing.pop(channel.name, None)
        return done

    # ---- private

    def _begin(self, stop: threading.Event, channels: Callable[[], Sequence[Channel]]) -> None:
        for channel in channels():
            known = self._threads.get(channel.name)
            if known is None or not known.is_alive():
                run = threading.Thread(target=self._run, args=(channel.name, stop, channels), daemon=True)
                self._threads[channel.name] = run
                run.start()

    def _run(self, name: str, stop: threading.Event, channels: Callable[[], Sequence[Channel]]) -> None:
        while not stop.is_set():
            channel = next((one for one in channels() if one.name == name), None)
            if channel is None:
                return
            try:
                self.post_once(channel)
            except (*CANNOT_WRITE, NotDurable) as error:
                log.error("the store cannot be used for the channel %s (%s)", name, type(error).__name__)
            stop.wait(POLL_S)

    def _adopt(self, channels: Sequence[Channel]) -> None:
        """Messages of a channel that is no longer in the rules go to the first one that is."""
        names = [channel.name for channel in sorted(channels, key=lambda one: one.is_lead)]
        if not names:
            return
        try:
            with self._store.connected() as db:
                strays = [one.channel for one in Posts(db).waiting() if one.channel not in names]
            for stray in strays:
                with self._store.checked() as db:
                    Posts(db).move(stray, names[0])
                log.warning("the channel %s is gone; its messages go to %s", stray, names[0])
        except (*CANNOT_WRITE, NotDurable) as error:
            log.error("the store cannot be used for messages to the team (%s)", type(error).__name__)

    def _tried(self, channel: Channel, post: Post, now_utc_s: int) -> str:
        """Why a message was not delivered; empty: it was."""
        try:
            hand_over(channel, post, self._site, now_utc_s)
        except NotDelivered as error:
            return error.cause
        except Exception as error:  # of this very message, in a library; tried again like any other
            return type(error).__name__
        return ""

    def _failed(self, channel: Channel, post: Post, cause: str, now_utc_s: int) -> None:
        again_utc_s = now_utc_s + min(FIRST_S << min(post.tries, 10), MOST_S)
        failing = self._failing.setdefault(channel.name, _Failing(now_utc_s, again_utc_s))
        failing.again_utc_s = again_utc_s
        with self._store.checked() as db:
            Posts(db).again(post.number, again_utc_s)
            add_counts(db, Counter({"alerts_post_failed": 1}))
            waiting = sum(one.messages for one in Posts(db).waiting() if one.channel == channel.name)
        if now_utc_s - failing.said_utc_s >= _SAID_EVERY_S:
            failing.said_utc_s = now_utc_s
            log.error(
                "the channel %s does not deliver: %s; %d messages wait, since %d min",
                channel.name,
                cause,
                waiting,
                (now_utc_s - failing.since_utc_s) // 60,
            )

    def _done(self, post: Post) -> None:
        with self._store.checked() as db:
            Posts(db).delivered(post.number)
            add_counts(db, Counter({"alerts_posted": 1}))
        self._taken_over.discard(post.number)
