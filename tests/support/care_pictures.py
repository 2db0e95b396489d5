"""Pictures of the care view for the documents: made-up people; nothing on them is anybody's."""

import sys
import tempfile
from pathlib import Path

from tests.support import care_page, page_agent
from tests.support.cared import alert, cared_hub, filled

DOCS = Path(__file__).parents[2] / "docs"


def main() -> int:
    """Draw both."""
    browser = page_agent.Browser()
    with tempfile.TemporaryDirectory() as folder, cared_hub(Path(folder) / "hub") as hub:
        filled(hub, 14)
        alert(hub.people[3], 1, "asked_for_help")
        with care_page.serving(hub) as address:
            pages = (("people", "/", "light"), ("person", f"/people/{hub.people[3].name}", "light"))
            for name, page, scheme in pages:
                browser("new", width=1280, height=900, scheme=scheme)
                browser("goto", url=address + page)
                browser("shot", path=str(DOCS / f"care-{name}.png"), full=False)
                print(f"docs/care-{name}.png")
    browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
