"""How annotations are held to be true while tests run: a whole number may stand for a float."""

import random
from unittest import mock

# Of a list beartype checks one member drawn at random: not from the generator that checks of lessons watch.
with mock.patch.object(random, "getrandbits", random.Random(0).getrandbits):
    from beartype import BeartypeConf, beartype

checked = beartype(conf=BeartypeConf(is_pep484_tower=True))
