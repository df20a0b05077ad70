"""What belongs to a whole account: its users, and the integrations, widgets and tags that we set up there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from widget.clients.gorgias.account import PAGE, Account
from widget.clients.gorgias.values import as_id


class Setup(Account):
    """Who works in an account, and what of ours is installed there."""

    def me(self) -> dict[str, Any]:
        """The user the API key belongs to: id 0 stands for him."""
        return self._object(self._call("GET", "/users/0"))

    def list_users(self) -> list[dict[str, Any]]:
        """All users, as gorgias_id, email, name, active. E-mails come in the case they were typed in."""
        users = []
        for user in self._items("/users", {"limit": PAGE}):
            number = as_id(user.get("id"))
            if number is not None:
                email, name = str(user.get("email") or ""), str(user.get("name") or "")
                active = user.get("active") is not False and not user.get("deactivated_datetime")
                users.append({"gorgias_id": number, "email": email, "name": name, "active": active})
        return users

    def list_integrations(self) -> list[dict[str, Any]]:
        """Our kind of integrations; `http` is the only type the filter knows."""
        return list(self._items("/integrations", {"type": "http", "limit": PAGE}))

    def get_integration(self, integration_id: int) -> dict[str, Any]:
        """One integration; `deactivated_datetime` is set after 100 failures in a row."""
        return self._object(self._call("GET", f"/integrations/{integration_id}"))

    def create_integration(self, integration: Mapping[str, Any]) -> dict[str, Any]:
        """Create one. Needs an admin's key."""
        return self._object(self._call("POST", "/integrations", body=integration))

    def update_integration(self, integration_id: int, integration: Mapping[str, Any]) -> dict[str, Any]:
        """Update one: needs `name`, and `url` inside `http`; `deactivated_datetime: null` switches it on again."""
        return self._object(self._call("PUT", f"/integrations/{integration_id}", body=integration))

    def list_widgets(self) -> list[dict[str, Any]]:
        """All widgets; ours is the one with our integration's id."""
        return list(self._items("/widgets", {"limit": PAGE}))

    def get_widget(self, widget_id: int) -> dict[str, Any]:
        """One widget."""
        return self._object(self._call("GET", f"/widgets/{widget_id}"))

    def create_widget(self, widget: Mapping[str, Any]) -> dict[str, Any]:
        """Create one; `template.type` must be `wrapper`."""
        return self._object(self._call("POST", "/widgets", body=widget))

    def update_widget(self, widget_id: int, widget: Mapping[str, Any]) -> dict[str, Any]:
        """Replace one: PUT is not partial here."""
        return self._object(self._call("PUT", f"/widgets/{widget_id}", body=widget))

    def list_tags(self, search: str = "") -> list[dict[str, Any]]:
        """Tags, those that match `search` first to last by name."""
        return list(self._items("/tags", {"limit": PAGE, **({"search": search} if search else {})}))

    def create_tag(self, name: str) -> dict[str, Any]:
        """Create a tag (1-256 characters, case-sensitive). Whether adding an unknown name to a ticket creates it is
        not documented, so it is created beforehand."""
        return self._object(self._call("POST", "/tags", body={"name": name}))
