"""Python runs this first in every process that a test starts: it lives at the tests' moment too."""

import os
import time

import time_machine

time_machine.travel(time.time() + float(os.environ["INCUBATOR_TEST_SHIFT"])).start()
time.time()  # from the first look at it the clock runs
