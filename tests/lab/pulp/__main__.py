# SPDX-License-Identifier: Apache-2.0
"""The program: ``python3 -m tests.lab.pulp --help``."""

import sys

from .launcher import main

sys.exit(main())
