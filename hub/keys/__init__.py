"""The hub's keys: the file `keys.db`, and the site's certificate authority.

keystore.py       named values of the site, signing keys, directories
kem.py            the keys that devices seal to
devices.py        admitted devices, their certificates, erasures
codes.py          enrollment codes
data_keys.py      the keys that stored rows are encrypted under
people.py         what people of a study are called
staff.py          who may come into the care view; their certificates: staff_certificates.py
generations.py    how far the database had come
tables.py         the tables of `keys.db`
certificates.py   the certificate authority and the broker's revocation list
"""
