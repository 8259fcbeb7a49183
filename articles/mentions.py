"""What a text names, sentence by sentence: parties, plans and areas, each with the place where it stands.

Pure reading: which of these belong together, and how much that says, is weighed in `articles.weighing`.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

from articles import cues
from articles.lexicon import FALSE_FRIEND, Lexicon, Name
from plans.language import Normalised, Span, Token, fold, normalise, sentences, tokens
from plans.language.gazetteer import Hit

#: texts in these languages use words of those as well
BESIDE: Final = {"az": ("tr",), "tr": ("az",), "uz": ("az", "tr"), "fa": ("ar",), "ur": ("ar", "fa"), "kk": ("ru",)}
EVERYWHERE: Final = ("en", "ar", "ru", "uk")  # names of parties in these stand in texts of all languages
LONGEST: Final = 100_000  # characters read: more is no article
ENOUGH: Final = 24  # mentions of one thing in one sentence: hostile text would hold thousands
SHARED_AREAS: Final = ({"az", "tr"}, {"ar", "fa"})  # languages whose ordinary words are close enough

_SPLIT: Final = re.compile(  # headlines in one line; that a mark follows is seen before any is tried
    r"\s(?=[\s|•·/*■●▪◆»<>—+-])(?:\s*(?:\||•|·|//|\*{2,}|■|●|▪|◆|»»|»|<<|>>|—{2,}|-{2,}|/{2,}|\+{3,})\s+|\|\s?)"
)
_ENDS_LIKE_A_SENTENCE: Final = re.compile(r"[.!?…؟۔:][\"'”’»)\]]*$")
_STOP: Final = re.compile(r"[.;:؛!?؟]")
_DATELINE: Final = re.compile(r"^\s*(?:\([^)\n]{2,30}\)|/[^/\n]{2,20}/|[,،]?\s?[\w. /]{0,24}?)\s*(?:--?|:)\s")
_NISBA: Final = re.compile(r"ال\w{3,}ي")  # «السكني»: an adjective that agrees with مجلس
_LOCATIVE: Final = re.compile(r"(?:d[ae]n?|ya|ye)$")
_COUNCIL: Final = "مجلس التعاون"


class Mention(NamedTuple):
    """A name found: its tokens in the folded text, their span there and in the text as given."""

    name: Name
    first: int
    last: int
    folded: Span
    start: int
    end: int

    def covers(self, token: int) -> bool:
        return self.first <= token <= self.last


@dataclass(frozen=True)
class Part:
    """The title or the body, as given and folded."""

    text: str
    in_title: bool

    @cached_property
    def folded(self) -> Normalised:
        return normalise(self.text)

    @cached_property
    def words(self) -> list[Token]:
        return tokens(self.folded.text)

    def fold_span(self, start: int, end: int) -> Span:
        """Where in the folded text a span of the text as given stands."""
        starts = self.folded.starts
        if isinstance(starts, range):  # each character stands where it stood
            return Span(start, end)
        return Span(bisect_left(starts, start), bisect_left(starts, end))


@dataclass(slots=True)
class Passage:
    """A sentence, or a part of a line that stands for itself, with what it names."""

    part: Part
    start: int
    end: int
    folded: Span
    is_prose: bool  # ends like a sentence: a headline of a sidebar does not
    turns: bool = False  # «in other news»: it has nothing to do with what stands before
    parties: dict[str, list[Mention]] = field(default_factory=lambda: defaultdict(list))
    sectors: dict[str, list[Mention]] = field(default_factory=lambda: defaultdict(list))
    plans: dict[str, list[Mention]] = field(default_factory=lambda: defaultdict(list))
    datelines: list[Mention] = field(default_factory=list)
    linked: set[str] = field(default_factory=set)  # parties tied to a bloc directly
    member_linked: set[str] = field(default_factory=set)  # parties tied to a bloc's member
    among_themselves: set[str] = field(default_factory=set)  # parties tied to one another alone
    strength: dict[str, float] = field(default_factory=dict)  # of each party, given in the weighing
    lists: list[set[str]] = field(default_factory=list)  # parties named side by side: «Japan, India and Oman»
    carried: set[str] = field(default_factory=set)  # blocs meant by «he» or «they», given in the weighing
    said: dict[cues.Cue, re.Match[str] | None] = field(default_factory=dict)  # what was asked for so far
    scripts: frozenset[str] | None = None  # of which it has letters, once a cue was asked for

    @property
    def in_title(self) -> bool:
        return self.part.in_title

    @property
    def words(self) -> str:
        """Its folded text."""
        return self.part.folded.text[self.folded.start : self.folded.end]

    @property
    def heard(self) -> str:
        """`words` as cues are looked for in them: a hyphen is a space."""
        return self.words.replace("-", " ")

    def says(self, cue: cues.Cue) -> re.Match[str] | None:
        """Where a cue first stands in what is `heard`."""
        if cue not in self.said:
            if self.scripts is None:
                self.scripts = cues.scripts_in(self.words)
            self.said[cue] = cue.search(self.heard, self.scripts)
        return self.said[cue]

    def opens(self, with_words: re.Pattern[str]) -> bool:
        """Whether it begins with such words."""
        return bool(with_words.match(self.heard))

    def before(self, mention: Mention, width: int) -> str:
        """What stands in the folded text of this passage before a mention, without the space between."""
        return self.part.folded.text[
            max(self.folded.start, mention.folded.start - width) : mention.folded.start
        ].rstrip()

    def after(self, mention: Mention, width: int) -> str:
        """What stands in the folded text of this passage after a mention."""
        return self.part.folded.text[mention.folded.end : min(self.folded.end, mention.folded.end + width)]

    def around(self, mention: Mention, width: int) -> str:
        start = max(self.folded.start, mention.folded.start - width)
        return self.part.folded.text[start : min(self.folded.end, mention.folded.end + width)]

    def between(self, left: Mention, right: Mention) -> str:
        return self.part.folded.text[left.folded.end : right.folded.start]

    def begins_a_name(self, mention: Mention) -> bool:
        """Whether a capitalised word follows in running text: «Gulf Cement Company»."""
        words = self.part.words
        if self.in_title or mention.name.language != "en" or mention.last + 1 >= len(words):
            return False
        following = words[mention.last + 1]
        written = self.part.text[self.part.folded.starts[following.start] :][:2]
        return self.part.folded.text[mention.folded.end : following.start] == " " and written.istitle()

    def is_place(self, mention: Mention, language: str) -> bool:
        """Whether a party is named by a city, or as a country, in which something happens."""
        kind = mention.name.kind
        if kind == "town":
            return True
        if kind != "capital":
            return kind in ("adjective", "name") and bool(cues.CAPITAL.search(self.around(mention, 14)))
        written = self.part.folded.text[mention.folded.start : mention.folded.end]
        own = "بب" if mention.name.folded.startswith("ب") else "ب"
        if mention.name.language == "ar" and written.startswith(own):  # «بالرياض», «بباكو»
            return True
        if language in ("az", "tr") and _LOCATIVE.search(written):
            return True
        return bool(cues.PLACE.search(self.before(mention, 32)))

    def quote(self, found: re.Match[str]) -> Span:
        """Return the whole words, in the text as given, behind what a cue found in `words`."""
        text = self.part.text
        offset = self.folded.start
        start, end = self.part.folded.original(offset + found.start(), offset + found.end())
        while start < end and not text[start].isalnum():
            start += 1
        while end < self.end and text[end].isalnum():
            end += 1  # the cue is a stem; the reader sees the word
        while end > start and not text[end - 1].isalnum():
            end -= 1
        return Span(start, end)


def read(title: str, text: str, language: str, lexicon: Lexicon) -> list[Passage]:
    """Return the passages of title and text in their order, with what each names."""
    parts = [Part(title[:LONGEST], in_title=True), Part(text[:LONGEST], in_title=False)]
    parts = [part for part in parts if part.text.strip()]
    passages: list[Passage] = []
    for part, mentions in zip(parts, _without_lookalikes(parts, language, lexicon), strict=True):
        own = list(_passages(part, language))
        named = _without_datelines(mentions, own[0]) if own and not part.in_title else mentions
        position = 0
        for passage in own:
            while position < len(named) and named[position].start < passage.start:
                position += 1
            while position < len(named) and named[position].start < passage.end:
                mention = named[position]
                name = mention.name
                of_its_kind = (
                    passage.parties[name.party]
                    if name.party
                    else passage.plans[name.plan]
                    if name.plan
                    else passage.sectors[name.sector]
                )
                if len(of_its_kind) < ENOUGH:
                    of_its_kind.append(mention)
                position += 1
            _tie(passage, language, lexicon)
        passages += own
    return passages


# ------------------------------------------------------------------------------------------------- sentences


def _passages(part: Part, language: str) -> Iterator[Passage]:
    """The sentences of a part. A line of page furniture, and the headlines after it, are left out."""
    text = part.text
    in_furniture = False
    skipped_to = -1
    for sentence in sentences(text, language):
        if sentence.start < skipped_to:
            continue
        pieces = []
        at = sentence.start
        for gap in _SPLIT.finditer(text, sentence.start, sentence.end):
            pieces.append((at, gap.start()))
            at = gap.end()
        pieces.append((at, sentence.end))
        for start, end in pieces:
            folded = part.fold_span(start, end)
            words = part.folded.text[folded.start : folded.end].strip()
            if not words:
                continue
            is_prose = len(pieces) == 1 and bool(_ENDS_LIKE_A_SENTENCE.search(text[start:end]))
            if not part.in_title:
                line_start = text.rfind("\n", 0, start) + 1
                furniture = cues.FURNITURE.match(words)
                opens_line = not text[line_start:start].strip()
                # within a line only «Read also: …» is sure
                if furniture and (opens_line or words[furniture.end() :].lstrip()[:1] == ":"):
                    line_end = text.find("\n", start)
                    skipped_to = len(text) if line_end < 0 else line_end
                    in_furniture = opens_line
                    break
                if in_furniture and not is_prose:
                    continue
            in_furniture = False
            yield Passage(part, start, end, folded, is_prose or part.in_title, bool(cues.TURN.match(words)))


# ------------------------------------------------------------------------------------------------- names


def _named(part: Part, language: str, lexicon: Lexicon) -> tuple[list[Mention], list[Name]]:
    """What a part names, in its order, and its false friends. The longest form wins over all that overlaps it."""
    languages = frozenset({*EVERYWHERE, language, *BESIDE.get(language, ())})
    hits = lexicon.gazetteer.find(part.text, part.folded, part.words, languages)
    names, words = lexicon.names, part.words

    def rank(hit: Hit) -> tuple[int, bool, int]:
        return words[hit.last].end - words[hit.first].start, names[hit.form].kind == FALSE_FRIEND, -hit.first

    covered = bytearray(len(words))
    taken: dict[str, dict[int, tuple[int, int]]] = {"party": {}, "plan": {}, "sector": {}}
    named: list[Mention] = []
    false_friends: list[Name] = []
    seen: set[tuple[str, int, int]] = set()
    for hit in sorted(hits, key=rank, reverse=True):
        name, span = names[hit.form], (hit.first, hit.last)
        at = range(hit.first, hit.last + 1)
        if name.kind == FALSE_FRIEND:
            # a longer name of ours stands: «GCC member states» against «GCC member»
            if not any(places.get(token, span) != span for token in at for places in taken.values()):
                false_friends.append(name)
                for token in at:
                    covered[token] = 1
            continue
        target = name.party or name.plan or name.sector
        if not target or any(covered[token] for token in at):
            continue
        if name.sector and name.language != language and {name.language, language} not in SHARED_AREAS:
            continue  # ordinary words mean something only in their own language
        places = taken["party" if name.party else "plan" if name.plan else "sector"]
        if any(places.get(token, span) != span for token in at) or (target, *span) in seen:
            continue
        seen.add((target, *span))
        places.update(dict.fromkeys(at, span))
        folded = Span(words[hit.first].start, words[hit.last].end)
        named.append(Mention(name, hit.first, hit.last, folded, *part.folded.original(*folded)))
    named.sort(key=lambda mention: (mention.first, mention.last))
    return named, false_friends


def _without_lookalikes(parts: list[Part], language: str, lexicon: Lexicon) -> list[list[Mention]]:
    """What each part names, without acronyms that the text spells out otherwise, and without councils of others."""
    found = [_named(part, language, lexicon) for part in parts]
    spelt_otherwise = {_initials(name.text) for _, false_friends in found for name in false_friends}
    fully_named = {mention.name.party for named, _ in found for mention in named if mention.name.kind == "name"}
    others = {
        acronym
        for acronym, party in {
            (mention.name.folded, mention.name.party)
            for named, _ in found
            for mention in named
            if mention.name.kind == "acronym"
        }
        if party not in fully_named
        and (acronym in spelt_otherwise or any(_spells_out(part, acronym) for part in parts))
    }
    return [
        [
            mention
            for mention in named
            if not (mention.name.kind == "acronym" and mention.name.folded in others)
            and not (mention.name.language == "ar" and _is_another_council(mention, part))
        ]
        for part, (named, _) in zip(parts, found, strict=True)
    ]


def _initials(text: str) -> str:
    return "".join(word[0] for word in re.findall(r"[^\W_]+", fold(text)))


def _spells_out(part: Part, acronym: str) -> bool:
    """Whether words in a row give the letters of an acronym: each with a capital, or just before it in brackets."""
    if len(acronym) < 3 or not acronym.isalpha():
        return False
    folded, words = part.folded, part.words
    initials = "".join(
        (" " if folded.text[words[at - 1].end : word.start] != " " else "")
        + (word.text[0] if part.text[folded.starts[word.start]].isupper() and len(word.text) > 2 else " ")
        for at, word in enumerate(words)
    )
    if acronym in initials:
        return True
    for at, word in enumerate(words):
        if word.text.rstrip("s") == acronym and folded.text[max(0, word.start - 1) : word.start] == "(":
            before = words[max(0, at - len(acronym)) : at]
            if "".join(earlier.text[0] for earlier in before) == acronym:
                return True
    return False


def _is_another_council(mention: Mention, part: Part) -> bool:
    """«مجلس التعاون» with an adjective of its own: of a housing cooperative, of two states."""
    if mention.name.folded != _COUNCIL or mention.last + 1 >= len(part.words):
        return False
    following = part.words[mention.last + 1]
    return part.folded.text[mention.folded.end : following.start] == " " and bool(_NISBA.fullmatch(following.text))


def _without_datelines(named: list[Mention], first: Passage) -> list[Mention]:
    """Without the city an agency reports from, «MOSCOW - …», «الرياض: …»; the passage keeps it apart."""
    while named and named[0].start < first.end:
        mention = named[0]
        opens = not first.part.folded.text[first.folded.start : mention.folded.start].strip(" \"'(«/")
        if not opens or mention.name.kind not in ("capital", "town", "name", "acronym"):
            break
        if not _DATELINE.match(first.after(mention, 40)):
            break
        # «GCC: ministers agreed» names who speaks; an agency's city is one place
        if mention.name.kind not in ("capital", "town"):
            break
        first.datelines.append(mention)
        named = named[1:]
    return named


# ------------------------------------------------------------------------------------------------- ties


def _tie(passage: Passage, language: str, lexicon: Lexicon) -> None:
    """Which partners a passage ties to a bloc, or to a bloc's member: directly, or as one of a list that is."""
    ordered = sorted(
        (mention for mentions in passage.parties.values() for mention in mentions),
        key=lambda mention: (mention.first, mention.last),
    )
    chains: list[list[Mention]] = []
    for mention in ordered:
        if mention.name.kind in ("capital", "town") and passage.is_place(mention, language):
            continue
        if chains and _are_joined(passage, chains[-1][-1], mention):
            chains[-1].append(mention)
        else:
            chains.append([mention])
    for chain in chains:
        parties = {mention.name.party for mention in chain}
        passage.lists.append(parties)
        if parties & lexicon.blocs and len(parties) > 1:
            passage.linked |= parties - lexicon.blocs
        elif parties & lexicon.states and parties - lexicon.states:
            passage.member_linked |= parties - lexicon.states
        elif len(parties) > 1:
            passage.among_themselves |= parties


def _are_joined(passage: Passage, left: Mention, right: Mention) -> bool:
    """Whether nothing but connecting words stands between two mentions of a passage."""
    words = passage.part.words[left.last + 1 : right.first]
    if len(words) > 4 or _STOP.search(passage.between(left, right)):
        return False
    return all(
        cues.CONNECTOR.fullmatch(word.text) or cues.CONNECTOR.fullmatch(word.text.removeprefix("و")) for word in words
    )
