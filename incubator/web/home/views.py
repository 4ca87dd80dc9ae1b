"""Every role's home."""

from incubator.web.home.blueprint import pages

__all__ = ["pages"]
