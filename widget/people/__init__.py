"""People: suppliers and their mention, everybody with a personal link, and the users of each helpdesk.

`persons` is whoever may sign in, `access` what admins decide of them, `admins` that one remains, `helpdesk_users` who
Gorgias says is there.
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
from widget.people.admins import keep_an_admin
from widget.people.approvers import approvers, lock_approver
from widget.people.helpdesk_users import (
    active_ids,
    active_users,
    copy_users,
    count_users,
    find_mention,
    find_person_of_user,
    find_user,
    get_agent,
)
from widget.people.looking_after import look_after, stores_looked_after
from widget.people.persons import add_person, choose_language, clean_email, get_person, is_active_staff, staff
from widget.people.suppliers import (
    Workshop,
    add_supplier,
    all_suppliers,
    change_supplier,
    find_usual_supplier,
    get_supplier,
    get_supplier_by_id,
    make_usual,
    new_supplier,
    painters_of,
    stores_of,
)
from widget.people.tables import (
    ITSELF,
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
    "ITSELF",
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
    "Workshop",
    "absences_of",
    "active_ids",
    "active_users",
    "add_absence",
    "add_person",
    "add_supplier",
    "all_suppliers",
    "approvers",
    "away",
    "change_person",
    "change_supplier",
    "choose_language",
    "clean_email",
    "copy_users",
    "count_users",
    "drop_absence",
    "find_mention",
    "find_person_of_user",
    "find_user",
    "find_usual_supplier",
    "get_agent",
    "get_by_id",
    "get_person",
    "get_supplier",
    "get_supplier_by_id",
    "invite",
    "is_active_staff",
    "keep_an_admin",
    "let_in",
    "lock_approver",
    "look_after",
    "make_usual",
    "new_supplier",
    "note_new_link",
    "painters_of",
    "shut_out",
    "staff",
    "stores_looked_after",
    "stores_of",
]
