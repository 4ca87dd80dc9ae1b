"""One client of the booking benchmark, in a process of its own."""

import json
import sys

from tests.bench.measures import client

client(json.loads(sys.argv[1]))
