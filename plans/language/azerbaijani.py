"""Azerbaijani and Turkish words to index terms: a word and what is left of it as its endings come off one by one.

Endings are folded (ə is e, ı is i, ü is u). A last k, q, ğ or y is one letter here: əməkdaşlıq, əməkdaşlığın. Stems
bear a mark, so that «invest» of investisiya meets no English word; the word itself does not: names are written alike.
"""

from functools import lru_cache
from typing import Final

STEM: Final = "z:"
_LEAST: Final = 4  # letters that stay
_KEPT: Final = "qaz yol dil pul is il plan neft kend ev el baki port"
_SHORT: Final = frozenset(_KEPT.split())  # stay even when shorter
_NOUN: Final = (
    "larinin lerinin larinda lerinde larindan lerinden larina lerine larini lerini larimiz lerimiz larin "
    "lerin lari leri lara lere larda lerde lardan lerden larla lerle lar ler imizin umuzun imizi umuzu "
    "imiz umuz miz muz iniz unuz sinin sunun sinda sinde sunda sindan sinden sundan sina sine suna sini "
    "sunu si su inin unun inda inde unda indan inden undan ina ine una ini unu nin nun nda nde ndan nden "
    "na ne ni nu in un i u dan den da de ya ye yi yu a e yla yle la le ile daki deki ki li lu siz suz dir "
    "dur yyat yyet"
)
_VERB: Final = (
    "maqla mekle masi mesi masinin mesinin masina mesine masini mesini maq mek ma me mayan meyen ib ub yib "
    "yub ibler ublar di du ti tu dilar diler dular mis mus acaq ecek ir ur ar er irlar irler urlar an en "
    "lacaq lecek lir lur arak erek"
)
_ENDINGS: Final = tuple(sorted({*_NOUN.split(), *_VERB.split()}, key=len, reverse=True))
_DEPTH: Final = 4


def _even(stem: str) -> str:
    return stem[:-1] + "g" if len(stem) > 3 and stem[-1] in "kqgy" else stem


@lru_cache(maxsize=100_000)
def terms(word: str) -> tuple[str, ...]:
    """The index terms of a folded word: itself, and marked as stems itself and all that its endings leave."""
    return (word, *(STEM + stem for stem in _stems(word)))


def _stems(word: str) -> list[str]:
    found = {_even(word): None}
    left = [word]
    for _ in range(_DEPTH):
        shorter: dict[str, None] = {}
        for stem in left:
            for ending in _ENDINGS:
                if stem.endswith(ending):
                    rest = stem[: -len(ending)]
                    if ending[0] == "y" and rest.endswith(("li", "lu")):
                        continue  # of nazirlik, not of nazirli
                    if (len(rest) >= _LEAST or rest in _SHORT) and any(letter in "aeiou" for letter in rest):
                        shorter[rest] = None
        left = [stem for stem in shorter if _even(stem) not in found]
        found |= dict.fromkeys(map(_even, left))
        if not left:
            break
    return list(found)


@lru_cache(maxsize=4096)
def query_terms(word: str) -> tuple[str, ...]:
    """What to look for when this word is asked for: the same stems, but none shorter than half of the word."""
    first, *shorter = _stems(word)
    return (word, STEM + first, *(STEM + stem for stem in shorter if len(stem) * 2 >= len(word)))
