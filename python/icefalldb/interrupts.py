"""Ctrl-C while DuckDB has the main thread."""

from __future__ import annotations

# What `signal` is made of: that makes enumerations of handlers, which takes 3 microseconds a call.
import _signal  # type: ignore[import-not-found,unused-ignore]
import os
import signal
import socket
import threading
import time
from contextlib import contextmanager
from typing import Iterator

import duckdb

from icefalldb.errors import translated


class _Watcher:
    """Interrupts a connection when a SIGINT arrives, from a thread of its own.

    Python runs handlers of signals on the main thread only, and that one may be inside a task of
    DuckDB that does not end before it is interrupted. The system's handler wakes this thread.
    """

    def __init__(self) -> None:
        self._wake, self._woken = socket.socketpair()
        self._woken.setblocking(False)
        # The connection that the main thread is busy with.
        self._watched: duckdb.DuckDBPyConnection | None = None
        self._before = -1  # who was to be woken before
        self._came = False  # a SIGINT, since the watch began
        self._handled = threading.Event()  # and this thread has done with it
        threading.Thread(target=self._run, name="icefalldb-interrupts", daemon=True).start()

    def _run(self) -> None:
        while signals := self._wake.recv(64):
            if self._before != -1:
                os.write(self._before, signals)
            if signal.SIGINT not in signals:
                continue
            self._came = True
            # Again and again, because a query that is about to begin forgets an interrupt.
            while (connection := self._watched) is not None:
                connection.interrupt()
                time.sleep(0.02)
            self._handled.set()

    @contextmanager
    def watch(self, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Raises KeyboardInterrupt at the end where a SIGINT came, and nowhere else."""
        noted = False

        def note(number: int, frame: object) -> None:
            nonlocal noted
            noted = self._came = True

        self._came = False
        self._handled.clear()
        self._watched = connection
        _signal.signal(_signal.SIGINT, note)
        self._before = signal.set_wakeup_fd(self._woken.fileno(), warn_on_full_buffer=False)
        if noted:  # before there was anybody to wake
            self._woken.send(bytes([signal.SIGINT]))
        try:
            yield
        except (RuntimeError, duckdb.Error):
            if not self._came:
                raise
        finally:
            self._watched = None
            signal.set_wakeup_fd(self._before)
            while self._came and not (noted and self._handled.wait(0.001)):
                pass  # until Python has called the handler, and the thread is back
            # Last, because one that comes from now on is raised at once.
            _signal.signal(_signal.SIGINT, signal.default_int_handler)
        if self._came:
            raise KeyboardInterrupt


_watcher: _Watcher | None = None


def _forget_watcher() -> None:
    global _watcher
    _watcher = None  # threads do not survive a fork


os.register_at_fork(after_in_child=_forget_watcher)


@contextmanager
def interruptible(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """:func:`translated`, and Ctrl-C ends the statement that `connection` runs: what it did is
    undone. A program that handles SIGINT in a way of its own goes on doing so."""
    global _watcher
    if (
        threading.current_thread() is not threading.main_thread()
        or _signal.getsignal(_signal.SIGINT) is not signal.default_int_handler
    ):
        with translated():
            yield
        return
    if _watcher is None:
        _watcher = _Watcher()
    with translated(), _watcher.watch(connection):
        yield
