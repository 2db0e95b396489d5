"""Cards for people who are invited: one self-contained page to print, a card a person.

A card holds a bundle, so whoever has it can ask to be enrolled in the person's place: it is handed over, not sent, and
the words of the request are compared before anybody is admitted.
"""

import base64
import datetime as dt
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent.errors import Missing
from agent.system.installation import how_to_add
from agent.wire import paper_codes
from agent.wire.armor import dearmor
from agent.wire.enroll import Bundle, decode_bundle

_MODULE_PX: Final = 6
_STYLE: Final = """\
body{font:11pt/1.4 system-ui,sans-serif;color:#111;margin:1cm}
.card{border:1px solid #666;border-radius:4mm;padding:6mm;margin:0 0 8mm;break-inside:avoid;max-width:19cm}
h1{font-size:18pt;margin:0 0 1mm}p{margin:1mm 0}.words{font:bold 13pt ui-monospace,monospace}
.codes{display:flex;gap:6mm;flex-wrap:wrap;margin:3mm 0}.codes figure{margin:0;text-align:center}
.codes img{width:6.4cm;height:6.4cm;image-rendering:pixelated}.mark{font-weight:bold;color:#a00}
ol{margin:1mm 0;padding-left:6mm}"""
_SYNTHETIC: Final = '<p class="mark">SYNTHETIC: for trials with synthetic persons only</p>'


@dataclass(frozen=True, slots=True)
class Card:
    """What one card shows.

    Attributes:
        label: The person's study label.
        armored: The bundle.
        name: Of the bundle, by which the operator voids it.
        ends_utc_s: When the bundle ends.
    """

    label: str
    armored: str
    name: str
    ends_utc_s: int


def page(cards: Sequence[Card]) -> str:
    """The cards as one HTML page without anything from elsewhere.

    Raises:
        Missing: segno is not installed.
    """
    body = "\n".join(_card(card) for card in cards)
    head = f'<meta charset="utf-8"><title>Wardbeat: {len(cards)} invitations</title><style>{_STYLE}</style>'
    return f'<!doctype html>\n<html lang="en">\n<head>{head}</head>\n<body>\n{body}\n</body>\n</html>\n'


def _card(card: Card) -> str:
    texts = [text for paper in ("BUNDLE", "PASS") for text in paper_codes.codes_of(paper, card.armored)]
    codes = "\n".join(
        f'<figure><img alt="QR code {n} of {len(texts)}" src="data:image/png;base64,{code_png(text)}">'
        f"<figcaption>{n} of {len(texts)}</figcaption></figure>"
        for n, text in enumerate(texts, start=1)
    )
    bundle = decode_bundle(dearmor("BUNDLE", card.armored))
    ends = dt.datetime.fromtimestamp(card.ends_utc_s, dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"""<section class="card">
<h1>{html.escape(card.label)}</h1>
{_of_bundle(bundle)}
<p>Good for one machine until <b>{ends}</b>. Invitation {html.escape(card.name)}. Keep it as you keep a key.</p>
<div class="codes">
{codes}
</div>
<ol>
<li>Scan the {len(texts)} code{"s" * (len(texts) > 1)}, and save the text as a file: the order does not matter.</li>
<li>Run <b>wardbeat enroll FILE</b> on your machine, and compare the eight words above with those that it shows.</li>
<li>Your machine sends its request. Read out the request's eight words when you are asked.</li>
</ol>
</section>"""


def _of_bundle(bundle: Bundle) -> str:
    return (
        f"<p>{html.escape(bundle.operator)}, site {html.escape(bundle.site)}</p>"
        f'<p>Eight words to compare:<br><span class="words">{bundle.words}</span></p>'
        f"{_SYNTHETIC if bundle.synthetic else ''}"
    )


def code_png(text: str) -> str:
    """A QR code as PNG in base64.

    Raises:
        Missing: segno is not installed.
    """
    try:
        import segno
    except ImportError as error:
        raise Missing("segno, which draws QR codes, is not installed", remedy=how_to_add("hub")) from error
    drawn, code = io.BytesIO(), segno.make_qr(text, error="m", boost_error=False)
    code.save(drawn, kind="png", scale=_MODULE_PX, border=4)
    return base64.b64encode(drawn.getvalue()).decode()
