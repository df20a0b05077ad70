"""People: suppliers and their mention, everybody with a personal link, and the users of each helpdesk.

`persons` is whoever may sign in, `helpdesk_users` who Gorgias says is there.
"""

from widget.people.helpdesk_users import active_ids, copy_users, count_users, find_mention, find_user, get_agent
from widget.people.persons import add_person, choose_language, clean_email, get_person
from widget.people.suppliers import add_supplier, find_usual_supplier, get_supplier, stores_of
from widget.people.tables import (
    Absence,
    Actor,
    HelpdeskUser,
    Person,
    PersonRole,
    PersonStore,
    Role,
    Side,
    Supplier,
    SupplierStore,
)

__all__ = [
    "Absence",
    "Actor",
    "HelpdeskUser",
    "Person",
    "PersonRole",
    "PersonStore",
    "Role",
    "Side",
    "Supplier",
    "SupplierStore",
    "active_ids",
    "add_person",
    "add_supplier",
    "choose_language",
    "clean_email",
    "copy_users",
    "count_users",
    "find_mention",
    "find_user",
    "find_usual_supplier",
    "get_agent",
    "get_person",
    "get_supplier",
    "stores_of",
]
