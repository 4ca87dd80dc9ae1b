"""Decisions about spaces: states, occupancy, opening, the layout of a floor."""
