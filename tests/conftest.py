from __future__ import annotations

from hypothesis import settings

# A deadline would measure the machine: the same examples take longer where others work too.
settings.register_profile("imgpipe", deadline=None)
settings.load_profile("imgpipe")
