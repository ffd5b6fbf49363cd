"""What kind of fault makes a dead letter, told from its reason: few kinds, so that they can count.

The reasons themselves name offending values, and there is no end of those. They are written in
`windowing.core.decode`, or by msgspec.
"""

START_BYTES = 7
"""As few as tell the kinds apart: a bad input may consist of dead letters, and each is counted."""
_STARTS = {
    "value is null": "null",
    "not UTF-8": "not_utf8",
    "JSON is malformed": "not_json",
    "Input data was truncated": "not_json",
    "nested too deeply": "nested_too_deeply",
    "amount ": "amount",
    "timestamp ": "timestamp",
}
"""How the reasons of a kind begin."""
_KINDS = {start[:START_BYTES].encode(): kind for start, kind in _STARTS.items()}
_FUTURE = b"is in the future"
KINDS = (*dict.fromkeys(_KINDS.values()), "future", "schema")
"""All there are; schema is a missing or ill-typed field, and whatever else is no event."""


def fault_kind(reason: bytes) -> str:
    """Return the kind of a dead letter's reason, one of `KINDS`."""
    kind = _KINDS.get(reason[:START_BYTES], "schema")
    return "future" if kind == "timestamp" and _FUTURE in reason else kind
