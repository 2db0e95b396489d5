"""`wardbeat models`: the models, listed, and those of others fetched."""

import argparse
from pathlib import Path

from agent.system.status import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("what", choices=("list", "fetch"))
    parser.add_argument(
        "--from", dest="mirror", type=Path, metavar="DIR", help="take them from this folder (files or wheel)"
    )
    parser.add_argument("--into", type=Path, metavar="DIR", help="store them here (default: your data folder)")


def run(arguments: argparse.Namespace) -> int:
    from agent.perception import fetch, store
    from agent.text import shipped

    manifest = store.manifest()
    if arguments.what == "fetch":
        into = arguments.into or store.places()[-1]
        brought = fetch.fetch(manifest, into, arguments.mirror)
        count = len(manifest.files) + len(manifest.optional)
        say(f"{len(brought)} of {count} files copied to {into}" if brought else f"all files are in {into}")
        return 0
    missing = 0
    for file in manifest.files:
        place = store.place_of(file)
        missing += place is None
        say(f"{'ok  ' if place else '--  '} {file.name:<42} {file.size:>9} B  {file.licence}  {file.what}")
    for file in manifest.optional:
        here = store.place_of(file) is not None
        say(f"{'ok  ' if here else '    '} {file.name:<42} {file.size:>9} B  {file.licence}  {file.what}; optional")
    say(f"ok   {store.OURS:<42} {len(store.ours()):>9} B  Apache-2.0  our own: landmarks to facial actions")
    shipped.shipped_table()  # an error names what is wrong with it
    text = shipped.manifest_row()
    say(f"ok   {text['name']:<42} {text['bytes']:>9} B  {text['licence']}  our own: {text['what']}")
    if missing:
        say(f"  → {store.FETCH}")
    return 3 if missing else 0
