"""A real RabbitMQ with its MQTT plugin: TLS, client certificates, on loopback, in a temporary folder."""

import os
import subprocess
from pathlib import Path

from hub.broker import rabbitmq_rights
from tests.support.processes import Process, free_port, listening, start_process, system_tool, wait_for

_CONF = """\
listeners.tcp.default = 127.0.0.1:{amqp}
mqtt.listeners.tcp = none
mqtt.listeners.ssl.default = 127.0.0.1:{port}
mqtt.allow_anonymous = false
mqtt.ssl_cert_login = true
ssl_cert_login_from = common_name
ssl_options.cacertfile = {hub}/ca.pem
ssl_options.certfile = {hub}/broker/broker.crt
ssl_options.keyfile = {hub}/broker/broker.key
ssl_options.verify = verify_peer
ssl_options.fail_if_no_peer_cert = true
ssl_options.versions.1 = tlsv1.3
log.console = true
log.file = false
"""


class Rabbit:
    """One node, its own port mapper, and `rabbitmqctl` for it.

    Args:
        hub: The hub's folder, with certificates.
        folder: For its files.
        site: The site's name.
        port: Of the TLS listener.
    """

    def __init__(self, hub: Path, folder: Path, site: str, port: int) -> None:
        folder.mkdir()
        self._site, self._made = site, set[str]()
        amqp, mapper = free_port(), free_port()
        (folder / "rabbitmq.conf").write_text(_CONF.format(amqp=amqp, port=port, hub=hub))
        (folder / "plugins").write_text("[rabbitmq_mqtt].\n")
        self._env = {
            **os.environ,
            "HOME": str(folder),
            "RABBITMQ_NODENAME": f"wardbeat{amqp}@localhost",
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "ERL_EPMD_PORT": str(mapper),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }
        bins = Path(system_tool("rabbitmq-server")).resolve().parent
        places = [Path("/usr/lib/rabbitmq/bin"), bins]
        self._bins = next(place for place in places if (place / "rabbitmqctl").exists())
        self._process: Process = start_process(
            self._bins / "rabbitmq-server", log=folder / "log", env=self._env, new_session=True
        )
        wait_for(lambda: listening(port), 90, "RabbitMQ")

    def control(self, *words: str) -> str:
        done = subprocess.run(
            [self._bins / "rabbitmqctl", "-q", *words], env=self._env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def let_in(self, user: str) -> None:
        """Make a user with the rights that the hub names for it."""
        for words in rabbitmq_rights(self._site, user):
            self.control(*words)

    def stop(self) -> None:
        self.control("stop")
        self._process.stop()
        subprocess.run(["epmd", "-kill"], env=self._env, capture_output=True, check=False)
