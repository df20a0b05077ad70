"""Problem types: what kind of problem, one list per board, edited by admins, in two languages.

`asking` is what can be chosen, `editing` what admins do to the lists.
"""

from widget.problem_types.asking import (
    choices,
    dropdown,
    get,
    get_by_name,
    left_out_of_dropdown,
    listed,
    names,
)
from widget.problem_types.editing import Wanted, add, archive, change, move, restore
from widget.problem_types.tables import LONGEST_NAME, MOST_IN_A_DROPDOWN, SEPARATOR, Board, ProblemType

__all__ = [
    "LONGEST_NAME",
    "MOST_IN_A_DROPDOWN",
    "SEPARATOR",
    "Board",
    "ProblemType",
    "Wanted",
    "add",
    "archive",
    "change",
    "choices",
    "dropdown",
    "get",
    "get_by_name",
    "left_out_of_dropdown",
    "listed",
    "move",
    "names",
    "restore",
]
