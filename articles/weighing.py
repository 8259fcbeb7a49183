"""How much what a text names says of a plan or an area of cooperation.

A plan scores when both its sides are present and stand together: in one sentence, in the title and the lead, or in
neighbouring sentences. The weights below are few and meant to be read; nothing is learned.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from articles import cues
from articles.lexicon import Lexicon, Sides
from articles.mentions import Mention, Passage
from plans.language import fold

THRESHOLD: Final = 0.5  # below it a plan is not suggested
PILLAR_THRESHOLD: Final = 0.5

# how surely a name of this kind means that the party itself is present
KIND: Final = {
    "name": 1.0,
    "acronym": 1.0,
    "adjective": 0.9,
    "person": 0.9,
    "ministry": 0.8,
    "capital": 0.8,
    "company": 0.7,
    "keyword": 0.7,
    "town": 0.65,
}
LISTED: Final = 0.95  # a bloc whose members are named one by one in a sentence
UNSPOKEN_HOME: Final = 0.7  # a text in the language of a side, which is not named in it
TOGETHER: Final = 0.85  # both sides in one sentence that speaks of relations, agreements, an area of cooperation …
SIDE_BY_SIDE: Final = 0.65  # … and in one that does not
TITLE_AND_LEAD: Final = 0.75  # one side in the title, the other in the lead
NEIGHBOURS: Final = 0.65  # in sentences that follow one another
FAR_APART: Final = 0.3
BONUS_TITLE: Final = 0.1
BONUS_TIED: Final = 0.1  # «X–Y», «between X and Y»
BONUS_PLAN: Final = 0.1  # action plan, memorandum, dialogue
BONUS_AGAIN: Final = 0.04  # for each further sentence with both, up to three

# what takes from it
VENUE: Final = 0.5  # «on the margins of the GCC summit» is a place, not a side
ONLOOKER: Final = 0.5  # «at a ceremony attended by the ambassadors of Japan and Britain»
WITHIN_A_REGION: Final = 0.7  # «in the Gulf»: waters and markets, not the bloc
OUTSIDE_OF_IT: Final = 0.4  # «its biggest market outside the GCC»
CARRIED: Final = 0.8  # the speaker of the sentence before, when only a pronoun stands in this one
TOWN: Final = 0.6  # a town that is no capital stands for no government
NAMED_AFTER_IT: Final = 0.3  # «Gulf Street», «Gulf Cement Company»
DOUBTFUL: Final = 0.5  # an acronym alone, in a text without a state or a minister
WORLD_EVENT: Final = 0.5  # a delegation at a world conference in the partner's capital
PLACE: Final = 0.8  # the partner named only by a city where something happens …
PLACE_OF_OTHERS: Final = 0.5  # … between a member of the bloc and somebody else
PLACE_BESIDE_A_RIVAL: Final = (
    0.3  # «met the Uzbek minister in Moscow»: the city of another party than the one spoken with
)
PRIVATE: Final = 0.55  # a firm and its markets, and no government in the sentence
UNTIED: Final = 0.55  # a partner in a sentence that ties the bloc to another one
UNSPOKEN: Final = 0.5  # several partners, none tied to the bloc, and no word of relations
IN_PASSING: Final = 0.5  # named in a text on another partner
MEMBER_SPEAKS: Final = 0.55  # the sentence ties a member, not the bloc, to the partner
MEMBER_LATER: Final = 0.8  # a member and a partner that do not stand in the first sentence on such a pair
ANOTHER_BEAT: Final = 0.3  # football, weather
BESIDE: Final = 24  # characters between two states named together
REGION: Final = 0.4  # «the largest economy in Central Asia»

AREA_IN_TITLE: Final = 0.75
AREA_IN_TALK: Final = 0.6  # a sentence on the cooperation names the area
AREA_IN_AN_OFFICE: Final = 0.35  # «the energy minister said»
AREA_ELSEWHERE: Final = 0.25

# the press of a country need not name it
HOME: Final = {"az": "aze"}
# these say little of politics and security: they count only where no other area is spoken of
FAINT: Final = frozenset(
    fold(form)
    for form in (
        *("شراكة الاستراتيجية", "حوار الاستراتيجي", "سلام"),
        *("strategic dialogue", "strategic partnership", "peace", "conflict*", "international issue"),
        *("стратегический диалог", "стратегическое партнерство"),
        *("strateji dialoq", "strateji tərəfdaşlıq", "sülh"),
    )
)


# to carry gas or power across a border is a matter of energy
CARRYING: Final = frozenset(
    fold(form)
    for form in ("export*", "صادرات", "تصدير", "استيراد", "واردات", "экспорт*", "импорт*", "ixrac*", "idxal*")
)


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
class MemberSuggestion:
    """News of a member of the bloc with the partner of a plan: not that plan's, but a person may raise it to it."""

    plan: str  # the plan's slug
    party: str  # the member's
    score: float  # 0..1
    reasons: list[Reason]


@dataclass(frozen=True, slots=True)
class PillarSuggestion:
    pillar: str  # the slug of the pillar's sector
    score: float  # 0..1
    reasons: list[Reason]


def _reason(passage: Passage, feature: str, weight: float, start: int, end: int) -> Reason:
    return Reason(feature, round(weight, 2), passage.part.text[start:end], start, end, passage.in_title)


def _weight(mention: Mention) -> float:
    return KIND.get(mention.name.kind, 0.5)


class Weighing:
    """The passages of one text and how strongly each party is present in them."""

    def __init__(self, passages: Sequence[Passage], language: str, lexicon: Lexicon) -> None:
        self.passages = passages
        self.language = language
        self.lexicon = lexicon
        named = {party for passage in passages for party in passage.parties}
        names = {mention.name for one in passages for bloc in lexicon.blocs for mention in one.parties.get(bloc, ())}
        #: three Latin letters are borne by others as well: nothing else in the text says that the bloc is meant
        self.is_doubtful = not (named & lexicon.states) and all(
            name.kind == "acronym" and name.text.isascii() and len(name.text) <= 3 for name in names
        )
        opening = [*(one for one in passages if one.in_title), *(one for one in passages if not one.in_title)][:2]
        self.is_sport = any(one.says(cues.FOOTBALL) for one in opening)
        self.is_namesake = self.is_doubtful and any(one.says(cues.NAMESAKES) for one in passages)
        for passage in passages:
            self._weigh(passage)
        self._carry()
        present = {party for passage in passages for party in passage.strength}
        self.present = present | {slug for passage in passages for slug in passage.plans}
        #: the region dealt with as a whole that a state belongs to
        self.region = {
            state: bloc
            for bloc, members in lexicon.members.items()
            if bloc not in lexicon.blocs and any(self._is_dealt_with(passage, bloc) for passage in passages)
            for state in members & present
        }

    # -- parties

    def _weigh(self, passage: Passage) -> None:
        for party, mentions in passage.parties.items():
            weights = [_weight(mention) for mention in mentions]
            if party in self.lexicon.blocs:
                beat = ANOTHER_BEAT if self._is_another_beat(passage) else 1
                weights = [
                    weight * self._as_bloc(passage, mention) * beat
                    for weight, mention in zip(weights, mentions, strict=True)
                ]
            passage.strength[party] = max(weights)
        for bloc, members in self.lexicon.members.items():
            enough = max(3, len(members) - 1) if bloc in self.lexicon.blocs else 3
            listed = members & passage.parties.keys()
            if len(listed) >= enough:
                listed = frozenset(
                    party
                    for party in listed
                    if any(mention.name.kind in ("name", "acronym") for mention in passage.parties[party])
                )
            if len(listed) >= enough:
                passage.strength[bloc] = max(passage.strength.get(bloc, 0.0), LISTED)
                if not passage.parties.get(bloc):
                    passage.parties[bloc] = [passage.parties[party][0] for party in sorted(listed)]
                if bloc in self.lexicon.blocs:
                    passage.linked |= passage.member_linked
                    passage.member_linked.clear()

    def _is_another_beat(self, passage: Passage) -> bool:
        return not passage.says(cues.PLAN) and bool(
            self.is_sport
            or passage.says(cues.FOOTBALL)
            or (passage.says(cues.WEATHER) and not passage.says(cues.RELATIONS))
        )

    def _carry(self) -> None:
        """Give the bloc to a sentence that goes on with «he» or «they» after one that it opens."""
        speaker: tuple[str, float] | None = None
        for passage in self.passages:
            if passage.turns or not (passage.is_prose or passage.in_title):
                speaker = None
                continue
            if any(bloc in passage.strength for bloc in self.lexicon.blocs) or passage.plans:
                speaker = self._opens_with(passage)
            elif speaker and not passage.in_title and passage.opens(cues.SAME_SPEAKER):
                bloc, strength = speaker
                if not passage.parties.keys() & (self.lexicon.states | {bloc}) and self.partners_in(passage):
                    passage.strength[bloc] = strength * CARRIED
                    passage.carried.add(bloc)
            elif passage.parties.keys() & (self.lexicon.states | self.lexicon.partners):
                speaker = None

    def _opens_with(self, passage: Passage) -> tuple[str, float] | None:
        """The bloc that speaks in a sentence: named before any other party, and as itself."""
        first = min(
            ((mentions[0].first, party) for party, mentions in passage.parties.items() if mentions), default=None
        )
        if first is None or first[1] not in self.lexicon.blocs:
            return None
        strength = passage.strength.get(first[1], 0.0)
        return (first[1], strength) if strength >= KIND["adjective"] else None

    def _as_bloc(self, passage: Passage, mention: Mention) -> float:
        """By how much a mention of the bloc may be something else."""
        factor = 1.0
        before = passage.before(mention, 40)
        venue = cues.VENUE_BEFORE.search(before)
        if (venue and len(before[venue.end() :].split()) <= 5) or cues.VENUE_AFTER.match(passage.after(mention, 40)):
            factor *= VENUE
        if cues.OUTSIDE.search(before):
            factor *= OUTSIDE_OF_IT
        if mention.name.kind == "keyword":
            if cues.WITHIN.search(before) or passage.says(cues.WATERS):
                factor *= WITHIN_A_REGION
            if cues.NAMED_AFTER.search(before) or passage.begins_a_name(mention):
                factor *= NAMED_AFTER_IT
        is_vouched_for = passage.linked or passage.says(cues.STATECRAFT) or before.endswith(" the")
        if self.is_namesake or (self.is_doubtful and not is_vouched_for):
            factor *= DOUBTFUL
        return factor

    def partners_in(self, passage: Passage) -> set[str]:
        return {party for party in passage.strength if party in self.lexicon.partners}

    def is_place(self, passage: Passage, party: str) -> bool:
        """Whether a passage names a party only by a city, or as a country, in which something happens."""
        return all(passage.is_place(mention, self.language) for mention in passage.parties[party])

    def _is_measure(self, passage: Passage, region: str) -> bool:
        """Whether a region is only what one of its states is compared with: «the largest economy in Central Asia»."""
        mentions = [m for m in passage.parties.get(region, ()) if m.name.party == region]
        return (
            bool(mentions)
            and bool(self.lexicon.members[region] & passage.parties.keys())
            and all(cues.WITHIN.search(passage.before(mention, 24)) for mention in mentions)
        )

    def _is_dealt_with(self, passage: Passage, region: str) -> bool:
        return region in passage.strength and not self._is_measure(passage, region)

    # -- plans

    def plans(self) -> list[PlanSuggestion]:
        """All plans with any score, best first; a partner named in passing beside a better one is brought down."""
        found = {slug: self._plan(slug, sides) for slug, sides in self.lexicon.sides.items()}
        scores = {slug: score for slug, (score, _) in found.items() if score}
        lead = next((passage for passage in self.passages if self.partners_in(passage)), None)
        if lead is not None:
            leaders = [
                slug
                for slug, score in scores.items()
                if score >= THRESHOLD and (lead.strength.get(self._partner(slug)) or slug in lead.plans)
            ]
            for slug in scores:
                if slug in leaders or not leaders or lead.strength.get(self._partner(slug)):
                    continue
                if len(found[slug][1]) < 2 and self._is_in_passing(slug, leaders):
                    scores[slug] *= IN_PASSING
        for slug in scores:
            if scores[slug] >= THRESHOLD and self._is_of_a_member(found[slug][1], slug):
                scores[slug] *= IN_PASSING
        suggestions = [
            PlanSuggestion(slug, round(score, 3), self._reasons(found[slug][1], slug, self.lexicon.sides[slug]))
            for slug, score in scores.items()
        ]
        return sorted(suggestions, key=lambda suggestion: (-suggestion.score, suggestion.plan))

    def _is_of_a_member(self, where: tuple[Passage, ...], slug: str) -> bool:
        """Whether a text leads with a member and the partner, and names the bloc only later and in passing."""
        bloc, partner = self.lexicon.sides[slug]
        members = self.lexicon.members.get(bloc, frozenset())
        its_own = {partner} | self.lexicon.members.get(partner, frozenset())
        for passage in self.passages:
            if bloc in passage.strength or slug in passage.plans or any(one is passage for one in where):
                return False
            if any(
                self._member_in_one(passage, member, one) >= THRESHOLD
                for one in its_own & passage.strength.keys()
                for member in members & passage.parties.keys()
            ):
                break
        else:
            return False
        return not any(
            slug in one.plans or partner in one.linked or one.says(cues.PLAN) or bloc in one.carried
            for one in self.passages
            if bloc in one.strength or slug in one.plans
        )

    def _partner(self, slug: str) -> str:
        return self.lexicon.sides[slug].partner

    def _plan(self, slug: str, sides: Sides) -> tuple[float, tuple[Passage, ...]]:
        """Score of a plan, before other partners are compared, and the one or two passages it rests on."""
        best, where, again = 0.0, tuple[Passage, ...](), 0
        if not all({slug, side} & self.present or self._is_home(side) for side in sides):
            return best, where
        previous: Passage | None = None
        was_heard = False  # the bloc, in the passage before
        for passage in self.passages:
            is_heard = sides.bloc in passage.strength or slug in passage.plans
            if is_heard:
                score = self._in_one(passage, slug, sides)
                again += score >= THRESHOLD
                if score > best:
                    best, where = score, (passage,)
            if previous is not None and (is_heard or was_heard):
                score = self._in_neighbours(previous, passage, sides)
                if score > best:
                    best, where = score, (previous, passage)
            previous, was_heard = passage, is_heard
        if not best:
            first = [
                next((passage for passage in self.passages if self._presence(passage, slug, side)), None)
                for side in sides
            ]
            if first[0] is None or first[1] is None:
                return best, where
            best = FAR_APART * self._presence(first[0], slug, sides.bloc)
            best *= self._presence(first[1], slug, sides.partner)
            where = (first[0],) if first[0] is first[1] else (first[0], first[1])
        best += BONUS_AGAIN * min(max(again - 1, 0), 3)
        return min(best, 1.0), where

    def _presence(self, passage: Passage, slug: str, side: str) -> float:
        return 1.0 if slug in passage.plans else passage.strength.get(side, 0.0)

    def _in_one(self, passage: Passage, slug: str, sides: Sides) -> float:
        """Score of both sides in one sentence."""
        bloc, partner = sides
        of_bloc, of_partner = self._presence(passage, slug, bloc), self._presence(passage, slug, partner)
        if not of_partner and of_bloc and self._is_at_home(passage, partner):
            of_partner = UNSPOKEN_HOME
        if not of_bloc or not of_partner:
            return 0.0
        others = self.partners_in(passage) - set(sides)
        is_place = bool(passage.parties.get(partner)) and self.is_place(passage, partner)
        region = self.region.get(partner)
        if region:
            # of a state whose region is dealt with as a whole counts only what is said of it alone
            if is_place or self._is_dealt_with(passage, region) or others & self.lexicon.members[region]:
                return 0.0
            others -= {region}
        if partner in self.lexicon.members:
            if self._is_measure(passage, partner):
                of_partner *= REGION
            others -= self.lexicon.members[partner]
        others -= {party for party in others & self.lexicon.members.keys() if self._is_measure(passage, party)}
        both = of_bloc * of_partner
        is_tied = partner in passage.linked or slug in passage.plans
        is_talk = is_tied or bool(passage.sectors or passage.says(cues.RELATIONS))
        score = both * (TOGETHER if is_talk else SIDE_BY_SIDE)
        if is_tied:
            score += BONUS_TIED * both
        else:
            score *= self._discount(passage, sides, others, is_place=is_place, is_talk=is_talk)
        if passage.says(cues.PLAN):
            score += BONUS_PLAN * both
        if passage.in_title:
            score += BONUS_TITLE * both
        return score * PRIVATE if self._is_private(passage, slug) else score

    @staticmethod
    def _is_private(passage: Passage, slug: str) -> bool:
        """Whether a sentence is about a firm and its markets alone: «the Indian chain has 30 shops in the GCC»."""
        return bool(
            slug not in passage.plans
            and passage.says(cues.BUSINESS)
            and not passage.says(cues.OFFICIAL)
            and not passage.says(cues.PLAN)
        )

    def _discount(self, passage: Passage, sides: Sides, others: set[str], *, is_place: bool, is_talk: bool) -> float:
        """The factor that is left where nothing ties the partner to the bloc itself."""
        bloc, partner = sides
        factor = 1.0
        rivals = {party for party in others if not self.is_place(passage, party)}
        if not rivals:
            if self._is_said_to_another(passage, bloc, partner):
                factor *= UNTIED
        elif is_place:
            factor *= PLACE_BESIDE_A_RIVAL
        elif rivals & passage.linked:
            factor *= UNTIED
        elif not is_talk:
            factor *= UNSPOKEN
        elif not (passage.says(cues.SEVERALLY) or self._has_words_of_its_own(passage, bloc, partner, rivals)):
            factor *= UNTIED
        if partner in passage.member_linked or self._is_dealt_with_by_a_member(passage, sides):
            factor *= MEMBER_SPEAKS
        if passage.says(cues.MULTILATERAL) and not passage.says(cues.PLAN):
            factor *= UNTIED
        if partner in passage.among_themselves:
            if self._is_at_its_meeting(passage, bloc):
                factor *= VENUE
            if self._looks_on(passage):
                factor *= ONLOOKER
        if is_place:
            factor *= PLACE
            if all(mention.name.kind == "town" for mention in passage.parties[partner]):
                factor *= TOWN
            if passage.says(cues.WORLD_EVENT):
                factor *= WORLD_EVENT
            if any(not self.is_place(passage, party) for party in passage.parties.keys() & self.lexicon.states):
                factor *= PLACE_OF_OTHERS
        return factor

    def _is_home(self, party: str) -> bool:
        """Whether the text is in the language of a party, which need not be named there."""
        return HOME.get(self.language) == party

    def _is_at_home(self, passage: Passage, partner: str) -> bool:
        """Whether a passage names no state but the bloc's, in the language of one that then need not be named."""
        return self._is_home(partner) and not self.partners_in(passage) and not passage.says(cues.ANOTHER_STATE)

    def _is_at_its_meeting(self, passage: Passage, bloc: str) -> bool:
        mentions = passage.parties.get(bloc, ())
        return bool(mentions) and all(
            cues.AT_A_MEETING.search(passage.before(mention, 40))
            or cues.AT_A_MEETING_AFTER.match(passage.after(mention, 24))
            for mention in mentions
        )

    def _looks_on(self, passage: Passage) -> bool:
        """Whether the first of the partners tied to one another is only said to be present."""
        first = min(
            (mention for party in passage.among_themselves for mention in passage.parties.get(party, ())),
            key=lambda mention: mention.first,
            default=None,
        )
        return first is not None and bool(cues.ONLOOKERS.search(passage.before(first, 48)))

    def _is_dealt_with_by_a_member(self, passage: Passage, sides: Sides) -> bool:
        """Whether a member comes first, then the partner, and the bloc only behind: «Bahrain and … under a GCC law»."""
        first = {party: mentions[0].first for party, mentions in passage.parties.items() if mentions}
        members = [
            at
            for party, at in first.items()
            if party in self.lexicon.members.get(sides.bloc, ()) and not self.is_place(passage, party)
        ]
        return (
            bool(members)
            and sides.bloc in first
            and sides.partner in first
            and min(members) < first[sides.partner] < first[sides.bloc]
        )

    def _is_said_to_another(self, passage: Passage, bloc: str, partner: str) -> bool:
        """Whether a state without a plan stands nearer to the bloc than the partner, and not beside the latter."""
        of_bloc, of_partner = passage.parties.get(bloc), passage.parties.get(partner)
        other = passage.says(cues.ANOTHER_STATE)
        if not of_bloc or not of_partner or not other:
            return False
        at = passage.folded.start + other.start()
        bloc_at = min((mention.folded for mention in of_bloc), key=lambda span: abs(span.start - at))
        if re.search(r"[,;:،؛]", passage.part.folded.text[slice(*sorted((bloc_at.start, at)))]):
            return False  # another clause: «…, easing reliance on Iranian gas»
        away = abs(bloc_at.start - at)
        nearest = min(abs(left.folded.start - right.folded.start) for left in of_bloc for right in of_partner)
        beside = min(abs(mention.folded.start - at) for mention in of_partner)
        return away < nearest and beside > BESIDE

    def _has_words_of_its_own(self, passage: Passage, bloc: str, partner: str, rivals: set[str]) -> bool:
        """Of several partners not tied to the bloc: is this the nearest, listed with it, or after its own «with»?"""
        mentions = passage.parties.get(partner)
        if not mentions:
            return False
        anchors = [mention.first for mention in passage.parties.get(bloc, ())] or [0]

        def distance(party: str) -> int:
            return min(abs(mention.first - anchor) for mention in passage.parties[party] for anchor in anchors)

        if len(rivals) > 1 and not any(
            cues.WITH.search(passage.before(mention, 12))
            for party in (partner, *rivals)
            for mention in passage.parties[party]
        ):
            return False  # «candidates from India, Pakistan and Egypt»
        nearest = min({partner, *rivals}, key=lambda party: (distance(party), party))
        if nearest == partner:
            return True
        listed = [names for names in passage.lists if partner in names and bloc not in names]
        if any(
            other in passage.parties and cues.WITH.search(passage.before(passage.parties[other][0], 12))
            for names in listed
            for other in names
        ):
            return True  # «talks with China, Japan and Britain»
        for mention in mentions:
            if cues.WITH.search(passage.before(mention, 12)):
                return True
            for other in passage.parties[nearest]:
                left, right = sorted((mention, other), key=lambda one: one.start)
                between = passage.between(left, right)
                # «Japan, India and Azerbaijan», or close by
                if len(between.strip()) <= 6 or (re.search("[,،]", between) and cues.LIST.fullmatch(between)):
                    return True
        return False

    def _in_neighbours(self, before: Passage, passage: Passage, sides: Sides) -> float:
        """Score of one side in a passage and the other in the next: title and lead, or two sentences of a text."""
        bloc, partner = sides
        if partner in self.region or passage.turns:
            return 0.0
        for left, right in ((before, passage), (passage, before)):
            of_bloc, of_partner = left.strength.get(bloc, 0.0), right.strength.get(partner, 0.0)
            if not of_bloc or not of_partner or right.strength.get(bloc) or left.strength.get(partner):
                continue
            if self.partners_in(right) - {partner}:
                continue
            elsewhere = {party for party in self.partners_in(left) - {partner} if not self.is_place(left, party)}
            if elsewhere and not passage.opens(cues.GOES_ON):
                continue
            members = self.lexicon.members.get(bloc, frozenset()) & right.parties.keys()
            if any(not self.is_place(right, member) for member in members):
                continue
            if before.in_title:
                return of_bloc * of_partner * TITLE_AND_LEAD
            if before.is_prose and passage.is_prose and any(self._is_talk(one) for one in (left, right)):
                if self.is_place(right, partner):
                    of_partner *= 0.5
                return of_bloc * of_partner * NEIGHBOURS
        return 0.0

    def _is_talk(self, passage: Passage) -> bool:
        return bool(passage.sectors or passage.says(cues.RELATIONS))

    def _is_in_passing(self, slug: str, leaders: Iterable[str]) -> bool:
        """A partner that never has a sentence with the bloc to itself, in a text that leads with another one."""
        sides = self.lexicon.sides[slug]
        leading = {self._partner(leader) for leader in leaders}
        for passage in self.passages:
            if self._in_one(passage, slug, sides) < THRESHOLD:
                continue
            rivals = {
                party for party in self.partners_in(passage) - {sides.partner} if not self.is_place(passage, party)
            }
            if not rivals or (not rivals & leading and len(rivals) < 2):
                return False
        return True

    def _reasons(self, where: Iterable[Passage], slug: str, sides: Sides) -> list[Reason]:
        reasons: list[Reason] = []
        for passage in where:
            for mention in passage.plans.get(slug, [])[:1]:
                reasons.append(_reason(passage, "plan", 1.0, mention.start, mention.end))
            for feature, side in zip(("side-a", "side-b"), sides, strict=True):
                for mention in sorted(passage.parties.get(side, ()), key=lambda one: -_weight(one))[:2]:
                    reasons.append(_reason(passage, feature, _weight(mention), mention.start, mention.end))
            if plan := passage.says(cues.PLAN):
                reasons.append(_reason(passage, "plan-words", BONUS_PLAN, *passage.quote(plan)))
            elif relation := passage.says(cues.RELATIONS):
                reasons.append(_reason(passage, "relations", TOGETHER - SIDE_BY_SIDE, *passage.quote(relation)))
        if any(map(self._is_home, sides)) and not any(one.feature in ("side-b", "plan") for one in reasons):
            first = self.passages[0]
            reasons.append(_reason(first, "language", UNSPOKEN_HOME, first.start, first.end))
        return reasons

    # -- news of members

    def members(self, plans: Sequence[PlanSuggestion]) -> list[MemberSuggestion]:
        """News of one member with a plan's partner, where the plan itself is not suggested; best first.

        Of a member that stands beside several partners, and of a partner beside several members, each pair counts.
        """
        suggested = {one.plan for one in plans}
        found: dict[tuple[str, str], tuple[float, tuple[Passage, ...]]] = {}
        for slug, (bloc, partner) in self.lexicon.sides.items():
            if slug in suggested or partner in self.lexicon.members:
                continue
            if partner not in self.present and not self._is_home(partner):
                continue
            for member in self.lexicon.members.get(bloc, ()):
                if member in self.present:
                    score, where = self._member(member, partner)
                    if score:
                        found[slug, member] = score, where
        first = {id(where[0]) for _score, where in found.values()}
        lead = next((passage for passage in self.passages if id(passage) in first), None)
        suggestions = [
            MemberSuggestion(
                slug,
                member,
                round(score if lead is where[0] else score * MEMBER_LATER, 3),
                self._reasons(where, slug, Sides(member, self.lexicon.sides[slug].partner)),
            )
            for (slug, member), (score, where) in found.items()
        ]
        return sorted(suggestions, key=lambda one: (-one.score, one.plan, one.party))

    def _member(self, member: str, partner: str) -> tuple[float, tuple[Passage, ...]]:
        best, where = 0.0, tuple[Passage, ...]()
        previous: Passage | None = None
        for passage in self.passages:
            if member in passage.strength:
                score = self._member_in_one(passage, member, partner)
                if score > best:
                    best, where = score, (passage,)
            if previous is not None and not passage.turns and (previous.in_title or passage.is_prose):
                for left, right in ((previous, passage), (passage, previous)):
                    # named in one sentence each, and nobody else whom it might be about
                    if (
                        member in left.strength
                        and partner in right.strength
                        and partner not in left.strength
                        and member not in right.strength
                        and not self.partners_in(left)
                        and self.partners_in(right) == {partner}
                        and not (self.is_place(left, member) and self.is_place(right, partner))
                        and self._is_talk(passage)
                    ):
                        score = min(left.strength[member], right.strength[partner]) * NEIGHBOURS
                        if score > best:
                            best, where = score, (previous, passage)
            previous = passage
        return best, where

    def _member_in_one(self, passage: Passage, member: str, partner: str) -> float:
        of_member, of_partner = passage.strength.get(member, 0.0), passage.strength.get(partner, 0.0)
        if not of_partner and of_member and self._is_at_home(passage, partner):
            of_partner = UNSPOKEN_HOME
        if not of_member or not of_partner:
            return 0.0
        rivals = {party for party in self.partners_in(passage) - {partner} if not self.is_place(passage, party)}
        rivals -= self.lexicon.members.keys()
        is_tied = partner in passage.member_linked
        score = min(of_member, of_partner) * (TOGETHER if is_tied or self._is_talk(passage) else SIDE_BY_SIDE)
        if is_tied and len(rivals) < 2:
            score += BONUS_TIED * of_member * of_partner
        if self.is_sport or passage.says(cues.FOOTBALL):
            score *= ANOTHER_BEAT
        if passage.says(cues.WEATHER) and not passage.says(cues.RELATIONS):
            score *= ANOTHER_BEAT
        members = self.lexicon.states & passage.parties.keys()
        if (passage.says(cues.MULTILATERAL) and (not is_tied or rivals or len(members) > 1)) or len(rivals) > 2:
            score *= UNTIED
        if passage.parties.get(partner) and self.is_place(passage, partner) and (rivals and not is_tied):
            score *= PLACE_BESIDE_A_RIVAL
        if self.is_place(passage, member):
            if partner in passage.among_themselves or passage.says(cues.ANOTHER_STATE):
                score *= PLACE_OF_OTHERS
            elif rivals:
                score *= UNTIED
        elif partner in passage.among_themselves and not is_tied and self._looks_on(passage):
            score *= ONLOOKER
        return score

    def sides(self) -> dict[str, list[Reason]]:
        """Parties of the plans, and members of the blocs, that the text names at all, where it first does so."""
        known = self.lexicon.partners | self.lexicon.blocs | self.lexicon.states
        named: dict[str, list[Reason]] = {}
        for passage in self.passages:
            for party, mentions in passage.parties.items():
                if party in known and party not in named and mentions:
                    first = max(mentions, key=_weight)
                    named[party] = [_reason(passage, "named", _weight(first), first.start, first.end)]
        return named

    # -- areas

    def pillars(
        self, plans: Sequence[PlanSuggestion], members: Sequence[MemberSuggestion] = ()
    ) -> list[PillarSuggestion]:
        """Areas that the text names for the cooperation of these plans, or members; with any score, best first."""
        parties = {party for suggestion in plans for party in self.lexicon.sides[suggestion.plan]}
        parties |= {state for party in parties - self.lexicon.blocs for state in self.lexicon.members.get(party, ())}
        parties |= {party for one in members for party in (one.party, self.lexicon.sides[one.plan].partner)}
        slugs = {suggestion.plan for suggestion in plans}
        is_short = sum(not passage.in_title for passage in self.passages) <= 2
        rest: dict[str, float] = defaultdict(lambda: 1.0)
        faint: dict[str, float] = defaultdict(lambda: 1.0)
        reasons: dict[str, list[Reason]] = defaultdict(list)
        counted: set[tuple[str, str]] = set()
        is_talk = False
        for passage in self.passages:
            is_talk = self._is_of_the_cooperation(passage, parties, slugs, is_short) or (
                is_talk and self._goes_on(passage, parties)
            )
            for sector, mentions in passage.sectors.items():
                for mention in mentions:
                    key = (sector, mention.name.text)
                    if key in counted and not is_talk:
                        continue
                    counted.add(key)
                    weight = self._area(passage, mention, is_talk)
                    is_faint = mention.name.folded in FAINT or (
                        mention.name.folded in CARRYING and "energy" in passage.sectors
                    )
                    (faint if is_faint else rest)[sector] *= 1 - weight
                    reasons[sector].append(_reason(passage, "area", weight, mention.start, mention.end))
        scores = {sector: 1 - left for sector, left in rest.items()}
        if not any(score >= PILLAR_THRESHOLD for score in scores.values()):
            for sector, left in faint.items():
                scores[sector] = max(scores.get(sector, 0.0), 1 - left)
        suggestions = [
            PillarSuggestion(sector, round(score, 3), sorted(reasons[sector], key=lambda one: -one.weight)[:8])
            for sector, score in scores.items()
        ]
        return sorted(suggestions, key=lambda suggestion: (-suggestion.score, suggestion.pillar))

    def _is_of_the_cooperation(self, passage: Passage, parties: set[str], slugs: set[str], is_short: bool) -> bool:
        others = self.partners_in(passage) - parties
        if others and not passage.parties.keys() & (parties - self.lexicon.blocs):
            return False
        return bool(
            is_short
            or passage.parties.keys() & parties
            or passage.plans.keys() & slugs
            or passage.says(cues.BOTH_SIDES)
            or passage.says(cues.PLAN)
            or (not others and passage.says(cues.AREAS))
        )

    def _goes_on(self, passage: Passage, parties: set[str]) -> bool:
        """Whether the sides of the sentence before are those who agree here: «They also agreed to ease visas»."""
        return bool(
            not passage.turns
            and not passage.parties.keys() & self.lexicon.states - parties
            and not self.partners_in(passage) - parties
            and passage.says(cues.RELATIONS)
        )

    @staticmethod
    def _area(passage: Passage, mention: Mention, is_talk: bool) -> float:
        if cues.OFFICE_BEFORE.search(passage.before(mention, 24) + " ") or cues.OFFICE_AFTER.match(
            passage.after(mention, 24)
        ):
            return AREA_IN_AN_OFFICE if is_talk or passage.in_title else AREA_ELSEWHERE
        return AREA_IN_TITLE if passage.in_title else AREA_IN_TALK if is_talk else AREA_ELSEWHERE
