"""A briefing's content in words: the same lines for the page and for the Word document, in Arabic or English.

Each span of text knows its language, so that whoever sets it can set its direction.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from django.utils.text import Truncator
from django.utils.translation import get_language, gettext, ngettext, override, pgettext

from plans.briefing import Content
from plans.models import Meeting, Status
from plans.templatetags.mithaq import quote_marks, words_for_date

LONGEST_QUOTE: Final = 200
LONGEST_NEWS: Final = 170
IN_THE_TABLE: Final = ("completed", "substantial", "limited", "not_started", "contested", "none", "dropped")


@dataclass(frozen=True)
class Span:
    text: str
    language: str  # empty: a code or a number, which has none
    strong: bool = False


@dataclass(frozen=True)
class Line:
    """A point of the paper: a flag before it, its words, the numbers of its citations."""

    spans: list[Span]
    refs: list[int] = field(default_factory=list)
    flag: str = ""  # overdue, contested, silent
    flag_words: str = ""


@dataclass(frozen=True)
class Row:
    head: Span
    cells: list[tuple[str, str]]  # the column's head and what the cell says
    refs: list[int] = field(default_factory=list)
    is_total: bool = False


@dataclass(frozen=True)
class Table:
    head: list[str]
    rows: list[Row]


@dataclass(frozen=True)
class Section:
    key: str
    title: str
    lines: list[Line]
    more: str = ""
    table: Table | None = None  # says the lines' facts where there is room for a table
    empty: str = ""


@dataclass(frozen=True)
class Source:
    number: int
    evidence: int
    text: Span
    is_quote: bool
    marks: tuple[str, str]
    meaning: str
    publisher: str
    day: str
    iso: str
    url: str
    address: str  # what is said where no address is recorded
    is_demo: bool


@dataclass(frozen=True)
class Paper:
    """A briefing in one language."""

    language: str
    direction: str
    title: Span
    occasion: str
    prepared: str
    line: str
    sections: list[Section]
    sources: list[Source]
    sources_title: str
    source_word: str
    foot: str
    is_demo: bool
    demo_word: str


def paper_of(content: Content, language: str) -> Paper:
    """Put the content into Arabic or English words, whatever language the page around it has."""
    with override(language):
        return _Writer(content, language).paper()


def papers_of(content: Content, language: str) -> list[Paper]:
    """One paper, or for «ar-en» the two that stand side by side: their sections correspond one to one."""
    return [paper_of(content, one) for one in (["en", "ar"] if language == "ar-en" else [language])]


def _date(iso: str, precision: str = "day") -> str:
    if precision == "plan_end":
        return words_for_date(date.max, precision)
    return words_for_date(date.fromisoformat(iso), precision) if iso else ""


def status_words(status: str) -> str:
    return str(Status(status or "none").label)


@dataclass
class _Writer:
    content: Content
    language: str

    # ------------------------------------------------------------------ small words
    def say(self, pair: dict[str, str], strong: bool = False) -> Span:
        """A bilingual text in this paper's language, else in the other, which the span then says."""
        other = "en" if self.language == "ar" else "ar"
        if pair.get(self.language):
            return Span(pair[self.language], self.language, strong)
        return Span(pair.get(other, ""), other, strong)

    def words(self, text: str, strong: bool = False) -> Span:
        return Span(text, self.language, strong)

    def named(self, item: dict[str, Any]) -> list[Span]:
        return [Span(item["code"], ""), self.words(" "), self.say(item["title"])]

    def side(self, side: str) -> str:
        if side in ("a", "b"):
            return self.say(self.content["plan"][side]).text
        return gettext("Assessed")

    def meeting(self, meeting: dict[str, Any]) -> str:
        kind = str(Meeting.Kind(meeting["kind"]).label)
        return gettext("%(kind)s, %(place)s, %(day)s") % {
            "kind": kind,
            "place": self.say(meeting["place"]).text,
            "day": _date(meeting["on"], meeting["precision"]),
        }

    @staticmethod
    def more(listed: dict[str, Any]) -> str:
        left = listed["total"] - len(listed["items"])
        return ngettext("and %(n)d more", "and %(n)d more", left) % {"n": left} if left > 0 else ""

    @staticmethod
    def join(parts: Iterable[str]) -> str:
        return gettext(", ").join(part for part in parts if part)

    def attention(self, item: dict[str, Any]) -> str:
        n = item["overdue"]
        overdue = ngettext("%(n)d overdue", "%(n)d overdue", n) % {"n": n} if n else ""
        n = item["contested"]
        contested = ngettext("%(n)d contested", "%(n)d contested", n) % {"n": n} if n else ""
        n = item["silent"]
        silent = ngettext("%(n)d silent", "%(n)d silent", n) % {"n": n} if n else ""
        return self.join([overdue, contested, silent])

    # ------------------------------------------------------------------ the paper
    def paper(self) -> Paper:
        content = self.content
        sections = [
            self.pillars(),
            self.changed(),
            self.late(),
            *(self.owed(side) for side in (content["reader"], "b" if content["reader"] == "a" else "a")),
            self.differ(),
            self.questions(),
        ]
        meeting = content["next_meeting"]
        period = gettext("Period: %(since)s – %(until)s") % {
            "since": _date(content["since"]),
            "until": _date(content["until"]),
        }
        n = content["evidence"]
        prepared = ngettext("from %(n)d piece of evidence", "from %(n)d pieces of evidence", n) % {"n": n}
        return Paper(
            language=self.language,
            direction="rtl" if self.language == "ar" else "ltr",
            title=self.say(content["plan"]["title"]),
            occasion=gettext("Briefing before: %(meeting)s") % {"meeting": self.meeting(meeting)}
            if meeting
            else gettext("Briefing"),
            prepared=self.join([period, prepared]),
            line=self.line(),
            sections=sections,
            sources=[self.source(item) for item in content["citations"]],
            sources_title=gettext("Sources"),
            source_word=gettext("Source"),
            foot=gettext("Every number leads to what a source said, and to the source."),
            is_demo=content["is_demo"],
            demo_word=gettext("Demo"),
        )

    def line(self) -> str:
        everything, content = self.content["all"], self.content
        total, done = sum(everything["counts"].values()), everything["counts"]["completed"]
        parts = []
        if content["time"] is not None:
            parts.append(gettext("%(time)d%% of the time has passed.") % {"time": content["time"]})
        if not total:
            return " ".join([*parts, gettext("No commitments are recorded.")])
        parts.append(gettext("%(done)d of %(total)d commitments completed.") % {"done": done, "total": total})
        attention = self.attention(everything)
        none = everything["counts"]["none"]
        without = ngettext("%(n)d without evidence", "%(n)d without evidence", none) % {"n": none} if none else ""
        rest = self.join([attention, without])
        if rest:
            parts.append(gettext("Attention: %(what)s.") % {"what": rest})
        return " ".join(parts)

    def pillars(self) -> Section:
        content = self.content
        used = [status for status in IN_THE_TABLE if content["all"]["counts"].get(status) or status in IN_THE_TABLE[:4]]

        head = [gettext("Pillar"), *(status_words(status) for status in used), gettext("Attention")]

        def row(name: Span, item: dict[str, Any], is_total: bool = False) -> Row:
            counts = item["counts"]
            cells = [str(counts[status]) if counts.get(status) else "–" for status in used]
            told = list(zip(head[1:], [*cells, self.attention(item)], strict=True))
            return Row(name, told, is_total=is_total)

        rows = [row(self.say(item["title"]), item) for item in content["pillars"]]
        rows.append(row(self.words(gettext("All")), content["all"], is_total=True))
        lines = []
        for item in content["pillars"]:
            counts = [
                pgettext("status and how many", "%(status)s %(n)d") % {"status": status_words(status), "n": n}
                for status in IN_THE_TABLE
                if (n := item["counts"].get(status))
            ]
            told = self.join([*counts, self.attention(item)]) or gettext("No commitment")
            lines.append(Line([self.say(item["title"], strong=True), self.words(gettext(": ") + told)]))
        return Section(
            "pillars",
            gettext("Where each pillar stands"),
            lines,
            table=Table(head, rows) if content["pillars"] else None,
            empty=gettext("No pillar is recorded."),
        )

    def changed(self) -> Section:
        content = self.content
        meeting = content["since_meeting"]
        title = (
            gettext("What changed since the last meeting (%(meeting)s)") % {"meeting": self.meeting(meeting)}
            if meeting
            else gettext("What changed since %(day)s") % {"day": _date(content["since"])}
        )
        lines = [
            Line(
                [
                    *self.named(item),
                    self.words(
                        gettext(": %(who)s from «%(before)s» to «%(now)s», %(day)s")
                        % {
                            "who": self.side(item["side"]),
                            "before": status_words(item["from"]),
                            "now": status_words(item["to"]),
                            "day": _date(item["on"]),
                        }
                    ),
                ],
                item["refs"],
            )
            for item in content["changed"]["items"]
        ]
        for item in content["moved"]["items"]:
            before = _date(item["from"], item["from_precision"]) or gettext("no date")
            now = _date(item["to"], item["to_precision"]) if item["to"] or item["to_precision"] == "plan_end" else ""
            words = gettext(": due date moved from %(before)s to %(now)s") % {
                "before": before,
                "now": now or gettext("no new date"),
            }
            lines.append(Line([*self.named(item), self.words(words)], item["refs"]))
        by_number = {item["number"]: item for item in content["citations"]}
        for item in content["news"]["items"]:
            piece = by_number[item["refs"][0]]
            head = self.named(item) if item["code"] else [self.words(gettext("Whole plan"))]
            lines.append(Line([*head, self.words(gettext(": ")), self.meaning(piece, LONGEST_NEWS)], item["refs"]))
        n = content["new_evidence"]
        count = ngettext("%(n)d new piece of evidence", "%(n)d new pieces of evidence", n) % {"n": n} if n else ""
        left = [self.more(content["changed"]), self.more(content["moved"])]
        more = self.join([count, *(part for part in left if part)])
        return Section("changed", title, lines, more, empty=gettext("Nothing that is recorded."))

    def late(self) -> Section:
        late = self.content["late"]
        lines = []
        for item in late["items"]:
            due = gettext("; was due %(due)s, stands at «%(status)s»") % {
                "due": _date(item["due"], item["precision"]),
                "status": status_words(item["status"]),
            }
            n = item["moved"]
            moved = ngettext("; moved once before", "; moved %(n)d times before", n) % {"n": n} if n else ""
            days = ngettext("%(n)d day", "%(n)d days", item["days"]) % {"n": item["days"]}
            lines.append(Line([*self.named(item), self.words(due + moved)], item["refs"], "overdue", days))
        return Section("late", gettext("What is late"), lines, self.more(late), empty=gettext("Nothing is late."))

    def owed(self, side: str) -> Section:
        content = self.content
        names = {"side": self.side(side)}
        title = gettext("What we owe (%(side)s)") if side == content["reader"] else gettext("What they owe (%(side)s)")
        owed = content["owed"][side]
        lines = []
        for item in owed["actions"]["items"]:
            spans = [self.words(gettext("Action point: ")), self.say(item["text"])]
            owner = self.say(item["owner"])
            told = [owner.text, gettext("due %(due)s") % {"due": _date(item["due"])} if item["due"] else ""]
            told.append(gettext("asked for on %(day)s") % {"day": _date(item["meeting"])})
            told.append(gettext("with the other side") if item["shared"] else "")
            spans.append(self.words(gettext("; ") + self.join(told)))
            flag = ("overdue", gettext("overdue")) if item["overdue"] else ("", "")
            lines.append(Line(spans, [], *flag))
        for item in owed["commitments"]["items"]:
            told = [self.say(item["lead"]).text]
            if item["due"] or item["precision"] == "plan_end":
                told.append(gettext("due %(due)s") % {"due": _date(item["due"], item["precision"])})
            told.append(gettext("with the other side") if item["shared"] else "")
            flag = ("overdue", gettext("overdue")) if item["overdue"] else ("", "")
            words = self.words(gettext("; ") + self.join(told))
            lines.append(Line([*self.named(item), words], item["refs"], *flag))
        left = sum(owed[kind]["total"] - len(owed[kind]["items"]) for kind in ("actions", "commitments"))
        more = ngettext("and %(n)d more", "and %(n)d more", left) % {"n": left} if left else ""
        empty = gettext("No open commitment names a lead body of this side, and no action point is open.")
        return Section(f"owed-{side}", title % names, lines, more, empty=empty)

    def differ(self) -> Section:
        differ = self.content["differ"]
        sides = ("a", "b", "assessor")
        says = pgettext("head of a column", "%(side)s says")
        head = [gettext("Commitment"), says % {"side": self.side("a")}, says % {"side": self.side("b")}]
        head.append(gettext("Assessed"))
        rows, lines = [], []
        for item in differ["items"]:
            said = [status_words(level) if (level := item["levels"][side]) else "–" for side in sides]
            rows.append(Row(self.say(item["title"]), list(zip(head[1:], said, strict=True)), refs=item["refs"]))
            told = [
                pgettext("a side and what it says", "%(side)s: %(level)s")
                % {"side": self.side(side), "level": status_words(item["levels"][side])}
                for side in sides
                if item["levels"][side]
            ]
            words = self.words(gettext("; ") + gettext("; ").join(told))
            lines.append(Line([*self.named(item), words], item["refs"], "contested", gettext("contested")))
        return Section(
            "differ",
            gettext("Where the sides differ"),
            lines,
            self.more(differ),
            table=Table(head, rows) if rows else None,
            empty=gettext("Nowhere in what is recorded."),
        )

    def questions(self) -> Section:
        questions = self.content["questions"]
        lines: list[Line] = []

        def codes(listed: dict[str, Any], words: Callable[[dict[str, Any]], str] | None = None) -> list[Span]:
            spans: list[Span] = []
            for place, item in enumerate(listed["items"]):
                spans += [self.words(gettext(", "))] if place else []
                spans += self.named(item)
                if words:
                    spans.append(self.words(f" ({words(item)})"))
            more = self.more(listed)
            return [*spans, self.words(f" {more}")] if more else spans

        n = questions["without"]["total"]
        if n:
            words = ngettext(
                "Of %(n)d commitment there is no evidence. What can each side show?",
                "Of %(n)d commitments there is no evidence. What can each side show?",
                n,
            ) % {"n": n}
            lines.append(Line([self.words(words + " "), *codes(questions["without"])]))
        n = questions["silent"]["total"]
        if n:
            words = ngettext(
                "%(n)d commitment has gone silent. Who answers for it, and by when?",
                "%(n)d commitments have gone silent. Who answers for them, and by when?",
                n,
            ) % {"n": n}
            refs = [ref for item in questions["silent"]["items"] for ref in item["refs"]]

            def days(item: dict[str, Any]) -> str:
                return ngettext("%(n)d day", "%(n)d days", item["days"]) % {"n": item["days"]}

            lines.append(Line([self.words(words + " "), *codes(questions["silent"], days)], refs))
        n = questions["checked"]["total"]
        if n:
            words = ngettext(
                "%(n)d commitment was checked without finding anything new:",
                "%(n)d commitments were checked without finding anything new:",
                n,
            ) % {"n": n}

            def looked(item: dict[str, Any]) -> str:
                return _date(item["on"])

            lines.append(Line([self.words(words + " "), *codes(questions["checked"], looked)]))
        if questions["disputes"]["total"]:
            refs = [ref for item in questions["disputes"]["items"] for ref in item["refs"]]
            n = questions["disputes"]["total"]
            words = ngettext(
                "%(n)d source contradicts or corrects another. Which one holds?",
                "%(n)d sources contradict or correct another. Which one holds?",
                n,
            ) % {"n": n}
            lines.append(Line([self.words(words)], refs))
        n = questions["without_lead"]
        if n:
            words = ngettext(
                "%(n)d open commitment names no lead body. Whose is it?",
                "%(n)d open commitments name no lead body. Whose are they?",
                n,
            ) % {"n": n}
            lines.append(Line([self.words(words)]))
        return Section(
            "questions",
            gettext("Questions the record leaves open"),
            lines,
            empty=gettext("None that the record shows."),
        )

    # ------------------------------------------------------------------ sources
    def meaning(self, piece: dict[str, Any], longest: int) -> Span:
        """What a source says, for a reader of this paper: its words, their gloss, or our summary."""
        if piece["quote"]:
            gloss = piece["gloss"].get(self.language)
            mine = piece["language"][:2] == self.language
            span = Span(gloss, self.language) if gloss and not mine else Span(piece["quote"], piece["language"])
        else:
            span = self.say(piece["summary"])
        return Span(Truncator(span.text).chars(longest), span.language)

    def source(self, piece: dict[str, Any]) -> Source:
        is_quote = bool(piece["quote"])
        if is_quote:
            text = Span(Truncator(piece["quote"]).chars(LONGEST_QUOTE), piece["language"])
        else:
            text = self.meaning(piece, LONGEST_QUOTE)
        mine = piece["language"][:2] == self.language
        gloss = "" if mine or not is_quote else piece["gloss"].get(self.language, "")
        return Source(
            number=piece["number"],
            evidence=piece["evidence"],
            text=text,
            is_quote=is_quote,
            marks=quote_marks(piece["language"] or get_language() or "en") if is_quote else ("", ""),
            meaning=Truncator(gloss).chars(LONGEST_QUOTE),
            publisher=piece["publisher"],
            day=_date(piece["on"], piece["precision"]),
            iso=piece["on"],
            url=piece["url"],
            address="" if piece["url"] else gettext("address not recorded"),
            is_demo=piece["demo"],
        )


# ------------------------------------------------------------------ two briefings compared


def difference_of(changes: dict[str, list[dict[str, Any]]], language: str) -> list[Line]:
    """The difference between two briefings in words, a line a commitment and change."""
    with override(language):
        writer = _Writer({}, language)
        words = {
            "overdue_on": gettext(": is late now"),
            "overdue_off": gettext(": is late no more"),
            "contested_on": gettext(": the sides differ now"),
            "contested_off": gettext(": the sides differ no more"),
            "silent_on": gettext(": has gone silent"),
            "silent_off": gettext(": is silent no more"),
            "added": gettext(": new in the plan"),
            "removed": gettext(": no longer in the plan"),
        }
        lines = []
        for item in changes["status"]:
            told = gettext(": from «%(before)s» to «%(now)s»") % {
                "before": status_words(item["from"]),
                "now": status_words(item["to"]),
            }
            lines.append(Line([*writer.named(item), writer.words(told)]))
        for item in changes["moved"]:
            told = gettext(": due date moved from %(before)s to %(now)s") % {
                "before": _date(item["from"]) or gettext("no date"),
                "now": _date(item["to"]) or gettext("no new date"),
            }
            lines.append(Line([*writer.named(item), writer.words(told)]))
        for kind, told in words.items():
            lines += [Line([*writer.named(item), writer.words(told)]) for item in changes[kind]]
        return lines
