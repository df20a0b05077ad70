"""People: suppliers and their mention, everybody with a personal link, and the users of each helpdesk.

`persons` is whoever may sign in, `helpdesk_users` who Gorgias says is there.
"""

from widget.people.absences import absences_of, add_absence, away, drop_absence
from widget.people.helpdesk_users import active_ids, active_users, copy_users, count_users, find_mention, find_user, get_agent
from widget.people.looking_after import look_after, stores_looked_after
from widget.people.persons import add_person, choose_language, clean_email, get_person, is_active_staff, staff
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
    "absences_of",
    "active_ids",
    "active_users",
    "add_absence",
    "add_person",
    "add_supplier",
    "away",
    "choose_language",
    "clean_email",
    "copy_users",
    "count_users",
    "drop_absence",
    "find_mention",
    "find_user",
    "find_usual_supplier",
    "get_agent",
    "get_person",
    "get_supplier",
    "is_active_staff",
    "look_after",
    "staff",
    "stores_looked_after",
    "stores_of",
]
