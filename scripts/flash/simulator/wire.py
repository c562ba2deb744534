"""A serial cable to a port that knows no speed (QEMU's pty): wire.py PORT BAUD

Prints the path of a port of its own. What goes over it takes as long as at BAUD; while the port is opened at another
speed, both ends get garbage.
"""

import os
import random
import select
import sys
import termios
import time
import tty

board = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
baud = int(sys.argv[2])
near, far = os.openpty()
tty.setraw(board)
tty.setraw(far)
print(os.ttyname(far), flush=True)

speed = getattr(termios, f"B{baud}")
free_at = {board: 0.0, near: 0.0}


def carry(source: int, target: int) -> None:
    data = os.read(source, 1024)
    # Linux keeps one set of attributes for both ends of a pty.
    if termios.tcgetattr(near)[4] != speed:
        data = bytes(random.randrange(0x80, 0x100) for _ in data)
    free_at[target] = max(free_at[target], time.monotonic()) + 10 * len(data) / baud
    time.sleep(max(0.0, free_at[target] - time.monotonic()))
    os.write(target, data)


try:
    while True:
        # Sources in turn: a board that talks without end must not keep what is typed from it.
        for source in select.select([board, near, sys.stdin], [], [])[0]:
            if source is sys.stdin:
                sys.exit(0)
            carry(source, near if source == board else board)
except OSError:
    # The board is gone.
    sys.exit(0)
