"""What an article is about: which plans and which areas of cooperation, with the very words that speak for it.

Forms of parties, plans and areas are found by the gazetteer. A plan is suggested when both its sides are present and stand
together: in one sentence, in the title and the lead, or in neighbouring sentences. The weights below are few and meant to be
read; nothing is learned. Every suggestion carries the spans it rests on, as offsets into the title or the text as given.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from django.conf import settings
from django.db import transaction

from articles.models import Article, Suggestion
from plans.language import Normalised, Token, detect, fold, normalise, sentences, tokens
from plans.language.gazetteer import Form
from plans.language.gazetteer import Gazetteer as Forms
from plans.models import Alias, Membership, Plan, Sector

THRESHOLD = 0.5  # below it a plan is not suggested
PILLAR_THRESHOLD = 0.5

# how surely a form of this kind means that the party itself is present
KIND_WEIGHT = {
    "name": 1.0,
    "acronym": 1.0,
    "adjective": 0.9,
    "person": 0.9,
    "ministry": 0.8,
    "capital": 0.8,
    "company": 0.7,
    "town": 0.65,
    "keyword": 0.7,
}
LISTED = 0.95  # a bloc whose members are named one by one in a sentence
LANGUAGE_OF_A_SIDE = 0.7  # a text in the language of a side, which is not named in it
TALK = 0.85  # both sides in one sentence that speaks of relations, agreements, an area of cooperation …
NO_TALK = 0.65  # … and in one that does not
TITLE_AND_LEAD = 0.75  # one side in the title, the other in the lead
NEIGHBOURS = 0.65  # in sentences that follow one another
FAR_APART = 0.3
BONUS_TITLE = 0.1
BONUS_DIRECT = 0.1  # «X–Y», «between X and Y»
BONUS_PLAN = 0.1  # action plan, memorandum, dialogue
BONUS_AGAIN = 0.04  # for each further sentence with both, up to three

VENUE = 0.5  # «on the margins of the GCC summit» is a place, not a side
PLACE_BESIDE_A_RIVAL = 0.3  # «met the Uzbek minister in Moscow»: the city of another party than the one spoken with
UNLINKED = 0.55  # a partner in a sentence that ties the bloc to another one
UNSPOKEN = 0.5  # several partners, none tied to the bloc, and no word of relations
IN_PASSING = 0.5  # named in a text on another partner
MEMBER_SPEAKS = 0.55  # the sentence ties a member, not the bloc, to the partner
MATCH_REPORT = 0.3  # football
REGION = 0.4  # «the largest economy in Central Asia»

PILLAR_IN_TITLE = 0.75
PILLAR_IN_TALK = 0.6  # a sentence on the cooperation names the area
PILLAR_ELSEWHERE = 0.25

# Relations whose slug does not say the partner's: used only where neither the database nor the seeds hold the plans yet.
_SIDES = {
    f"gcc-{party}": ("gcc", party)
    for party in ["aze", "kaz", "kgz", "tjk", "tkm", "uzb", "chn", "ind", "jpn", "kor", "rus", "tur", "jor", "mar", "egy", "irq", "pak", "bra", "usa", "eu", "asean"]
}
_SIDES |= {"gcc-ca": ("gcc", "central-asia"), "gcc-uk": ("gcc", "gbr")}
_MEMBERS = {
    "gcc": frozenset(["sau", "are", "kwt", "qat", "bhr", "omn"]),
    "central-asia": frozenset(["kaz", "kgz", "tjk", "tkm", "uzb"]),
}
_SPOKEN_BY = {"az": "aze"}  # press whose language names its own country without saying so

SEEDS: Path = settings.BASE_DIR / "seeds"


# ------------------------------------------------------------------------------------------------- what is known


class Known(NamedTuple):
    """An alias as the matcher needs it: a form and the one thing it names; a false friend names none."""

    text: str
    language: str
    kind: str
    exact_case: bool = False
    party: str = ""
    plan: str = ""
    sector: str = ""


@dataclass(frozen=True)
class Gazetteer:
    """Forms of all we know, the sides of each plan, the members of each bloc. Read only once built."""

    aliases: Sequence[Known]
    sides: Mapping[str, tuple[str, str]]
    members: Mapping[str, frozenset[str]]
    forms: Forms = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(
            self,
            "forms",
            Forms(
                Form(
                    alias.text,
                    alias.language,
                    alias.exact_case,
                    inflects=alias.kind != "false-friend" or alias.language not in ("en", "ar"),
                )
                for alias in self.aliases
            ),
        )


def load_gazetteer() -> Gazetteer:
    """What the database knows, in three queries; what it does not hold yet is read from the seeds."""
    rows = Alias.objects.values_list(
        "text",
        "language",
        "kind",
        "exact_case",
        "party__slug",
        "plan__slug",
        "commitment__plan__slug",
        "pillar__plan__slug",
        "sector__slug",
        "pillar__sector__slug",
        "commitment__pillar__sector__slug",
    )
    aliases = [
        # an alias of a pillar or commitment names the area; its plan is the one it stands in, which the sides must still show
        Known(text, language, kind, exact_case, party or "", plan or "", sector or pillar or commitment or "")
        for text, language, kind, exact_case, party, plan, _of_commitment, _of_pillar, sector, pillar, commitment in rows
    ]
    sides = {slug: (a, b) for slug, a, b in Plan.objects.values_list("slug", "side_a__slug", "side_b__slug")}
    blocs: dict[str, set[str]] = defaultdict(set)
    for bloc, member in Membership.objects.filter(until=None).values_list("bloc__slug", "member__slug"):
        blocs[bloc].add(member)
    members = {bloc: frozenset(slugs) for bloc, slugs in blocs.items()} or _MEMBERS
    return _built(
        tuple(aliases or seeded_aliases()),
        tuple(sorted((sides or _seeded_sides()).items())),
        tuple(sorted(members.items())),
    )


@lru_cache(maxsize=1)
def _built(
    aliases: tuple[Known, ...],
    sides: tuple[tuple[str, tuple[str, str]], ...],
    members: tuple[tuple[str, frozenset[str]], ...],
) -> Gazetteer:
    """The automaton takes a tenth of a second to build; it is kept for as long as nobody changes a form."""
    return Gazetteer(aliases, dict(sides), dict(members))


@lru_cache(maxsize=1)
def seeded_aliases() -> list[Known]:
    """The aliases of `seeds/aliases/*.yaml`."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    aliases = []
    for path in sorted((SEEDS / "aliases").glob("*.yaml")):
        for entry in yaml.load(path.read_text(encoding="utf-8"), Loader=loader) or []:
            target = entry["target"]
            aliases.append(
                Known(
                    str(entry["text"]),
                    entry["lang"],
                    entry["kind"],
                    bool(entry.get("exact_case", False)),
                    target.get("party", ""),
                    target.get("plan", ""),
                    target.get("sector", ""),
                )
            )
    return aliases


def _seeded_sides() -> dict[str, tuple[str, str]]:
    sides = dict(_SIDES)
    for path in sorted((SEEDS / "plans").glob("*.yaml")):
        plan = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        if {"slug", "side_a", "side_b"} <= plan.keys():
            sides[plan["slug"]] = (plan["side_a"], plan["side_b"])
    return sides


# ------------------------------------------------------------------------------------------------- what is answered


@dataclass(frozen=True, slots=True)
class Reason:
    """A span that speaks for a suggestion. Offsets count code points of the title (`in_title`) or of the text."""

    feature: str
    weight: float
    quote: str
    start: int
    end: int
    in_title: bool = False

    def as_dict(self) -> dict[str, Any]:
        return {
            "feature": self.feature,
            "weight": self.weight,
            "quote": self.quote,
            "start": self.start,
            "end": self.end,
            "in_title": self.in_title,
        }


@dataclass(frozen=True, slots=True)
class PlanSuggestion:
    plan: str  # the plan's slug
    score: float  # 0..1
    reasons: list[Reason]


@dataclass(frozen=True, slots=True)
class PillarSuggestion:
    pillar: str  # the slug of the pillar's sector
    score: float  # 0..1
    reasons: list[Reason]


@dataclass(frozen=True, slots=True)
class Match:
    """Suggestions, best first."""

    language: str
    plans: list[PlanSuggestion]
    pillars: list[PillarSuggestion]


# ------------------------------------------------------------------------------------------------- reading a text


class Mention(NamedTuple):
    """A form found: the alias, its tokens, and the span in the original."""

    alias: Known
    first: int
    last: int
    start: int
    end: int


@dataclass(slots=True)
class _Unit:
    """A sentence, or a part of a line that stands for itself, with what it names."""

    in_title: bool
    start: int
    end: int
    prose: bool  # ends like a sentence: a headline of a sidebar does not
    turns: bool = False  # «in other news»: what stands before does not belong to it
    folded: str = ""
    parties: dict[str, list[Mention]] = field(default_factory=lambda: defaultdict(list))
    sectors: dict[str, list[Mention]] = field(default_factory=lambda: defaultdict(list))
    plans: dict[str, list[Mention]] = field(default_factory=lambda: defaultdict(list))
    strength: dict[str, float] = field(default_factory=dict)
    linked: set[str] = field(default_factory=set)  # parties tied to a bloc directly
    member_linked: set[str] = field(default_factory=set)  # parties tied to a bloc's member
    talk: Mention | re.Match[str] | None = None
    plan_words: re.Match[str] | None = None


@dataclass(slots=True)
class _Part:
    """The title or the body."""

    text: str
    in_title: bool
    folded: Normalised
    words: list[Token]


_WORDS_OF_RELATIONS = re.compile(
    "علاقات|تعاون[^يه]|التعاون(?! الخليج)|شراك|اتفاق|مذكر|خطه عمل|خطه العمل|حوار|محادثات|مباحثات|مفاوضات|لقاء|التق[يت]|يلتقي|تلتقي|اجتما?ع|قمه|منتدي"
    "|يستقبل|استقبل|تستقبل|يبحث|بحث |بحثا|تبحث|ناقش|يناقش|زيار|يزور|مشترك|تبادل|سفير|مبعوث|نظير|وقع|يوقع|توقع|شريك|صداقه|وفد|تنسيق|تهنئ|يهنئ|هنا |تشاور|اعفاء"
    r"|\b(?:relation|tie|cooperat|co operat|partner|agree|accord|memorand|mou\b|plan\b|plans\b|dialog|talk|negotiat|meet|met\b|summit|forum|visit|receiv|discuss|joint"
    "|exchang|ambassador|envoy|counterpart|sign|pact|deal|delegation|consult|bilateral|congratulat|host|interregional|fta\\b|framework|trade|invest|export|visa)"
    r"|\b(?:отношени|сотруднич|партн[её]р|соглашени|договор|меморандум|план|диалог|перегов|встре|саммит|форум|визит|посет|посещ|обсу[дж]|совместн|посол|посл[аоу]|подписа|делегац|консультац|двусторон|взаимодейств|связ|принял|торгов|инвест|экспорт)"
    r"|\b(?:elaqe|munasibet|emekdasl|terefdas|saziş|sazis|razilas|memorandum|plan|dialoq|danisiq|gorus|sammit|forum|sefer|qebul|muzakire|birge|sefir|imzala|nümayende|numayende|meslehet|ikiterefli|zirve|ticaret|investisiya|ixrac|isbirligi|anlasma|gorusme|ziyaret|iliski)"
    r"|\b(?:beziehung|zusammenarbeit|partnerschaft|abkommen|gespräch|gesprach|treffen|gipfel|dialog|besuch)"
)
_PLAN_WORDS = re.compile(
    r"خط[هت] (?:ال)?عمل|برنامج (?:ال)?عمل|اطار (?:ال)?تعاون|مذكره تفاهم|الحوار (?:ال)?استراتيجي|(?:joint )?action plan|plan of action|framework of cooperation|work plan"
    r"|memorandum of|strategic dialogue|joint action programme|план\w* совместных действ\w*|совместн\w+ план\w*|план\w* действий|стратегическ\w+ диалог\w*|birge fealiyyet plan\w*|birge fealiyyet uzre|ortak eylem plan\w*|strateji dialoq\w*"
)
_CONNECTOR = re.compile(
    r"(?:and|with|und|между|и|с|со|ve|ile|arasinda|ilə|de|da|the|al|between|to|of|states|countries|member|arab|دول|مع|بين|و|الي|كل|من|جمهوريه|republic|respublikasi|республик\w*|стран\w*|ülke\w*|olke\w*|dovlet\w*|ال|كلا|جانب|لدول|الخليج|العربيه|الخليجي|its|partner|partners)?"
)
_OWN_WITH = re.compile(r"(?:مع|بين|وبين|with|between|с|со|между)$")
_VENUE = re.compile(
    r"(?:علي هامش|علي هوامش|(?:on|at) the (?:margins?|sidelines?)(?: of)?|on the fringes? of|sidelines of|margins of|на полях|в кулуарах|cercivesinde|marjinda|kenarinda)"
)
_PLACE = re.compile(
    r"(?:^|\W)(?:في|in|at|from|near|outside|в|во|из|من|الي|to|العاصمه|عاصمه)(?: the)?(?: \w+ال?عاصمه| capital)?$"
)
_CAPITAL_WORD = re.compile(r"عاصم|capital|столиц|paytaxt|baskent")
_IN = re.compile(r"(?:^|\W)(?:في|in|across|within|в|بمنطقه|منطقه|region of)(?: the)?$")
_FOOTBALL = re.compile(
    r"\bكاس\b|\bالكاس\b|منتخب|مباراه|\bالدوري\b|كره القدم|كره السله|تصفيات|هداف|لاعب|\b(?:football|soccer|fixture|striker|goalkeeper|midfielder|qualifier|qualifiers|u 1\d|u 2\d|u1\d|u2\d|fifa|afc|uefa|premier league|world cup|asian cup)\b"
    r"|футбол|сборн\w+ |чемпионат|матч|турнир|\bfutbol|cempionat|yigma komanda|futsal"
)
# page furniture: what a line that opens so holds belongs to other news
_FURNITURE = re.compile(
    r"^\W*(?:اقرا (?:ايضا|المزيد|كذلك)|اقرءوا|شاهد (?:ايضا|المزيد)|(?:مواضيع|اخبار|مقالات|موضوعات) (?:ذات صله|متعلقه|اخري)|ذات صله|قد يهمك|الاكثر قراءه|اخر الاخبار|شريط الاخبار|عناوين اخري|اخبار متفرقه|اهم الاخبار"
    r"|read (?:also|more|next)|also read|related(?: (?:news|articles|stories|topics|posts|content))?\s*[:\-]|see also|more (?:news|from|on this|stories)|most (?:read|popular)|trending|latest news|you may also|recommended|news ticker|ticker|top stories|other news|in brief"
    r"|читайте (?:также|еще)|также читайте|по теме|смотрите также|другие новости|самое читаемое|лента новостей|бегущая строка|новости по теме|последние новости"
    r"|hemcinin oxuyun|oxuyun|elaqeli xeber\w*|diger xeberler|son xeberler|xeber lenti|en cox oxunan\w*|ilgili haber\w*|diger haberler|son dakika)"
)
_TURN = re.compile(
    r"^\W*(?:elsewhere|in other news|separately|in a separate|in unrelated|meanwhile in|на другой|между тем|в других новостях|отдельно|في (?:سياق|خبر|شان) (?:اخر|منفصل|مغاير)|علي صعيد (?:اخر|منفصل)|من ناحيه اخري|diger terefden|bundan basqa|ayrica)"
)
_SPLIT = re.compile(r"\s+(?:\||•|·|//|\*{2,}|■|●|▪|◆|»»|»|<<|>>|—{2,}|-{2,}|/{2,}|\+{3,})\s+|\s\|\s?")
_ENDS_LIKE_A_SENTENCE = re.compile(r"[.!?…؟۔:][\"'”’»)\]]*$")
_BOTH_SIDES = re.compile(
    r"الجانبان|الجانبين|الطرفان|الطرفين|البلدين|the two sides|both sides|two parties|the sides|стороны|сторон\b|обеих сторон|terefler|her iki teref|tereflerarasi|taraflar"
)
_AREAS = re.compile(
    r"مجالات|مجال |محاور|قطاع|تعاون|شملت|تشمل|يشمل|areas?\b|fields?\b|pillars?\b|sectors?\b|sphere|cooperat|област|сфер|направлени|сотруднич|saheler|sahesinde|sahelerinde|emekdas|alanlar|alaninda|isbirligi"
)
# named without more they say little of politics and security: only where no other area is spoken of
_FAINT = frozenset(
    fold(form)
    for form in ["شراكة الاستراتيجية", "حوار الاستراتيجي", "strategic dialogue", "strategic partnership", "стратегический диалог", "стратегическое партнерство", "strateji dialoq", "strateji tərəfdaşlıq", "سلام", "peace", "sülh", "conflict*", "international issue"]
)


def _languages_read(language: str) -> frozenset[str]:
    """Whose aliases count in a text of this language; names in English stand in texts of all of them."""
    beside = {"az": ("tr",), "tr": ("az",), "uz": ("az", "tr"), "fa": ("ar",), "ur": ("ar", "fa"), "kk": ("ru",)}
    return frozenset({"en", "ar", "ru", "uk", language, *beside.get(language, ())})


def _units(part: _Part, language: str) -> list[_Unit]:
    """The sentences of a part; a line of page furniture, and the headlines after it, are left out."""
    units: list[_Unit] = []
    text = part.text
    in_furniture = False
    skipped_to = -1
    for span in sentences(text, language):
        if span.start < skipped_to:
            continue
        pieces = []
        at = span.start
        for gap in _SPLIT.finditer(text, span.start, span.end):
            pieces.append((at, gap.start()))
            at = gap.end()
        pieces.append((at, span.end))
        for start, end in pieces:
            words = fold(text[start:end])
            if not words:
                continue
            prose = len(pieces) == 1 and bool(_ENDS_LIKE_A_SENTENCE.search(text[start:end]))
            if not part.in_title:
                at_line_start = start == 0 or text[text.rfind("\n", 0, start) + 1 : start].strip() == ""
                if at_line_start and _FURNITURE.match(words):
                    line_end = text.find("\n", start)
                    skipped_to = len(text) if line_end < 0 else line_end
                    in_furniture = True
                    break
                if in_furniture and not prose:
                    continue
            in_furniture = False
            units.append(_Unit(part.in_title, start, end, prose or part.in_title, bool(_TURN.match(words))))
    return units


def _mentions(part: _Part, gazetteer: Gazetteer, language: str) -> tuple[list[Mention], list[Mention]]:
    """(what is named, the false friends met). The longest form wins; a false friend covers all that overlaps it."""
    hits = gazetteer.forms.find(part.text, part.folded, part.words, _languages_read(language))

    def length(hit: Any) -> tuple[int, bool, int]:
        first, last = part.words[hit.first], part.words[hit.last]
        return (last.end - first.start, gazetteer.aliases[hit.form].kind == "false-friend", -hit.first)

    blocked = bytearray(len(part.words))
    taken: dict[str, dict[int, tuple[int, int]]] = {"party": {}, "plan": {}, "sector": {}}
    named: list[Mention] = []
    false_friends: list[Mention] = []
    seen: set[tuple[str, int, int]] = set()
    for hit in sorted(hits, key=length, reverse=True):
        alias = gazetteer.aliases[hit.form]
        start, _ = part.folded.original(part.words[hit.first].start, part.words[hit.first].end)
        _, end = part.folded.original(part.words[hit.last].start, part.words[hit.last].end)
        mention = Mention(alias, hit.first, hit.last, start, end)
        span = range(hit.first, hit.last + 1)
        if alias.kind == "false-friend":
            # a longer name of ours stands: «GCC member states» against «GCC member»
            if any(at in places and places[at] != (hit.first, hit.last) for at in span for places in taken.values()):
                continue
            for at in span:
                blocked[at] = 1
            false_friends.append(mention)
            continue
        if any(blocked[at] for at in span):
            continue
        if alias.sector and alias.language != language and {alias.language, language} != {"az", "tr"}:
            continue  # ordinary words mean something only in their own language
        group = "party" if alias.party else "plan" if alias.plan else "sector"
        target = alias.party or alias.plan or alias.sector
        places = taken[group]
        if any(places.get(at, (hit.first, hit.last)) != (hit.first, hit.last) for at in span):
            continue
        if (target, hit.first, hit.last) in seen:
            continue
        seen.add((target, hit.first, hit.last))
        for at in span:
            places[at] = (hit.first, hit.last)
        named.append(mention)
    named.sort(key=lambda mention: mention.first)
    return named, false_friends


def _initials(mention: Mention) -> str:
    return "".join(word[0] for word in re.findall(r"[^\W_]+", fold(mention.alias.text)))


def _drop_lookalikes(named: list[Mention], false_friends: list[Mention], part: _Part) -> list[Mention]:
    """Without the acronyms that the text itself spells out otherwise, and councils that belong to someone else."""
    spelled_otherwise = {_initials(mention) for mention in false_friends}
    fully_named = {mention.alias.party for mention in named if mention.alias.kind == "name"}
    kept = []
    adjectives = {
        mention.first: mention for mention in named if mention.alias.kind == "adjective" and mention.alias.party
    }
    for mention in named:
        alias = mention.alias
        if alias.kind == "acronym" and alias.party not in fully_named and fold(alias.text) in spelled_otherwise:
            continue
        following = adjectives.get(mention.last + 1)
        if (
            alias.kind == "name"
            and alias.language == "ar"
            and following is not None
            and following.alias.party != alias.party
            and fold(alias.text) == "مجلس التعاون"
            and part.words[following.first].text.startswith("ال")
            and not part.words[following.first].text.endswith("ه")
        ):
            continue  # «مجلس التعاون السعودي الأذربيجاني» is a council of those two
        kept.append(mention)
    return kept


# ------------------------------------------------------------------------------------------------- weighing


class _Reading:
    """A text read once: its units with what they name and how strongly."""

    def __init__(self, title: str, text: str, language: str, gazetteer: Gazetteer) -> None:
        self.gazetteer = gazetteer
        self.language = language
        self.title, self.text = title, text
        self.partners = {party for sides in gazetteer.sides.values() for party in sides} - set(gazetteer.members)
        self.partners |= {b for _, b in gazetteer.sides.values()}
        self.blocs = {a for a, _ in gazetteer.sides.values() if a in gazetteer.members}
        self.units: list[_Unit] = []
        self.false_friends: list[Mention] = []
        for part_text, in_title in ((title, True), (text, False)):
            if part_text.strip():
                folded = normalise(part_text)
                self._read(_Part(part_text, in_title, folded, tokens(folded.text)))
        for unit in self.units:
            self._weigh(unit)

    def _read(self, part: _Part) -> None:
        named, false_friends = _mentions(part, self.gazetteer, self.language)
        named = _drop_lookalikes(named, false_friends, part)
        self.false_friends += false_friends
        units = _units(part, self.language)
        position = 0
        for unit in units:
            while position < len(named) and named[position].start < unit.start:
                position += 1
            while position < len(named) and named[position].start < unit.end:
                mention = named[position]
                group, target = (
                    (unit.parties, mention.alias.party)
                    if mention.alias.party
                    else (unit.plans, mention.alias.plan)
                    if mention.alias.plan
                    else (unit.sectors, mention.alias.sector)
                )
                group[target].append(mention)
                position += 1
            unit.folded = normalise(part.text[unit.start : unit.end]).text
            unit.talk = _WORDS_OF_RELATIONS.search(unit.folded.replace("-", " "))
            unit.plan_words = _PLAN_WORDS.search(unit.folded)
            if unit.talk is None and unit.sectors:
                unit.talk = next(iter(unit.sectors.values()))[0]
            self._link(unit, part)
        self.units += units

    def text_of(self, unit: _Unit) -> str:
        return self.title if unit.in_title else self.text

    def _gap(self, unit: _Unit, left: Mention, right: Mention, part: _Part) -> bool:
        """Whether nothing but connecting words stands between two mentions of a unit."""
        between = part.words[left.last + 1 : right.first]
        if len(between) > 4:
            return False
        gap = part.text[left.end : right.start]
        if re.search(r"[.;:؛!?؟]", gap):
            return False
        return all(
            _CONNECTOR.fullmatch(word.text) or _CONNECTOR.fullmatch(word.text.removeprefix("و")) for word in between
        )

    def _link(self, unit: _Unit, part: _Part) -> None:
        """Which partners a unit ties to a bloc, or to a bloc's member: directly, or as one of a list that is."""
        ordered = sorted((m for mentions in unit.parties.values() for m in mentions), key=lambda mention: mention.first)
        members = (
            frozenset().union(*(self.gazetteer.members.get(bloc, frozenset()) for bloc in self.blocs))
            if self.blocs
            else frozenset()
        )
        chains: list[list[Mention]] = []
        for mention in ordered:
            if chains and self._gap(unit, chains[-1][-1], mention, part):
                chains[-1].append(mention)
            else:
                chains.append([mention])
        for chain in chains:
            parties = {mention.alias.party for mention in chain}
            if parties & self.blocs and len(parties) > 1:
                unit.linked |= parties - self.blocs
            elif parties & members and parties - members:
                unit.member_linked |= parties - members

    # -- strength of each party in a unit

    def _weigh(self, unit: _Unit) -> None:
        text = self.text_of(unit)
        football = bool(_FOOTBALL.search(unit.folded)) and unit.plan_words is None
        for party, mentions in unit.parties.items():
            best = 0.0
            for mention in mentions:
                weight = KIND_WEIGHT.get(mention.alias.kind, 0.5)
                before = fold(text[max(unit.start, mention.start - 48) : mention.start])
                if party in self.blocs:
                    tail = before[-40:]
                    venue = _VENUE.search(tail)
                    if venue and len(tail[venue.end() :].split()) <= 5:
                        weight *= VENUE
                    if football:
                        weight *= MATCH_REPORT
                best = max(best, weight)
            unit.strength[party] = best
        for bloc, members in self.gazetteer.members.items():
            named = [
                party
                for party in members
                if any(m.alias.kind in ("name", "acronym") for m in unit.parties.get(party, ()))
            ]
            if len(named) >= max(3, len(members) - 1) or (bloc == "central-asia" and len(named) >= 3):
                unit.strength[bloc] = max(unit.strength.get(bloc, 0.0), LISTED)
                unit.parties[bloc] = unit.parties.get(bloc, []) or [unit.parties[party][0] for party in named]

    def is_place(self, unit: _Unit, party: str) -> bool:
        """Whether the unit names the party only by a city in which something happens."""
        text = self.text_of(unit)
        for mention in unit.parties[party]:
            before = fold(text[max(unit.start, mention.start - 32) : mention.start])
            around = fold(text[max(unit.start, mention.start - 14) : min(unit.end, mention.end + 14)])
            if mention.alias.kind in ("capital", "town"):
                written = fold(text[mention.start : mention.end])
                clitic = (
                    mention.alias.language == "ar"
                    and written.startswith("ب")
                    and not fold(mention.alias.text).startswith("ب")
                )
                case = self.language in ("az", "tr") and re.search(r"(?:d[ae]n?|ya|ye)$", written) is not None
                if clitic or case or (written.startswith("بب")) or _PLACE.search(before):
                    continue
                if mention.alias.kind == "town":
                    continue
                return False
            if mention.alias.kind in ("adjective", "name") and _CAPITAL_WORD.search(around):
                continue
            return False
        return True

    def partners_of(self, unit: _Unit) -> set[str]:
        return {party for party in unit.strength if party in self.partners}

    # -- plans

    def plan(self, slug: str) -> tuple[float, list[Reason]]:
        """Score of a plan and what speaks for it, before other partners are compared."""
        a, b = self.gazetteer.sides[slug]
        best, where, again = 0.0, (), 0
        for index, unit in enumerate(self.units):
            score = self._together(unit, slug, a, b)
            if score >= THRESHOLD:
                again += 1
            if score > best:
                best, where = score, (unit,)
            if index:
                previous = self.units[index - 1]
                apart = self._side_by_side(previous, unit, index, a, b)
                if apart > best:
                    best, where = apart, (previous, unit)
        if not best:
            first = {side: next((unit for unit in self.units if unit.strength.get(side)), None) for side in (a, b)}
            if first[a] and first[b]:
                best = FAR_APART * first[a].strength[a] * first[b].strength[b]
                where = (first[a], first[b])
        if not best:
            return 0.0, []
        best += BONUS_AGAIN * min(max(again - 1, 0), 3)
        return min(best, 1.0), self._reasons(where, slug, a, b)

    def _present(self, unit: _Unit, slug: str, side: str) -> float:
        return max(unit.strength.get(side, 0.0), 1.0 if slug in unit.plans else 0.0)

    def _together(self, unit: _Unit, slug: str, a: str, b: str) -> float:
        """Both sides in one sentence."""
        strong_a, strong_b = self._present(unit, slug, a), self._present(unit, slug, b)
        if not strong_b and _SPOKEN_BY.get(self.language) == b and strong_a and not self.partners_of(unit):
            strong_b = LANGUAGE_OF_A_SIDE
        if not strong_a or not strong_b:
            return 0.0
        others = self.partners_of(unit) - {a, b}
        collective = self._collective(b)
        if collective:
            # a state of a region dealt with as a whole: only what is said of this state alone
            if unit.strength.get(collective) or others & self.gazetteer.members[collective]:
                return 0.0
            if unit.parties.get(b) and self.is_place(unit, b):
                return 0.0
        elif b in self.gazetteer.members and others & self.gazetteer.members[b] and b not in unit.linked:
            if all(
                _IN.search(fold(self.text_of(unit)[max(unit.start, m.start - 24) : m.start])) for m in unit.parties[b]
            ):
                strong_b *= REGION
            others -= self.gazetteer.members[b]
        elif b in self.gazetteer.members:
            others -= self.gazetteer.members[b]
        direct = b in unit.linked or slug in unit.plans
        talk = unit.talk is not None or direct
        score = strong_a * strong_b * (TALK if talk else NO_TALK)
        rivals = {party for party in others if not self.is_place(unit, party)}
        if rivals and not direct:
            if unit.parties.get(b) and self.is_place(unit, b):
                score *= PLACE_BESIDE_A_RIVAL
            elif rivals & unit.linked:
                score *= UNLINKED
            elif not talk:
                score *= UNSPOKEN
            elif not self._own_words(unit, a, b, rivals):
                score *= UNLINKED
        if b in unit.member_linked and b not in unit.linked and slug not in unit.plans:
            score *= MEMBER_SPEAKS
        if direct:
            score += BONUS_DIRECT * strong_a * strong_b
        if unit.plan_words is not None:
            score += BONUS_PLAN * strong_a * strong_b
        if unit.in_title:
            score += BONUS_TITLE * strong_a * strong_b
        return score

    def _own_words(self, unit: _Unit, a: str, b: str, rivals: set[str]) -> bool:
        """Among several partners not tied to the bloc: is this the nearest, in a list with it, or with a «with» of its own?"""
        mentions = unit.parties.get(b)
        if not mentions:
            return False
        text = self.text_of(unit)
        anchors = [mention.first for mention in unit.parties.get(a, ())] or [0]

        def distance(party: str) -> int:
            return min(abs(mention.first - anchor) for mention in unit.parties[party] for anchor in anchors)

        nearest = min({b, *rivals}, key=distance)
        if nearest == b:
            return True
        for mention in mentions:
            if _OWN_WITH.search(fold(text[max(unit.start, mention.start - 12) : mention.start])):
                return True
            for other in unit.parties[nearest]:
                left, right = sorted((mention, other), key=lambda item: item.start)
                between = fold(text[left.end : right.start])
                if len(between) <= 6 or re.fullmatch(r"[\s,،]*(?:and|و|и|ve|the|،|,|\s)*[\s,،]*", between):
                    return True
                # a list: «Japan, India and Azerbaijan»
                if re.fullmatch(r"(?:[\s,،\-]|and|و|и|ve|as well as|كذلك|[\w]+(?=[,،]))*", between) and re.search(
                    r"[,،]", between
                ):
                    return True
        return False

    def _collective(self, party: str) -> str:
        """The bloc that is a plan's partner, speaks in this text, and has the party as a member; else empty."""
        for bloc, members in self.gazetteer.members.items():
            if party in members and bloc not in self.blocs and any(unit.strength.get(bloc) for unit in self.units):
                return bloc
        return ""

    def _side_by_side(self, before: _Unit, unit: _Unit, index: int, a: str, b: str) -> float:
        """One side in a unit, the other in the next: title and lead, or two sentences of running text."""
        if self._collective(b) or unit.turns:
            return 0.0
        for left, right in ((before, unit), (unit, before)):
            strong_a, strong_b = left.strength.get(a, 0.0), right.strength.get(b, 0.0)
            if not strong_a or not strong_b or right.strength.get(a) or left.strength.get(b):
                continue
            if self.partners_of(left) - {b} or (self.partners_of(right) - {b}):
                continue
            if self.gazetteer.members.get(a, frozenset()) & right.parties.keys() and b in right.member_linked:
                continue
            if before.in_title:
                return strong_a * strong_b * TITLE_AND_LEAD
            if before.prose and unit.prose and (left.talk or right.talk):
                if self.is_place(right, b):
                    strong_b *= 0.5
                return strong_a * strong_b * NEIGHBOURS
        return 0.0

    def _reasons(self, where: Iterable[_Unit], slug: str, a: str, b: str) -> list[Reason]:
        reasons: list[Reason] = []
        for unit in dict.fromkeys(map(id, where)):
            current = next(candidate for candidate in self.units if id(candidate) == unit)
            for mention in current.plans.get(slug, [])[:1]:
                reasons.append(self._reason("plan", 1.0, mention, current))
            for feature, side in (("side-a", a), ("side-b", b)):
                mentions = sorted(current.parties.get(side, ()), key=lambda m: -KIND_WEIGHT.get(m.alias.kind, 0.5))
                for mention in mentions[:2]:
                    reasons.append(self._reason(feature, KIND_WEIGHT.get(mention.alias.kind, 0.5), mention, current))
            if current.plan_words is not None:
                reasons.append(self._reason_of(current, "plan-words", BONUS_PLAN, current.plan_words))
            elif isinstance(current.talk, re.Match):
                reasons.append(self._reason_of(current, "relations", TALK - NO_TALK, current.talk))
        if self.language in _SPOKEN_BY and not any(reason.feature in ("side-b", "plan") for reason in reasons):
            first = self.units[0]
            text = self.text_of(first)
            reasons.append(
                Reason(
                    "language",
                    LANGUAGE_OF_A_SIDE,
                    text[first.start : first.end],
                    first.start,
                    first.end,
                    first.in_title,
                )
            )
        return reasons

    def _reason(self, feature: str, weight: float, mention: Mention, unit: _Unit) -> Reason:
        return Reason(
            feature,
            round(weight, 2),
            self.text_of(unit)[mention.start : mention.end],
            mention.start,
            mention.end,
            unit.in_title,
        )

    def _reason_of(self, unit: _Unit, feature: str, weight: float, match: re.Match[str]) -> Reason:
        text = self.text_of(unit)
        folded = normalise(text[unit.start : unit.end])
        start, end = folded.original(match.start(), match.end())
        start, end = start + unit.start, end + unit.start
        while start < end and not text[start].isalnum():
            start += 1
        while end < unit.end and text[end].isalnum():
            end += 1  # the cue is a stem; the reader sees the word
        while end > start and not text[end - 1].isalnum():
            end -= 1
        return Reason(feature, round(weight, 2), text[start:end], start, end, unit.in_title)

    def plans(self) -> list[PlanSuggestion]:
        """All plans with any score, best first; a partner named in passing beside a better one is brought down."""
        scored = {slug: self.plan(slug) for slug in self.gazetteer.sides}
        present = {slug: score for slug, (score, _) in scored.items() if score}
        if present and self.units:
            lead = next((unit for unit in self.units if self.partners_of(unit)), self.units[0])
            frequency = {
                slug: sum(1 for unit in self.units if unit.strength.get(self.gazetteer.sides[slug][1]))
                for slug in present
            }
            leaders = [
                slug
                for slug, score in present.items()
                if score >= THRESHOLD and (lead.strength.get(self.gazetteer.sides[slug][1]) or slug in lead.plans)
            ]
            for slug in list(present):
                b = self.gazetteer.sides[slug][1]
                if slug in leaders or not leaders or lead.strength.get(b):
                    continue
                if self._in_passing(slug, leaders, frequency):
                    present[slug] *= IN_PASSING
        suggestions = [PlanSuggestion(slug, round(score, 3), scored[slug][1]) for slug, score in present.items()]
        suggestions.sort(key=lambda suggestion: (-suggestion.score, suggestion.plan))
        return suggestions

    def _in_passing(self, slug: str, leaders: list[str], frequency: Mapping[str, int]) -> bool:
        """A partner that never has a sentence with the bloc to itself, in a text that leads with another one."""
        a, b = self.gazetteer.sides[slug]
        leading = {self.gazetteer.sides[leader][1] for leader in leaders}
        for unit in self.units:
            if self._together(unit, slug, a, b) < THRESHOLD:
                continue
            rivals = {party for party in self.partners_of(unit) - {b} if not self.is_place(unit, party)}
            if not rivals:
                return False
            if not rivals & leading and len(rivals) < 2:
                return False
        return True

    # -- pillars

    def pillars(self, plans: Sequence[PlanSuggestion]) -> list[PillarSuggestion]:
        """Areas that the text names for the cooperation of these plans, all with any score, best first."""
        parties = {party for suggestion in plans for party in self.gazetteer.sides[suggestion.plan]}
        partners = parties - self.blocs
        alone = len([unit for unit in self.units if not unit.in_title]) <= 2
        missing: dict[str, float] = defaultdict(lambda: 1.0)
        faint: dict[str, float] = defaultdict(lambda: 1.0)
        reasons: dict[str, list[Reason]] = defaultdict(list)
        counted: set[tuple[str, str]] = set()
        for unit in self.units:
            if not unit.sectors:
                continue
            others = self.partners_of(unit) - parties
            named = unit.parties.keys() & parties or any(plan.plan in unit.plans for plan in plans)
            core = bool(
                named
                or _BOTH_SIDES.search(unit.folded)
                or unit.plan_words is not None
                or (_AREAS.search(unit.folded) and not others)
                or alone
            )
            if others and not unit.parties.keys() & partners:
                core = False
            for sector, mentions in unit.sectors.items():
                for mention in mentions:
                    key = (sector, mention.alias.text)
                    weight = PILLAR_IN_TITLE if unit.in_title else PILLAR_IN_TALK if core else PILLAR_ELSEWHERE
                    if key in counted and not core:
                        continue
                    counted.add(key)
                    (faint if fold(mention.alias.text) in _FAINT else missing)[sector] *= 1 - weight
                    reasons[sector].append(self._reason("area", weight, mention, unit))
        scores = {sector: 1 - rest for sector, rest in missing.items()}
        if not any(score >= PILLAR_THRESHOLD for score in scores.values()):
            for sector, rest in faint.items():
                scores[sector] = max(scores.get(sector, 0.0), 1 - rest)
        suggestions = [
            PillarSuggestion(
                sector, round(min(score, 1.0), 3), sorted(reasons[sector], key=lambda reason: -reason.weight)[:8]
            )
            for sector, score in scores.items()
        ]
        suggestions.sort(key=lambda suggestion: (-suggestion.score, suggestion.pillar))
        return suggestions


def match(
    text: str, title: str = "", lang: str | None = None, *, gazetteer: Gazetteer, below_threshold: bool = False
) -> Match:
    """Which plans and areas a text concerns.

    Only what reaches the threshold, unless `below_threshold`; areas only where a plan is suggested, as they are areas of its
    cooperation. `lang` is an ISO 639-1 code; without one the language is detected.
    """
    language = lang or detect(f"{title}\n{text}")
    reading = _Reading(title, text, language, gazetteer)
    plans = reading.plans()
    suggested = [suggestion for suggestion in plans if suggestion.score >= THRESHOLD]
    pillars = (
        reading.pillars(suggested or (plans[:1] if below_threshold else [])) if suggested or below_threshold else []
    )
    if not below_threshold:
        plans = suggested
        pillars = [suggestion for suggestion in pillars if suggestion.score >= PILLAR_THRESHOLD]
    return Match(language, plans, pillars)


# ------------------------------------------------------------------------------------------------- storing it


@transaction.atomic
def suggest(article: Article) -> list[Suggestion]:
    """Store what the article's current text suggests, and return it; the queue's score is the best plan's.

    What a reviewer decided stays as it was. Run again on the same text it changes nothing.
    """
    revision = article.revision
    title, text = (revision.title, revision.text) if revision else (article.title, "")
    found = match(text, title, article.language or None, gazetteer=load_gazetteer())
    plans = Plan.objects.in_bulk([one.plan for one in found.plans], field_name="slug")
    sectors = Sector.objects.in_bulk([one.pillar for one in found.pillars], field_name="slug")
    fresh = {
        **{(plans[one.plan].pk, None): one for one in found.plans if one.plan in plans},
        **{(None, sectors[one.pillar].pk): one for one in found.pillars if one.pillar in sectors},
    }
    suggestions = []
    for suggestion in article.suggestions.select_for_update():
        one = fresh.pop((suggestion.plan_id, suggestion.sector_id), None)
        if suggestion.state == Suggestion.State.OPEN:
            if one is None:
                suggestion.delete()
                continue
            suggestion.score, suggestion.revision = one.score, revision
            suggestion.reasons = [reason.as_dict() for reason in one.reasons]
            suggestion.save(update_fields=["score", "reasons", "revision"])
        suggestions.append(suggestion)
    suggestions += Suggestion.objects.bulk_create(
        Suggestion(
            article=article,
            plan_id=plan,
            sector_id=sector,
            score=one.score,
            revision=revision,
            reasons=[reason.as_dict() for reason in one.reasons],
        )
        for (plan, sector), one in fresh.items()
    )
    article.score = max((one.score for one in suggestions if one.plan_id), default=0.0)
    article.save(update_fields=["score"])
    return suggestions
