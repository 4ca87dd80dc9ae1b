"""What an operator can set; every name is an environment variable `INCUBATOR_…`."""

from pathlib import Path
from secrets import token_urlsafe
from typing import Self

from pydantic import AliasChoices, Field, SecretStr, field_validator, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

TEST_STRIPE_KEY = "sk_test_incubator"
SERVED_AT = "served_at"
TEST_WEBHOOK_SECRET = "whsec_incubator"  # noqa: S105 - known to all, taken from the stand-in only


class Settings(BaseSettings):
    """The settings of one installation; those left empty are worked out from `home`."""

    model_config = SettingsConfigDict(
        env_prefix="INCUBATOR_", hide_input_in_errors=True, extra="ignore", frozen=True
    )

    home: Path = Path("instance")
    database_url: str = Field(
        default="",
        validation_alias=AliasChoices("INCUBATOR_DATABASE_URL", "DATABASE_URL", "database_url"),
    )
    secret_key: SecretStr = SecretStr("")
    base_url: str = ""
    testing: bool = False
    trusted_proxies: int = 0
    max_upload_bytes: int = 5_000_000

    mail_from: str = "incubator@localhost"
    smtp_host: str = ""
    smtp_port: int = 25
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_tls: bool = False

    stripe_api_key: SecretStr = SecretStr(TEST_STRIPE_KEY)
    stripe_webhook_secret: SecretStr = SecretStr(TEST_WEBHOOK_SECRET)
    stripe_api_base: str = Field(default="", description="Empty: Stripe itself.")

    @property
    def takes_cards(self) -> bool:
        """Whether anybody could pay by card: an account, or the stand-in beside us."""
        key = self.stripe_api_key.get_secret_value()
        return bool(self.stripe_api_base) or key not in {"", TEST_STRIPE_KEY}

    @field_validator("database_url")
    @classmethod
    def _known_engine(cls, url: str) -> str:
        scheme, told, _rest = url.partition("://")
        if told and scheme.partition("+")[0] not in {"postgresql", "postgres", "sqlite"}:
            raise PydanticCustomError("engine", "it has to begin with postgresql:// or sqlite://")
        return url

    @model_validator(mode="after")
    def _work_out(self) -> Self:
        home = self.home.resolve()
        object.__setattr__(self, "home", home)
        if not self.database_url:
            object.__setattr__(self, "database_url", f"sqlite:///{home / 'incubator.db'}")
        if self.database_url.startswith("postgres://"):
            url = self.database_url.replace("postgres://", "postgresql://", 1)
            object.__setattr__(self, "database_url", url)
        if not self.secret_key.get_secret_value():
            object.__setattr__(self, "secret_key", SecretStr(_kept_secret(home)))
        if not self.base_url:
            object.__setattr__(self, "base_url", _served_at(home))
        return self

    def serve_at(self, address: str) -> None:
        """Keep where people reach it, for the commands and workers beside the pages."""
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / SERVED_AT).write_text(address)


def _kept_secret(home: Path) -> str:
    """The installation's own secret, made once and kept beside the database."""
    path = home / "secret_key"
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(token_urlsafe(48))
    return path.read_text()


def _served_at(home: Path) -> str:
    """Where `incubator run` served last."""
    path = home / SERVED_AT
    return path.read_text() if path.exists() else "http://127.0.0.1:8000"
