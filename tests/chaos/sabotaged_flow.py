"""The real dataflow with one guarantee taken out, as SABOTAGE says: marker, barrier, transaction.

Run it: SABOTAGE=marker python -m bytewax.run tests.chaos.sabotaged_flow
"""

import os

from dataflows.user_aggregates import flow
from tests.chaos.sabotage import SABOTAGES

__all__ = ["flow"]

SABOTAGES[os.environ["SABOTAGE"]]()
