"""Doors: one module or package = one audience = one blueprint = one way in = one error form."""
