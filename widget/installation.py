"""What we create in Gorgias: the HTTP integration, the widget's template, the tags. Plain values only.

Commands and the worker install it, the sidebar answers it; that is why it stands outside the doors. The
shape of cards, buttons and parameters is the one Gorgias's own editor writes. Buttons show only on root
cards and on the cards of root lists, and only form bodies are filled from the card, so tokens travel there.
"""

from __future__ import annotations

from typing import Any

NAME = "Supplier Desk"
SECRET_HEADER = "X-Supplier-Desk-Secret"  # noqa: S105 -- a header's name
TRIGGERS = ("ticket-created", "ticket-updated", "ticket-message-created")
FORM = "application/x-www-form-urlencoded"

# What Gorgias sends with each call; every value arrives as a string.
EVENT_FIELDS = {
    "event": "{{event.type}}",
    "ticket_id": "{{ticket.id}}",
    "customer_id": "{{ticket.customer.id}}",
    "ticket_status": "{{ticket.status}}",
    "subject": "{{ticket.subject}}",
    "message_text": "{{message.body_text}}",
    "message_channel": "{{message.channel}}",
    "from_agent": "{{message.from_agent}}",
}


def answer_path(helpdesk_id: int) -> str:
    """Where Gorgias fetches the widget's data."""
    return f"/gorgias/{helpdesk_id}/widget"


def action_path(helpdesk_id: int, action: str) -> str:
    """Where a button is sent."""
    return f"/gorgias/{helpdesk_id}/actions/{action}"


def integration(helpdesk_id: int, public_url: str, secret: str) -> dict[str, Any]:
    """The HTTP integration, as POST and PUT /api/integrations take it."""
    return {
        "name": NAME,
        "type": "http",
        "description": "Open supplier problems, photo issues and refund claims of the customer's orders.",
        "http": {
            "url": public_url + answer_path(helpdesk_id),
            "method": "POST",
            "headers": {SECRET_HEADER: secret},
            "form": EVENT_FIELDS,
            "request_content_type": "application/json",
            "response_content_type": "application/json",
            "triggers": dict.fromkeys(TRIGGERS, True),
        },
    }


def widget(helpdesk_id: int, integration_id: int, public_url: str) -> dict[str, Any]:
    """The ticket widget, as POST and PUT /api/widgets take it."""
    make = _Buttons(helpdesk_id, public_url)
    return {
        "type": "http",
        "context": "ticket",
        "integration_id": integration_id,
        "order": 0,
        "template": {
            "type": "wrapper",
            "widgets": [
                _summary_card(make),
                _list("problems", "{{order_name}} · {{type}}", _PROBLEM_FIELDS, _problem_buttons(make)),
                _list("photo_issues", "{{order_name}} · Photo: {{type}}", _PHOTO_FIELDS, _line_buttons(make)),
                # Without buttons: who may confirm or file a claim shows that on the desk.
                _list("refunds", "{{order_name}} · Refund: {{amount}}", _REFUND_FIELDS, []),
            ],
        },
    }


class _Buttons:
    """Makes buttons that know where this installation answers."""

    def __init__(self, helpdesk_id: int, public_url: str) -> None:
        self.helpdesk_id = helpdesk_id
        self.public_url = public_url

    def __call__(self, label: str, action: str, token: str, *typed: dict[str, Any]) -> dict[str, Any]:
        hidden = [
            _parameter("token", f"{{{{{token}}}}}"),
            _parameter("ticket_id", "{{ticket.id}}"),
            _parameter("user_email", "{{current_user.email}}"),
        ]
        return {
            "label": label,
            "action": {
                "method": "POST",
                "url": self.public_url + action_path(self.helpdesk_id, action),
                "headers": [],
                "params": [],
                "body": {"contentType": FORM, "application/json": {}, FORM: [*hidden, *typed]},
            },
        }


def _parameter(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "value": value, "label": key, "type": "text", "editable": False, "mandatory": False}


def _typed(key: str, label: str, value: str = "", *, kind: str = "text", mandatory: bool = True) -> dict[str, Any]:
    return {"key": key, "value": value, "label": label, "type": kind, "editable": True, "mandatory": mandatory}


def _field(path: str, title: str, kind: str = "text") -> dict[str, Any]:
    return {"type": kind, "path": path, "title": title}


def _summary_card(make: _Buttons) -> dict[str, Any]:
    order = _typed("order_name", "Order number", "{{report_order}}")
    problem = _typed("problem", "Problem")
    return {
        "type": "card",
        "path": "",
        "title": NAME,
        "meta": {
            "displayCard": True,
            "custom": {
                "links": [],
                "buttons": [
                    make(
                        "Report a problem",
                        "report-problem",
                        "new_token",
                        order,
                        _typed("type", "Problem type", "{{report_types}}", kind="dropdown"),
                        problem,
                    ),
                    make(
                        "Report a photo issue",
                        "report-photo-issue",
                        "new_token",
                        order,
                        _typed("type", "Problem type", "{{photo_types}}", kind="dropdown"),
                        problem,
                    ),
                    _request_refund(make, order),
                    make("Link order", "link-order", "new_token", _typed("order_name", "Order number")),
                ],
            },
        },
        "widgets": [
            _field("summary", "Open"),
            _field("order_names", "Orders"),
            _field("as_of", "As of", "date"),
        ],
    }


def _request_refund(make: _Buttons, order: dict[str, Any]) -> dict[str, Any]:
    return make(
        "Request refund",
        "request-refund",
        "new_token",
        order,
        _typed("reason", "Reason", "{{refund_reasons}}", kind="dropdown"),
        _typed("issue", "Issue"),
        _typed("day", "Day of the issue"),
        _typed("amount", "Amount"),
        _typed("reshipment_offered_on", "Reshipment offered on"),
        # The first choice is the one a dropdown opens with: nobody says yes without meaning it.
        _typed("customer_asked", "The customer asked for a refund himself", "No;Yes", kind="dropdown"),
        _typed("note", "Note for the approver", mandatory=False),
    )


_PHOTO_FIELDS = [
    _field("problem", "Problem"),
    _field("waiting_for", "Waits for"),
    _field("waiting_since", "Since", "date"),
    _field("informed_customer", "Informed", "boolean"),
    _field("comment_supplier", "Comment supplier"),
    _field("comment_cs", "Comment cs"),
    _field("reference", "Line"),
]
_REFUND_FIELDS = [
    _field("status", "Status"),
    _field("issue", "Issue"),
    # As text: a date that Gorgias shows in the agent's zone may be the day before.
    _field("date", "Day"),
    _field("amount", "Amount"),
    _field("confirmed_by", "Confirmed by"),
    _field("reference", "Claim"),
]
_PROBLEM_FIELDS = [*_PHOTO_FIELDS[:4], _field("address", "Address"), *_PHOTO_FIELDS[4:]]


def _line_buttons(make: _Buttons) -> list[dict[str, Any]]:
    return [
        make("Customer informed", "customer-informed", "token"),
        make("Comment to supplier", "comment", "token", _typed("comment", "Comment for the supplier")),
    ]


def _problem_buttons(make: _Buttons) -> list[dict[str, Any]]:
    save = make("Save address", "save-address", "token", _typed("address", "Delivery address", "{{address}}"))
    return [*_line_buttons(make), save]


def _list(path: str, title: str, fields: list[dict[str, Any]], buttons: list[dict[str, Any]]) -> dict[str, Any]:
    card = {
        "type": "card",
        "path": "",
        "title": title,
        "meta": {
            "displayCard": True,
            "custom": {"links": [{"label": "Open", "url": "{{open_url}}"}], "buttons": buttons},
        },
        "widgets": fields,
    }
    return {"type": "list", "path": path, "meta": {"limit": "5", "orderBy": ""}, "widgets": [card]}
