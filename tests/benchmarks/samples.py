"""Samples of every kind, as runs would leave them."""

from benchmarks.run_folder import Sample

USERS = "10,000 users"


def ladder_samples(cpu_us: float = 3.0, runs: int = 5, noise_us: float = 0.1) -> list[Sample]:
    """Return repetitions of two contenders, the flow at so many µs per event."""
    samples: list[Sample] = []
    for run in range(1, runs + 1):
        # The noise is of both signs, and no two repetitions have the same.
        noise = noise_us * (run * 7 % 11 - 5) / 5
        for contender, slope_us in (("consume and decode", 1.5), ("flow", cpu_us)):
            for events in (1_000_000, 4_000_000):
                samples.append(
                    {
                        "kind": "cost",
                        "contender": contender,
                        "load": USERS,
                        "users": 10_000,
                        "events": events,
                        "run": run,
                        "cpu_s": 0.6 + (slope_us + noise) * events / 1e6,
                        "wall_s": 1.0 + events / 400_000,
                        "peak_mib": 200.0 + run,
                        "first_result_s": 0.9,
                        "results": 120_000,
                    }
                )
    for contender, slope_us in (("consume and decode", 1.5), ("flow", cpu_us)):
        samples.append(
            {
                "kind": "rate",
                "contender": contender,
                "load": USERS,
                "cpu_us_per_event": slope_us,
                "cpu_us_min": slope_us - noise_us,
                "cpu_us_max": slope_us + noise_us,
                "events_per_s": 400_000.0,
                "ratio_to_decode": slope_us / 1.5,
                "peak_mib": 210.0,
            }
        )
    samples.append(
        {
            "kind": "rejected",
            "contender": "stock & <b>plain</b>",
            "load": USERS,
            "reason": "3 of 120,000 results are\nmissing",
        }
    )
    return samples


def lag_samples(rate_per_s: int, growth_per_s: float) -> list[Sample]:
    """Return the lag of one run of thirty seconds."""
    return [
        {
            "kind": "lag",
            "rate_per_s": rate_per_s,
            "at_s": at_s,
            "lag_records": rate_per_s * (at_s % 2) + growth_per_s * at_s,
            "fed_records": rate_per_s * at_s,
        }
        for at_s in range(30)
    ]


def capacity_samples() -> list[Sample]:
    """Return a search in which 100,000/s is sustained and 200,000/s is not."""
    probe = {"kind": "probe", "cpu_share": 0.8}
    return [
        {"kind": "feeder", "limit_per_s": 700_000.0},
        *lag_samples(100_000, 0),
        {**probe, "rate_per_s": 100_000, "sustained": True, "lag_slope_per_s": 3.0},
        *lag_samples(200_000, 20_000),
        {**probe, "rate_per_s": 200_000, "sustained": False, "lag_slope_per_s": 20_000.0},
        *delay_samples(50_000),
    ]


def delay_samples(rate_per_s: int) -> list[Sample]:
    """Return a delay of which half is 0.5 s, 98 % at most 1 s, and the last 1 % 3 s."""
    counts = ((0.5, 500), (1.0, 480), (2.0, 10), (3.0, 10))
    return [
        {"kind": "delay", "rate_per_s": rate_per_s, "delay_s": delay_s, "results": results}
        for delay_s, results in counts
    ]


def recovery_samples() -> list[Sample]:
    """Return two kills: with a restart at once, whose lag was never gone, and after a minute."""
    samples: list[Sample] = []
    for outage_s, lag_gone_s in ((0.0, None), (60.0, 9.0)):
        samples += lag_samples(50_000, 0)
        samples.append(
            {
                "kind": "recovery",
                "killed_at_s": 10.0,
                "outage_s": outage_s,
                "results_again_s": 4.0,
                "lag_gone_s": lag_gone_s,
                "lost": 0,
                "late_by_it": 0,
                "twice": 0,
            }
        )
    return samples


def scale_samples() -> list[Sample]:
    """Return costs over processes and users, and open windows that pause too long."""
    cost = {"kind": "scale", "cpu_us_per_event": 3.1, "events_per_s": 250_000.0, "run": 1}
    pause = {"kind": "pause", "open_pairs": 1_000_000, "at_s": 7.0, "write_s": 0.0}
    return [
        *({**cost, "varied": "processes", "users": 10_000, "processes": n} for n in (1, 2, 4)),
        *({**cost, "varied": "users", "users": n, "processes": 1} for n in (100, 10**4, 10**6)),
        {
            **pause,
            "pause_s": 2.5,
            "cpu_s": 1.2,
            "epoch_ended": True,
            "windows_s": 0.0,
            "save_windows_s": 2.1,
            "save_output_s": 0.01,
            "ask_owner_s": 0.05,
        },
        {
            "kind": "scale",
            "varied": "open_pairs",
            "open_pairs": 1_000_000,
            "run": 1,
            "bytes_per_pair_memory": 240.0,
            "snapshot_bytes_per_pair": 17.0,
            "store_bytes_per_pair": 34.0,
            "snapshot_pause_s": 2.5,
        },
        {
            "kind": "verdict",
            "target": "pause with 1,000,000 open pairs",
            "limit": 2,
            "measured": 2.5,
            "unit": "s",
            "ok": False,
        },
    ]
