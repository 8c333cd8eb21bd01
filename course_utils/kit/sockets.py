"""A kernel's sockets as files of its own: of two kernels that start at once, none finds its port taken."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from pathlib import Path

from jupyter_client.manager import AsyncKernelManager, KernelManager


class OwnSockets:
    """Mixed into a kernel manager: its kernel is reached by files in `self.shared`, where there are such.

    jupyter_client looks for free ports and only then starts the kernel that binds them. In between another
    program may, and the kernel dies of "Address already in use".
    """

    def __init__(self, **traits):
        super().__init__(**traits)
        self.shared = tempfile.mkdtemp(prefix="kernel-")
        weakref.finalize(self, shutil.rmtree, self.shared, ignore_errors=True)
        self.connection_file = str(Path(self.shared) / "kernel.json")
        if os.name == "posix":
            self.transport, self.ip = "ipc", str(Path(self.shared) / "s")


class Manager(OwnSockets, KernelManager):
    pass


class AsyncManager(OwnSockets, AsyncKernelManager):
    pass
