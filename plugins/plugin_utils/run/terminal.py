# SPDX-License-Identifier: Apache-2.0
"""The width of the terminal of ansible-playbook."""

from __future__ import annotations

import os

from ansible.utils.display import Display

# Logs of CI jobs and files have no terminal.
LOG_WIDTH = 150
_MIN_WIDTH = 60


def _terminal_width() -> int:
    try:
        return os.get_terminal_size(1).columns if os.isatty(1) else 0
    except OSError:
        return 0


# Determined when this module is imported, because from ansible-core 2.19 a task runs in a process
# without the terminal.
_WIDTH = _terminal_width()


def screen_width() -> int:
    """Return the number of columns for lines of the run summary."""
    # Ansible has determined its own in the process that has the terminal; 79 means none, too.
    columns = int(Display().columns or 0)
    width = _WIDTH or (columns if columns > 79 else LOG_WIDTH)
    return max(_MIN_WIDTH, min(LOG_WIDTH, width))
