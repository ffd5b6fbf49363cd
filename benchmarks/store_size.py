"""What the windows take in a recovery store."""

import sqlite3
from pathlib import Path

NEWEST_OF_WINDOWS = """
    SELECT sum(length(ser_change)) FROM snaps
    WHERE step_id LIKE '%.window%' AND (step_id, state_key, snap_epoch) IN
        (SELECT step_id, state_key, max(snap_epoch) FROM snaps GROUP BY step_id, state_key)
"""


def snapshot_bytes(store: Path) -> int:
    """Return the bytes of the newest snapshots of all key groups, of a flow that has ended."""
    total = 0
    for file in store.glob("*.sqlite3"):
        connection = sqlite3.connect(file)
        total += connection.execute(NEWEST_OF_WINDOWS).fetchone()[0] or 0
        connection.close()
    return total


def file_bytes(store: Path) -> int:
    """Return the bytes of all files of a store."""
    return sum(file.stat().st_size for file in store.iterdir())
