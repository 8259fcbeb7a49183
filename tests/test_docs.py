"""The docs keep up with the code: a setting or command that is not described fails here."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def variables() -> list[str]:
    """The environment variables the settings read."""
    return sorted(
        set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "config" / "settings.py").read_text(encoding="utf-8")))
    )


@pytest.mark.parametrize("variable", variables())
def test_the_readme_describes_every_setting(variable: str) -> None:
    assert f"| `{variable}` |" in README


@pytest.mark.parametrize("picture", re.findall(r"!\[[^]]+\]\(([^)]+)\)", README))
def test_every_picture_in_the_readme_is_there(picture: str) -> None:
    assert (ROOT / picture).is_file()


def commands() -> list[str]:
    """Our own management commands."""
    return sorted(path.stem for path in ROOT.glob("*/management/commands/*.py") if path.stem != "__init__")


@pytest.mark.parametrize("command", commands())
def test_the_map_lists_every_command(command: str) -> None:
    assert f"`{command}`" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_no_file_names_a_package_registry() -> None:
    for name in ["requirements.txt", "requirements-dev.txt", "pyproject.toml", "Makefile", ".ci/run", "Dockerfile"]:
        assert not re.search(
            r"pypi\.org|pythonhosted|registry\.npmjs|(?<!no-emit-)index-url", (ROOT / name).read_text(encoding="utf-8")
        ), name
