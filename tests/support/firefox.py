"""Debian's Firefox, driven over Marionette: JSON over a socket, `LENGTH:[0, number, command, parameters]`."""

import base64
import json
import os
import socket
import subprocess
from pathlib import Path

from tests.support.machine import within_s
from tests.support.processes import system_tool, wait_for

_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # https://www.w3.org/TR/webdriver2/#elements
_PREFS = {
    "marionette.port": 0,  # any; it writes the one that it took into the profile
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "app.normandy.enabled": False,
    "app.update.auto": False,
    "extensions.getAddons.cache.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.safebrowsing.downloads.remote.enabled": False,
    "services.settings.server": "",
}


class Firefox:
    """One window of a headless Firefox with a new profile.

    Args:
        folder: For the profile, and as its home.
        width, height: Of the window, in CSS px.
    """

    def __init__(self, folder: Path, width: int = 1100, height: int = 900) -> None:
        self._profile = folder / "profile"
        self._profile.mkdir(parents=True)
        rows = "".join(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in _PREFS.items())
        (self._profile / "user.js").write_text(rows)
        words = [
            system_tool("firefox-esr"),
            "--headless",
            "--marionette",
            "--no-remote",
            "--profile",
            str(self._profile),
        ]
        home = {"HOME": str(folder), "MOZ_HEADLESS_WIDTH": str(width), "MOZ_HEADLESS_HEIGHT": str(height)}
        self._process = subprocess.Popen(
            words, env=os.environ | home, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            port = self._profile / "MarionetteActivePort"
            wait_for(lambda: port.exists() and port.read_text().strip(), 60, "Firefox")
            self._socket = socket.create_connection(("127.0.0.1", int(port.read_text())), within_s(30))
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise
        self._lines, self._number = self._socket.makefile("rb"), 0
        self._read()  # who is there
        self.do("WebDriver:NewSession", capabilities={"alwaysMatch": {"pageLoadStrategy": "normal"}})

    def close(self) -> None:
        """End the browser."""
        try:
            self.do("Marionette:Quit", flags=["eForceQuit"])
        finally:
            self._lines.close()
            self._socket.close()
            try:
                self._process.wait(within_s(20))
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def do(self, command: str, **parameters):
        """A command of Marionette; its result, or the test fails in Firefox's words."""
        self._number += 1
        words = json.dumps([0, self._number, command, parameters]).encode()
        self._socket.sendall(f"{len(words)}:".encode() + words)
        _, number, error, result = self._read()
        assert number == self._number
        assert error is None, f"{command} {parameters}: {error['error']}: {error['message']}"
        return result["value"] if isinstance(result, dict) and set(result) == {"value"} else result

    def _read(self):
        size = b""
        while (one := self._lines.read(1)) != b":":
            assert one, "Firefox has gone"
            size += one
        return json.loads(self._lines.read(int(size)))

    # ---- what tests do

    def goto(self, url: str) -> None:
        self.do("WebDriver:Navigate", url=url)

    def eval(self, js: str):
        """The value of an expression in the page."""
        return self.do("WebDriver:ExecuteScript", script=f"return ({js})", args=[])

    def wait(self, js: str, within: float = 30.0) -> None:
        """Until an expression is true; between two pages Firefox has no place to ask it in, and is asked again."""

        def holds():
            try:
                return self.eval(js)
            except AssertionError as error:
                if "NS_ERROR" in str(error):
                    return False
                raise

        wait_for(holds, within, js)

    def click(self, selector: str) -> None:
        """A click of the mouse where the element is, once it is shown."""
        self.wait(f"document.querySelector({json.dumps(selector)})?.checkVisibility()")
        self.do("WebDriver:ElementClick", id=self._element(selector))

    def keys(self, selector: str, words: str) -> None:
        """Words typed into an element."""
        self.do("WebDriver:ElementSendKeys", id=self._element(selector), text=words)

    def resize(self, width: int, height: int = 900) -> None:
        self.do("WebDriver:SetWindowRect", width=width, height=height)

    def shot(self, path: Path) -> None:
        """A picture of the whole page."""
        path.write_bytes(base64.b64decode(self.do("WebDriver:TakeScreenshot", full=True)))

    def _element(self, selector: str) -> str:
        found = self.do("WebDriver:FindElement", using="css selector", value=selector)
        return found[_ELEMENT]
