"""What gunicorn and `flask` load."""

from widget import create_app
from widget.config import SettingsError

try:
    app = create_app()
except SettingsError as error:
    raise SystemExit(str(error)) from None
