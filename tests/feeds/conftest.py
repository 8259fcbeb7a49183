"""The outlets of tests/articles serve these tests too."""

from tests.articles.conftest import outlet, public_outlet  # noqa: F401  # fixtures
