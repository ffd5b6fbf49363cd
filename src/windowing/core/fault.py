"""What kind of fault makes a dead letter, told from its reason: few kinds, so that they can count.

The reasons themselves name offending values, and there is no end of those. They are written in
`windowing.core.decode`, or by msgspec.
"""

PREFIXES = {
    b"value is null": "null",
    b"not UTF-8": "not_utf8",
    b"JSON is malformed": "not_json",
    b"Input data was truncated": "not_json",
    b"nested too deeply": "nested_too_deeply",
    b"amount ": "amount",
}
"""How the reasons of a kind begin."""
FUTURE = b"is in the future"
KINDS = (*dict.fromkeys(PREFIXES.values()), "future", "timestamp", "schema")
"""All there are; schema is a missing or ill-typed field, and whatever else is no event."""


def fault_kind(reason: bytes) -> str:
    """Return the kind of a dead letter's reason, one of `KINDS`."""
    if reason.startswith(b"timestamp "):
        return "future" if FUTURE in reason else "timestamp"
    for prefix, kind in PREFIXES.items():
        if reason.startswith(prefix):
            return kind
    return "schema"
