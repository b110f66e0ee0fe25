"""Stopping a web process without a lost request: for some seconds its answers say that the connection ends with them.

A server that simply closes a kept connection may do so at the moment in which the next request is on its way. So from
SIGTERM on each answer carries `Connection: close` and `/readyz` says no; whoever asks goes elsewhere, and only then
does the server stop, with the requests that have begun.
"""

from __future__ import annotations

import signal
import threading

from granian import _signals

begun = threading.Event()
"""Set once this process has been told to stop."""


def drain_on_sigterm(seconds: int) -> None:
    """Have the web server of this process wait for some seconds between SIGTERM and its end. 0: it ends at once.

    Granian asks `set_sync_signals` for its handlers after it has loaded the application, which is where this is called.
    """
    if not seconds:
        return
    usual = _signals.set_sync_signals

    def set_signals() -> object:
        event: object = usual()  # type: ignore[no-untyped-call] # it has no types
        signal.signal(signal.SIGALRM, signal.getsignal(signal.SIGTERM))
        signal.signal(signal.SIGTERM, begin)
        return event

    def begin(_number: int, _frame: object) -> None:
        begun.set()
        signal.setitimer(signal.ITIMER_REAL, seconds)

    _signals.set_sync_signals = set_signals
