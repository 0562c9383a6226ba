"""What mail services answer on their bad days, by name, and how often of a thousand each is drawn."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`share`: of a thousand calls, when faults are mixed. `takes`: it took the mails all the same."""

    share: int
    takes: bool = False
    stops: bool = False  # the sender is to make no further call in that run
    later: bool = False  # it may be a day until the next call
    doubts: bool = False  # even a service that knows calls by their key leaves this one in doubt
    slow: bool = False  # longer than the sender waits


FAULTS: dict[str, Fault] = {
    "429: come in a second": Fault(share=50),
    "429: come at a date": Fault(share=30),
    "429: no word when": Fault(share=30),
    "429: come tomorrow": Fault(share=4, later=True, doubts=True),
    "429: come before now": Fault(share=20),
    "500: nothing taken": Fault(share=30),
    "500: everything taken": Fault(share=30, takes=True),
    "502: a gateway's page": Fault(share=30),
    "503: nothing taken": Fault(share=30),
    "401: key not known": Fault(share=10, stops=True),
    "403: not from this sender": Fault(share=10, stops=True),
    "413: too much": Fault(share=10),
    "422: not to be processed": Fault(share=20),
    "302: led elsewhere": Fault(share=10, stops=True),
    "one mail refused": Fault(share=40, takes=True),
    "one mail inactive": Fault(share=30, takes=True),
    "fewer answers than mails": Fault(share=20, takes=True),
    "no JSON": Fault(share=20, takes=True),
    "half an answer": Fault(share=20, takes=True),
    "shorter than it says": Fault(share=20, takes=True),
    "longer than it says": Fault(share=20, takes=True),
    "reset before": Fault(share=30),
    "reset in the middle of our body": Fault(share=30),
    "reset after everything was taken": Fault(share=30, takes=True),
    "reset in the middle of the answer": Fault(share=20, takes=True),
    "silent after everything was taken": Fault(share=4, takes=True, slow=True),
    "headers byte by byte": Fault(share=4, takes=True, slow=True),
    "a body byte by byte": Fault(share=4, takes=True, slow=True),
    "an answer of ten megabytes": Fault(share=8, takes=True),
    "a gzip bomb": Fault(share=4, takes=True),
    "409: another body": Fault(share=10, takes=True, doubts=True),
}
