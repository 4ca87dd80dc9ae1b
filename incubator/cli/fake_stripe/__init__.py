"""A stand-in for Stripe on this machine: no account, no money, the same interface."""

from incubator.cli.fake_stripe.server import FakeServer, serve_fake

__all__ = ["FakeServer", "serve_fake"]
