"""The care view's server: who may sign in, and how each page and form of `hub.care.pages` is answered.

tls        server certificate, and whose client certificates are believed
handshake  one connection's TLS, so that a refusal has a name in the log
sessions   who is signed in
entry      in front of every address: hosts, origins, rates, headers
desk       answers pages and forms, one at a time: member, role, consent, looks
app        addresses
own_pages  sign-in and refusals
serve      the process
"""
