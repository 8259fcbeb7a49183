"""Text analysis for the languages of our press: Arabic, Azerbaijani, Russian, English; Turkish, Persian, German beside.

Pure Python, no Django. Every offset counts code points of the text as given, so a span can be quoted from the original.
"""

from plans.language.analysis import Occurrence, analyse, index_terms, query_terms, words_of
from plans.language.detection import LANGUAGES, detect
from plans.language.normalisation import Normalised, fold, normalise
from plans.language.sentences import Span, sentences
from plans.language.tokens import Token, tokens, words

__all__ = [
    "LANGUAGES",
    "Normalised",
    "Occurrence",
    "Span",
    "Token",
    "analyse",
    "detect",
    "fold",
    "index_terms",
    "normalise",
    "query_terms",
    "sentences",
    "tokens",
    "words",
    "words_of",
]
