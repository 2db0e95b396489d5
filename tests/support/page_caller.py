"""A program of this user that speaks to the page over HTTP, without a browser."""

import http.client
import json

from agent.page.web.sessions import KEY_HEADER


class Caller:
    """A program of this user that speaks to the page; with a session of its own."""

    def __init__(self, living):
        told = living.page()
        self.port, self.code = told["port"], told["code"]
        self.origin = f"http://127.0.0.1:{self.port}"
        status, body = self("POST", "/enter", body=json.dumps({"code": self.code}), key=None)
        assert status == 200
        self.key = json.loads(body)["key"]

    def __call__(self, method, path, *, key="", body=None, drop=(), timeout=20, **headers):
        sent = {"Host": f"127.0.0.1:{self.port}"}
        if method != "GET":
            sent |= {"Origin": self.origin, "Content-Type": "application/json"}
        if key is not None:
            sent[KEY_HEADER] = key or self.key
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in sent.items():
                if name not in drop:
                    connection.putheader(name, value)
            data = body.encode() if isinstance(body, str) else body
            if data is not None:
                connection.putheader("Content-Length", str(len(data)))
            connection.endheaders(data)
            answer = connection.getresponse()
            self.headers = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, answer.read()
        finally:
            connection.close()
