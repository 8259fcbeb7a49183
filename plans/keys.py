"""Keys with which machines read the API in a person's name. A key is shown once; only its digest is kept."""

import hashlib
import secrets
from typing import Final

from django.db.models import Q
from django.utils import timezone

from plans.models import Token, User

PREFIX: Final = "mithaq_"  # so that a key that leaked is found by those who search for such


def digest_of(key: str) -> str:
    # a key is 256 random bits: a plain digest cannot be searched for
    return hashlib.sha256(key.encode()).hexdigest()


def make(user: User, name: str) -> tuple[Token, str]:
    """Make a key for what `name` says; return its row and the key, which cannot be shown again."""
    key = PREFIX + secrets.token_urlsafe(32)
    return Token.objects.create(user=user, name=name, digest=digest_of(key)), key


def revoke(user: User, name: str) -> int:
    """Delete the person's keys of this name; return how many there were."""
    return Token.objects.filter(user=user, name=name).delete()[0]


def holder_of(key: str) -> User | None:
    """The person whose key this is, None where it is nobody's or theirs no longer; notes the day of use."""
    token = Token.objects.select_related("user").filter(digest=digest_of(key), user__is_active=True).first()
    if token is None:
        return None
    today = timezone.localdate()
    if token.used_on != today:  # one write a day
        Token.objects.filter(Q(used_on=None) | Q(used_on__lt=today), pk=token.pk).update(used_on=today)
    return token.user
