"""How well quotes find their place again: nine kinds of edit, and the lookalike test. Texts invented, chance seeded."""

import random
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from articles.anchoring import CONTEXT, Selector, find


def _lines(text: str) -> list[str]:
    return text.strip().split("\n")


def _words(**texts: str) -> dict[str, list[str]]:
    return {language: text.split() for language, text in texts.items()}


ARABIC: Final = _lines("""
عقد الجانبان اجتماعهما الثاني في العاصمة لمتابعة تنفيذ خطة العمل المشتركة بين الأمانة العامة ووزارة الخارجية.
وأكد الوزير أهمية استكمال دراسة الجدوى الخاصة بمشروع الربط الكهربائي قبل نهاية العام الجاري.
أعلنت الهيئة أن الدفعة الأولى من المتدربين أنهت برنامجها في مجال الطاقة المتجددة وكفاءة الاستهلاك.
واستعرض المشاركون ما أُنجز من مبادرات التعاون الثقافي والسياحي وتبادل الخبرات بين المؤسسات الأكاديمية.
ووقّع الطرفان مذكرة تفاهم في مجال النقل البحري والموانئ تتضمن تسهيل حركة البضائع والركاب.
وأشار المدير إلى تأخر الأعمال في المنطقة الحرة بسبب إجراءات الترخيص وتغيير المقاول الرئيس.
كما تناول اللقاء سبل تعزيز الأمن الغذائي وتشجيع الاستثمار في المشروعات الزراعية المشتركة.
وأوضحت المتحدثة أن فريق العمل سيرفع توصياته إلى اللجنة الوزارية في اجتماعها المقبل.
ورحب السفير بافتتاح المركز الجديد للتدريب المهني وعدّه خطوة مهمة في مسار الشراكة.
واتفق الخبراء على إعداد دليل موحد للمواصفات والمقاييس يراعي المعايير الدولية المعتمدة.
ودعا البيان الختامي إلى توسيع التعاون في مجالات الصحة العامة ومكافحة الأمراض الوبائية.
وتضمن جدول الأعمال مراجعة مؤشرات الأداء وآليات تمويل المشروعات ذات الأولوية للجانبين.
وذكرت الوكالة أن الشركات المحلية أبدت اهتماماً كبيراً بالفرص المتاحة في قطاع البتروكيماويات.
وسيبدأ تشغيل الخط الجوي المباشر مع مطلع الموسم السياحي بعد استكمال الموافقات الفنية اللازمة.
وقال رئيس الغرفة التجارية إن المعرض المشترك أسهم في زيادة حجم التبادل بين مؤسسات القطاع الخاص.
وأنهى الفريق الفني زيارته الميدانية إلى محطة التحلية واطلع على أنظمة المراقبة الحديثة فيها.
""")
LATIN: Final = _lines("""
The two sides reviewed the progress of the joint action plan and agreed to meet again in the spring.
Officials said that the feasibility study for the electricity link had been completed ahead of schedule.
The ministry confirmed that the training programme for young engineers would continue for another season.
Work on the free zone was delayed because the main contractor had to be replaced by another company.
Experts prepared a common guide to standards and measures which follows accepted international practice.
The closing statement called for wider cooperation in public health and the control of epidemics.
Local companies showed great interest in the opportunities offered by the petrochemical industry.
The direct air link will open at the start of the tourist season once technical approvals are complete.
Tərəflər birgə fəaliyyət planının icrasını nəzərdən keçirdilər və növbəti görüşün vaxtını razılaşdırdılar.
Nazirlik bərpa olunan enerji sahəsində təlim proqramının uğurla başa çatdığını təsdiq etdi.
Стороны рассмотрели ход выполнения совместного плана действий и договорились продолжить работу весной.
Министерство подтвердило, что технико-экономическое обоснование проекта завершено раньше срока.
""")
OTHER_WORDS: Final = _words(
    ar="مؤسسة برنامج تطوير مسار جديد واسع خلال ضمن إطار عملية متابعة تنسيق دائم قطاع مبنى حديث تقرير",
    la="again later office project under review wider common further public method matter during support",
)


class Draft(NamedTuple):
    """A text in pieces: whole paragraphs, and the paragraph with the quote parted into before, quote, after."""

    earlier: list[str]
    before: str
    quote: str
    after: str
    later: list[str]

    def whole(self) -> tuple[str, int, int]:
        """The text, and where the quote stands in it."""
        head = "\n\n".join([*self.earlier, self.before])
        text = "\n\n".join([*self.earlier, self.before + self.quote + self.after, *self.later])
        return text, len(head), len(head) + len(self.quote)

    def each(self, change: Callable[[str], str]) -> "Draft":
        return Draft(
            [change(one) for one in self.earlier],
            change(self.before),
            change(self.quote),
            change(self.after),
            [change(one) for one in self.later],
        )


def draft(chance: random.Random) -> Draft:
    """An article of four paragraphs, three in four Arabic, and a quote of 4 to 15 words or a whole sentence."""
    pool = ARABIC if chance.random() < 0.75 else LATIN
    lines = chance.sample(pool, 12)
    paragraphs = [" ".join(lines[at : at + 3]) for at in range(0, 12, 3)]
    at = chance.randrange(4)
    words = paragraphs[at].split(" ")
    length = min(chance.randint(4, 15), len(words))
    first = chance.randrange(len(words) - length + 1)
    before, after = " ".join(words[:first]), " ".join(words[first + length :])
    quote = " ".join(words[first : first + length])
    return Draft(
        paragraphs[:at],
        before + " " if before else "",
        quote,
        " " + after if after else "",
        paragraphs[at + 1 :],
    )


# ------------------------------------------------------------------ nine kinds of edit


def _typos(rate: float, chance: random.Random) -> Callable[[str], str]:
    def change(text: str) -> str:
        out = []
        for char in text:
            if char.isalpha() and chance.random() < rate:
                other = chance.choice("ابتثجحدرسعفقكلمنهوي" if "\u0600" <= char <= "\u06ff" else "abcdeghiklmnoprstu")
                out.append(chance.choice(["", char + other, other]))
            else:
                out.append(char)
        return "".join(out)

    return change


def _replaced(rate: float, chance: random.Random) -> Callable[[str], str]:
    def change(text: str) -> str:
        words = text.split(" ")
        return " ".join(
            chance.choice(OTHER_WORDS["ar" if "\u0600" <= word[0] <= "\u06ff" else "la"])
            if len(word) > 2 and chance.random() < rate
            else word
            for word in words
        )

    return change


def _table(mapping: dict[str, str | None]) -> Callable[[str], str]:
    table = str.maketrans(mapping)
    return lambda text: text.translate(table)


DIACRITICS: Final = _table(dict.fromkeys("\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652"))
FOLDED: Final = _table({"أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه", "ə": "e", "ё": "е"})
SPACED: Final = _table({" ": "\u00a0", "«": '"', "»": '"', "'": "’"})


def _moved(one: Draft, chance: random.Random) -> Draft:
    others = [*one.earlier, *one.later]
    chance.shuffle(others)
    at = chance.randrange(len(others) + 1)
    return Draft(others[:at], one.before, one.quote, one.after, others[at:])


EDITS: Final[dict[str, Callable[[Draft, random.Random], Draft]]] = {
    "paragraph inserted before": lambda one, chance: one._replace(
        earlier=["هذه فقرة جديدة أضافها المحرر في أول الخبر. A paragraph that is new.", *one.earlier]
    ),
    "first paragraph deleted": lambda one, chance: one._replace(earlier=one.earlier[1:]),
    "diacritics stripped": lambda one, chance: one.each(DIACRITICS),
    "letters folded": lambda one, chance: one.each(FOLDED),
    "spaces and quote marks changed": lambda one, chance: one.each(SPACED),
    "3 % typos": lambda one, chance: one.each(_typos(0.03, chance)),
    "10 % typos": lambda one, chance: one.each(_typos(0.10, chance)),
    "15 % of words replaced": lambda one, chance: one.each(_replaced(0.15, chance)),
    "paragraphs moved, 3 % typos": lambda one, chance: _moved(one, chance).each(_typos(0.03, chance)),
}


class Share(NamedTuple):
    """Of the tries: at the right place (overlap ≥ 0.8), at a wrong one silently, and silently at the right one."""

    right: float
    wrong: float
    silent: float


def share(edit: str, tries: int = 60, seed: int = 7) -> Share:
    chance = random.Random(f"{edit} {seed}")
    right = wrong = silent = 0
    for _ in range(tries):
        one = draft(chance)
        old, start, end = one.whole()
        new, there, until = EDITS[edit](one, chance).whole()
        found = find(selector(old, start, end), old, new)
        is_right = found is not None and overlap((found.start, found.end), (there, until)) >= 0.8
        right += is_right
        silent += is_right and found is not None and found.is_sure
        wrong += not is_right and found is not None and found.is_sure
    return Share(right / tries, wrong / tries, silent / tries)


def selector(text: str, start: int, end: int) -> Selector:
    return Selector(start, end, text[start:end], text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT])


def overlap(one: tuple[int, int], other: tuple[int, int]) -> float:
    """Intersection over union."""
    common = max(0, min(one[1], other[1]) - max(one[0], other[0]))
    return common / (max(one[1], other[1]) - min(one[0], other[0]))


# ------------------------------------------------------------------ the lookalike test

SIBLINGS: Final = (
    ("وقّعت {who} مع {name} اتفاقية لتوريد {n} ألف طن من المواد الأولية خلال العام.", "ar"),
    ("بلغ حجم التبادل التجاري مع {who} نحو {n} مليون دولار عبر شركة {name} العام الماضي.", "ar"),
    ("Trade with {who} reached {n} million dollars last year, according to {name} officials.", "en"),
    ("{name} şirkəti {who} ilə {n} milyon dollarlıq müqavilə imzaladı.", "az"),
)
WHO: Final = _words(
    ar="السعودية الإمارات قطر الكويت عُمان البحرين أذربيجان تركيا كازاخستان أوزبكستان",
    en="Qatar Kuwait Oman Bahrain Azerbaijan Kazakhstan Uzbekistan Georgia Jordan Morocco",
    az="Qətər Küveyt Oman Bəhreyn Türkiyə Qazaxıstan Özbəkistan Gürcüstan İordaniya Mərakeş",
)
COMPANIES: Final = _words(
    ar="سوكار أرامكو أدنوك مصدر سابك أكواباور طاقة نماء بروج مراعي",
    en="Socar Aramco Adnoc Masdar Sabic Acwa Taqa Nama Borouge Almarai",
    az="Socar Aramco Adnoc Masdar Sabic Acwa Taqa Nama Borouge Almarai",
)


def siblings(chance: random.Random) -> tuple[list[str], int, str]:
    """Five sentences that differ only in country, company or number; which is quoted, and in what they differ."""
    pattern, language = chance.choice(SIBLINGS)
    differ = chance.choice(["who", "name", "n"])
    fixed = {
        "who": chance.choice(WHO[language]),
        "name": chance.choice(COMPANIES[language]),
        "n": chance.randint(2, 98),
    }
    choices = {"who": WHO[language], "name": COMPANIES[language], "n": range(2, 98)}[differ]
    lines = [pattern.format(**{**fixed, differ: value}) for value in chance.sample(list(choices), 5)]
    return lines, chance.randrange(5), differ


def lookalikes(tries: int = 400, seed: int = 7) -> Iterator[tuple[str, str, int, int]]:
    """Old text, new text without the quoted sentence, and where that stood: whatever is found there is wrong."""
    chance = random.Random(seed)
    for _ in range(tries):
        lines, at, _differ = siblings(chance)
        parted = chance.choice([" ", "\n\n"])
        old = parted.join(lines)
        start = len(parted.join([*lines[:at], ""])) if at else 0
        yield old, parted.join([*lines[:at], *lines[at + 1 :]]), start, start + len(lines[at])


def wrongly_anchored(tries: int = 400) -> int:
    """How often a deleted sentence is silently found on one of its siblings."""
    found = (find(selector(old, start, end), old, new) for old, new, start, end in lookalikes(tries))
    return sum(one is not None and one.is_sure for one in found)


def corrected_numbers(tries: int = 400, seed: int = 7) -> int:
    """How often a number that the publisher corrected inside the quote passes silently."""
    chance = random.Random(seed)
    passed = 0
    for _ in range(tries):
        pattern, language = chance.choice(SIBLINGS)
        said = {"who": chance.choice(WHO[language]), "name": chance.choice(COMPANIES[language])}
        was, now = chance.sample(range(2, 98), 2)
        filler = chance.sample(ARABIC, 2)
        old, new = ("\n\n".join([filler[0], pattern.format(**said, n=n), filler[1]]) for n in (was, now))
        start = len(filler[0]) + 2
        found = find(selector(old, start, start + len(pattern.format(**said, n=was))), old, new)
        passed += found is not None and found.is_sure
    return passed


def report() -> Iterator[tuple[str, str]]:
    for edit in EDITS:
        one = share(edit)
        yield edit, f"{one.right:.2f} at the right place, {one.silent:.2f} without asking, {one.wrong:.2f} wrong"
    yield "sentence deleted, lookalikes remain", f"{wrongly_anchored()} of 400 wrongly anchored"
    yield "number corrected", f"{corrected_numbers()} of 400 passed unseen"
