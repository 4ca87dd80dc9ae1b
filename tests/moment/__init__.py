"""When the tests take place: always at the same moment, or at the one that is asked for.

`INCUBATOR_TEST_MOMENT=2027-01-01T00:10 pytest` runs them just after midnight of New Year's Day.
"""

import os
import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import time_machine

USUAL = "2026-11-26T12:00"
SHIFT = "INCUBATOR_TEST_SHIFT"


def begin() -> None:
    """Let time run from that moment on, here and in every process that is started from here."""
    if SHIFT in os.environ:
        return
    asked = datetime.fromisoformat(os.environ.get("INCUBATOR_TEST_MOMENT", USUAL))
    moment = asked.replace(tzinfo=ZoneInfo("Asia/Tokyo")).timestamp()
    os.environ[SHIFT] = str(moment - time.time())
    path = (str(Path(__file__).parent), os.environ.get("PYTHONPATH"))
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, path))
    time_machine.travel(moment).start()
    time.time()  # from the first look at it the clock runs
