"""Program that replaces itself by another one that ends when its parent does (Linux).

Run as a script, with nothing but the standard library, as `bound_exec.py PARENT_PID PROGRAM
ARGUMENT...`. Asking the kernel for the signal here, in a process of its own, needs no code
between fork and exec of the parent, which is unsafe once the parent has threads.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def _main() -> None:
    parent, command = int(sys.argv[1]), sys.argv[2:]
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))
    if os.getppid() != parent:
        sys.exit("the parent is gone already")
    # Python ignores SIGPIPE, and an ignored signal stays ignored across exec.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.execv(command[0], command)  # noqa: S606


if __name__ == "__main__":
    _main()
