"""Problem types: what kind of problem, one list per board, edited by admins, in two languages.

`boards` is the list of each board, `asking` what can be chosen, `editing` what admins do to the lists.
"""

from widget.edited_lists import LONGEST_NAME, left_out_of_dropdown
from widget.problem_types.asking import (
    choices,
    dropdown,
    get,
    get_by_name,
    listed,
    names,
)
from widget.problem_types.editing import Wanted, add, archive, change, move, restore
from widget.problem_types.tables import Board, ProblemType

__all__ = [
    "LONGEST_NAME",
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
