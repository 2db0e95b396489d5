"""The worker's page, in a process of its own: it holds no key, opens no file of the person's, and ends with the page.

    agent ──stdin──▶ pipe.py ──▶ app.py ──▶ sessions.py ──127.0.0.1──▶ the person's browser
          ◀─stdout──

sessions.py  who may come in: this user, this address, this page, this session
app.py       what each address answers
table.py     one row a page; pages.py makes the HTML, charts.py the pictures
pipe.py      what the page asks of the agent, and what the agent sends unasked
serve.py     the process
peer.py      whether the far end of a connection is this user

`agent.page.reader` is a process for one question over the whole history; it ends with its answer.
"""
