"""The dataflow of the crash tests, which counts as stuck after STUCK_AFTER_S.

Run it: STUCK_AFTER_S=5 CRASH_AT=any-snapshot:32 CRASH_BY=hanging
python -m bytewax.run tests.observe.impatient_flow
"""

import os

from tests.crash.crashing_flow import flow

from windowing.observe import health

__all__ = ["flow"]

health.STUCK_AFTER_S = float(os.environ["STUCK_AFTER_S"])
