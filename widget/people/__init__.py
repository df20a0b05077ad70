"""People: suppliers and their mention, everybody with a personal link, and the users of each helpdesk.

`persons` is whoever may sign in, `access` what admins decide of them, `helpdesk_users` who Gorgias says is there.
"""

from widget.people.absences import absences_of, add_absence, away, drop_absence
from widget.people.access import (
    STAFF_ROLES,
    Described,
    change_person,
    get_by_id,
    invite,
    let_in,
    note_new_link,
    shut_out,
)
from widget.people.helpdesk_users import (
    active_ids,
    active_users,
    copy_users,
    count_users,
    find_mention,
    find_user,
    get_agent,
)
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
    "STAFF_ROLES",
    "Absence",
    "Actor",
    "Described",
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
    "change_person",
    "choose_language",
    "clean_email",
    "copy_users",
    "count_users",
    "drop_absence",
    "find_mention",
    "find_user",
    "find_usual_supplier",
    "get_agent",
    "get_by_id",
    "get_person",
    "get_supplier",
    "invite",
    "is_active_staff",
    "let_in",
    "look_after",
    "note_new_link",
    "shut_out",
    "staff",
    "stores_looked_after",
    "stores_of",
]
