"""Who may use each route: every endpoint has a row, and a test walks all of them.

A new view starts with a row here; `tests/test_house.py` names the ones that lack it.
"""

from __future__ import annotations

ANYONE = "anyone"
GORGIAS = "Gorgias, by the integration's secret"
AGENT_PRESSING = "an agent in Gorgias, by the card's signed token"
LINK_HOLDER = "whoever has a personal link that works"
SUPPLIERS_PEOPLE = "a supplier's people, what is their own"
STAFF = "agents, approvers and admins"
ADMINS = "admins"
SIGNED_IN = "whoever is signed in: staff see all lines, a supplier's people their own"
PROGRAM = "a program with a token: what the person may do whose it is, within its scopes"
STAFFS_PROGRAM = "a program with the token of an agent, approver or admin"

WHO: dict[str, str] = {
    "static": ANYONE,
    "health.healthz": ANYONE,
    "health.readyz": ANYONE,
    "sidebar.widget_POST": GORGIAS,
    "sidebar.report_problem_POST": AGENT_PRESSING,
    "sidebar.report_photo_issue_POST": AGENT_PRESSING,
    "sidebar.link_order_POST": AGENT_PRESSING,
    "sidebar.customer_informed_POST": AGENT_PRESSING,
    "sidebar.comment_POST": AGENT_PRESSING,
    "sidebar.save_address_POST": AGENT_PRESSING,
    "signin.home_GET": ANYONE,
    "signin.password_GET": ANYONE,
    "signin.password_POST": ANYONE,
    "signin.link_GET": LINK_HOLDER,
    "signin.link_POST": LINK_HOLDER,
    "signin.sign_out_POST": ANYONE,
    "signin.language_POST": ANYONE,
    "account.account_GET": STAFF,
    "account.password_POST": STAFF,
    "account.stores_POST": STAFF,
    "account.absences_POST": STAFF,
    "account.absence_remove_POST": STAFF,
    "account.session_end_POST": STAFF,
    "account.sessions_end_POST": STAFF,
    "desk.lines_GET": STAFF,
    "desk.news_GET": STAFF,
    "desk.informed_POST": STAFF,
    "desk.address_POST": STAFF,
    "desk.comment_POST": STAFF,
    "desk.remind_POST": STAFF,
    "desk.reopen_POST": STAFF,
    "desk.undo_POST": STAFF,
    "desk.bulk_POST": STAFF,
    "desk.bulk_undo_POST": STAFF,
    "desk.view_POST": STAFF,
    "desk.view_delete_POST": STAFF,
    "lines.line_GET": SIGNED_IN,
    "lines.ticket_POST": STAFF,
    "lines.line_POST": STAFF,
    "lines.close_POST": STAFF,
    "lines.undo_POST": STAFF,
    "lines.reopen_POST": STAFF,
    "lines.remind_POST": STAFF,
    "lines.reload_POST": STAFF,
    "lines.looking_POST": STAFF,
    "lines.tickets_GET": STAFF,
    "lines.tickets_POST": STAFF,
    "lines.orders_GET": STAFF,
    "lines.order_GET": STAFF,
    "lines.order_ticket_POST": STAFF,
    "admin.overview_GET": ADMINS,
    "admin.helpdesks_GET": ADMINS,
    "admin.new_helpdesk_GET": ADMINS,
    "admin.new_helpdesk_POST": ADMINS,
    "admin.helpdesk_GET": ADMINS,
    "admin.helpdesk_POST": ADMINS,
    "admin.helpdesk_check_POST": ADMINS,
    "admin.helpdesk_state_GET": ADMINS,
    "admin.outgoing_GET": ADMINS,
    "admin.outgoing_retry_POST": ADMINS,
    "admin.message_retry_POST": ADMINS,
    "admin.message_give_up_POST": ADMINS,
    "admin.history_GET": ADMINS,
    "admin.history_csv_GET": ADMINS,
    "admin.types_GET": ADMINS,
    "admin.new_type_GET": ADMINS,
    "admin.new_type_POST": ADMINS,
    "admin.type_GET": ADMINS,
    "admin.type_POST": ADMINS,
    "admin.type_move_POST": ADMINS,
    "admin.type_archive_POST": ADMINS,
    "admin.type_restore_POST": ADMINS,
    "admin.people_GET": ADMINS,
    "admin.new_person_GET": ADMINS,
    "admin.new_person_POST": ADMINS,
    "admin.person_GET": ADMINS,
    "admin.person_POST": ADMINS,
    "admin.person_link_POST": ADMINS,
    "admin.person_revoke_POST": ADMINS,
    "admin.person_restore_POST": ADMINS,
    "admin.person_session_POST": ADMINS,
    "admin.person_absence_POST": ADMINS,
    "admin.person_absence_remove_POST": ADMINS,
    "admin.suppliers_GET": ADMINS,
    "admin.new_supplier_GET": ADMINS,
    "admin.new_supplier_POST": ADMINS,
    "admin.supplier_GET": ADMINS,
    "admin.supplier_POST": ADMINS,
    "admin.calendar_GET": ADMINS,
    "admin.calendar_POST": ADMINS,
    "admin.calendar_holidays_POST": ADMINS,
    "admin.calendar_holidays_remove_POST": ADMINS,
    "admin.supplier_calendar_GET": ADMINS,
    "admin.supplier_calendar_POST": ADMINS,
    "admin.supplier_holidays_POST": ADMINS,
    "admin.supplier_holidays_remove_POST": ADMINS,
    "admin.stores_GET": ADMINS,
    "admin.new_store_GET": ADMINS,
    "admin.new_store_POST": ADMINS,
    "admin.store_GET": ADMINS,
    "admin.store_POST": ADMINS,
    "pictures.picture_GET": SIGNED_IN,
    "supplier.picture_POST": SUPPLIERS_PEOPLE,
    "supplier.picture_remove_POST": SUPPLIERS_PEOPLE,
    "supplier.drafts_GET": SUPPLIERS_PEOPLE,
    "supplier.lines_GET": SUPPLIERS_PEOPLE,
    "supplier.line_GET": SUPPLIERS_PEOPLE,
    "supplier.news_GET": SUPPLIERS_PEOPLE,
    "supplier.comment_POST": SUPPLIERS_PEOPLE,
    "supplier.handled_POST": SUPPLIERS_PEOPLE,
    "supplier.undo_POST": SUPPLIERS_PEOPLE,
    "supplier.reopen_POST": SUPPLIERS_PEOPLE,
    "supplier.address_seen_POST": SUPPLIERS_PEOPLE,
    "supplier.order_GET": SUPPLIERS_PEOPLE,
    "supplier.report_POST": SUPPLIERS_PEOPLE,
    "supplier.paste_GET": SUPPLIERS_PEOPLE,
    "supplier.paste_POST": SUPPLIERS_PEOPLE,
    "figures.page_GET": STAFF,
    "figures.table_GET": STAFF,
    "tokens.tokens_GET": SIGNED_IN,
    "tokens.tokens_POST": SIGNED_IN,
    "tokens.revoke_POST": SIGNED_IN,
    "api.description_GET": ANYONE,
    "api.docs_GET": ANYONE,
    "api.lines_GET": PROGRAM,
    "api.lines_POST": PROGRAM,
    "api.line_GET": PROGRAM,
    "api.line_PATCH": PROGRAM,
    "api.comments_GET": PROGRAM,
    "api.comments_POST": PROGRAM,
    "api.history_GET": STAFFS_PROGRAM,
    "api.types_GET": PROGRAM,
    "api.claims_GET": PROGRAM,
}

# What stands in addresses. Of these, one is somebody's and another is not: by the argument's name, or by endpoint and
# name where the name says something else.
OBJECT_OF: dict[str | tuple[str, str], str] = {
    "reference": "line",
    ("pictures.picture_GET", "token"): "picture",
    "name": "order",
    "absence_id": "absence",
    "session_id": "session",
    "token_id": "token",
    "view_id": "view",
    "key": "draft",
    "person_id": "person",
    "message_id": "message",
    "store_id": "store",
    "supplier_id": "supplier",
    "type_id": "type",
    **{
        (f"admin.{view}", "helpdesk_id"): "helpdesk"
        for view in ("helpdesk_GET", "helpdesk_POST", "helpdesk_check_POST", "helpdesk_connection_GET")
    },
}
# What each person has for himself: to all others it does not exist, whatever their role.
PERSONAL = {"absence", "draft", "session", "token", "view"}
# Of these there is one for all.
FIXED_OBJECTS = dict.fromkeys(("type", "person", "message", "store", "supplier", "helpdesk"), 1)
# What is nobody's.
VALUES: dict[str, object] = {
    "token": "no-such-link",
    "filename": "pages.css",
    "helpdesk_id": 1,
    "board": "problem_sheet",
    "figure": "open",
    "code": "NL",
    "side": "supplier",
}
# What a form has to say before anybody looks at what the address names.
FORMS: dict[str, dict[str, str]] = {
    "admin.helpdesk_check_POST": {"kind": "check"},
    "admin.message_give_up_POST": {"reason": "The ticket is gone."},
}
