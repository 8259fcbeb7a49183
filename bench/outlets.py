"""Outlets of our own for the benchmark: feeds and pages as the press makes them, served by a small server apart.

Started as `python -m bench.outlets SOURCES ENTRIES` it says its address and answers until its standard input ends. What
it serves hangs on the two numbers alone, so every round and every program reads the same bytes.
"""

import asyncio
import random
import sys
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

import yaml

NEWS: Final = Path(__file__).resolve().parent.parent / "seeds" / "demo" / "news"

COPIES: Final = 0.15  # of the articles are an agency's text that another outlet has too
PARAGRAPHS: Final = (5, 12)
SENTENCES: Final = (2, 5)


@dataclass(frozen=True)
class Sample:
    """All that is served, by path."""

    answers: dict[str, tuple[str, bytes]]  # media type, body
    feeds: list[str]
    pages: list[str]


def sample(sources: int, entries: int) -> Sample:
    """Feeds of so many entries, each with a page of about a hundred kilobytes."""
    dice = random.Random(2026)
    sentences = _sentences()
    languages = sorted(sentences)
    answers: dict[str, tuple[str, bytes]] = {}
    feeds, pages, wire = [], [], list[tuple[str, str, list[str]]]()
    for source in range(sources):
        items = []
        for entry in range(entries):
            if wire and dice.random() < COPIES:
                language, title, paragraphs = dice.choice(wire)
            else:
                language = dice.choice(languages)
                paragraphs = _paragraphs(dice, sentences[language])
                title = paragraphs[0].split(".")[0][:90]
                wire.append((language, title, paragraphs))
            path = f"/{source}/news/{entry}"
            answers[path] = ("text/html; charset=utf-8", _page(dice, language, title, paragraphs, sentences).encode())
            pages.append(path)
            minute = (source * 7 + entry * 13) % 1440
            items.append(
                f"<item><title>{escape(title)}</title><link>{path}</link><guid>{source}-{entry}</guid>"
                f"<pubDate>Mon, 23 Nov 2026 {minute // 60:02}:{minute % 60:02}:00 +0300</pubDate>"
                f"<description>{escape('<p>' + paragraphs[0] + ' <a href=/more>…</a></p>')}</description></item>"
            )
        feed = (
            f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Outlet {source}</title>'
            f"<link>/</link>{''.join(items)}</channel></rss>"
        )
        answers[f"/{source}/feed.xml"] = ("application/rss+xml; charset=utf-8", feed.encode())
        feeds.append(f"/{source}/feed.xml")
    return Sample(answers, feeds, pages)


def _sentences() -> dict[str, list[str]]:
    """The sentences of the demo news by language: words as the press uses them."""
    found: dict[str, list[str]] = {}
    for language in ("ar", "az", "en", "ru"):
        for told in yaml.safe_load((NEWS / f"{language}.yaml").read_text(encoding="utf-8")):
            parts = " ".join(told["paragraphs"]).split(". ")
            found.setdefault(language, []).extend(part.strip(" .") for part in parts if len(part) > 30)
    return found


def _paragraphs(dice: random.Random, sentences: list[str]) -> list[str]:
    """A text of its own: sentences whose words are partly another's, so that no two texts are one story by chance."""
    words = " ".join(sentences).split()
    paragraphs = []
    for _paragraph in range(dice.randint(*PARAGRAPHS)):
        said = []
        for _sentence in range(dice.randint(*SENTENCES)):
            own = dice.choice(sentences).split()
            said.append(" ".join(word if dice.random() < 0.6 else dice.choice(words) for word in own))
        paragraphs.append(". ".join(said) + ".")
    return paragraphs


def _page(
    dice: random.Random, language: str, title: str, paragraphs: list[str], sentences: dict[str, list[str]]
) -> str:
    """The article amid what outlets put around it: menus, styles, scripts, other news, a footer."""
    others = sentences[language]
    menu = "".join(
        f'<li class="menu-item menu-item-{n}"><a class="nav-link" href="/section/{n}"><span>{dice.choice(others)[:18]}'
        "</span></a></li>"
        for n in range(60)
    )
    cards = "".join(
        f'<div class="card col-md-4"><a href="/story/{n}"><img loading="lazy" src="/img/{n}.jpg" alt=""></a>'
        f'<div class="card-body"><h3><a href="/story/{n}">{escape(dice.choice(others)[:80])}</a></h3>'
        f'<span class="date">23.11.2026</span><span class="views">{n * 17}</span></div></div>'
        for n in range(70)
    )
    style = "".join(f".c{n}{{margin:{n % 9}px;color:#{n * 7919 % 4096:03x}}}" for n in range(700))
    script = "".join(f"window.q{n}={{id:{n},u:'/ad/{n}?z={n * 31}'}};" for n in range(600))
    text = "".join(f'<p class="txt">{escape(paragraph)}</p>' for paragraph in paragraphs)
    return f"""<!doctype html><html lang="{language}"><head><meta charset="utf-8">
<title>{escape(title)} | Outlet</title><meta property="og:title" content="{escape(title)}">
<meta property="article:published_time" content="2026-11-23T10:00:00Z">
<style>{style}</style><script>{script}</script></head><body class="single">
<header class="site"><nav><ul class="menu">{menu}</ul></nav></header><div class="container"><div class="row">
<main class="col-md-8"><article class="post"><h1 class="entry-title">{escape(title)}</h1>
<div class="meta">23.11.2026</div><div class="entry-content">{text}</div>
<div class="share"><a href="#">Facebook</a><a href="#">X</a></div></article>
<section class="related">{cards[: len(cards) // 2]}</section></main>
<aside class="sidebar">{cards[len(cards) // 2 :]}</aside></div></div>
<footer><ul>{menu}</ul><p>© 2026 Outlet. All rights reserved.</p></footer></body></html>"""


async def _serve(answers: dict[str, tuple[str, bytes]]) -> None:
    ready = {
        path: f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        f"Connection: close\r\n\r\n".encode()
        + body
        for path, (kind, body) in answers.items()
    }

    async def answer(asked: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        try:
            head = await asked.readuntil(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].decode()
            answers.write(ready.get(path, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
            await answers.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            answers.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve(sample(int(sys.argv[1]), int(sys.argv[2])).answers))
