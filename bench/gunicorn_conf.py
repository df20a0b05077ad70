"""gunicorn's settings for the apps we compare with: the service's own, without what only the service's store needs."""

import runpy
from pathlib import Path

_service = runpy.run_path(str(Path(__file__).resolve().parent.parent / "gunicorn.conf.py"))
globals().update({name: value for name, value in _service.items() if name != "post_fork" and not name.startswith("_")})
