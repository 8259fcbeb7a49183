"""Words that say how two parties stand in a sentence, in the languages of the press.

Every pattern is read against folded text (`plans.language.normalise`): lower case, without marks, أ إ آ as ا, ة as ه,
ə as e. Stems are meant: what follows them does not matter unless a pattern says so.
"""

import re
from typing import Final

LETTERS: Final = {
    "arabic": re.compile("[\u0600-\u06ff]"),
    "cyrillic": re.compile("[\u0400-\u04ff]"),
    "latin": re.compile("[a-z]"),
}


def scripts_in(text: str) -> frozenset[str]:
    """The scripts of which a folded text has a letter: cues in others can't stand in it."""
    return frozenset(script for script, letter in LETTERS.items() if letter.search(text))


class Cue:
    """Words of one meaning in several languages, looked for in folded text."""

    def __init__(self, arabic: str, cyrillic: str, latin: str) -> None:
        self.by_script = {"arabic": arabic, "cyrillic": cyrillic, "latin": latin}
        self._patterns: dict[frozenset[str], re.Pattern[str] | None] = {}

    def search(self, text: str, scripts: frozenset[str]) -> re.Match[str] | None:
        """Where it first stands in a text that has letters of these scripts alone."""
        if scripts not in self._patterns:
            patterns = [pattern for script, pattern in self.by_script.items() if pattern and script in scripts]
            self._patterns[scripts] = re.compile("|".join(patterns)) if patterns else None
        pattern = self._patterns[scripts]
        return pattern.search(text) if pattern else None


def _cue(*, ar: str = "", en: str = "", ru: str = "", az: str = "", de: str = "") -> Cue:
    """Stems in each language; the Arabic ones may stand inside a word, after its particles, the others begin one."""
    latin = "|".join(rf"\b(?:{pattern})" for pattern in (en, az, de) if pattern)
    return Cue(ar, rf"\b(?:{ru})" if ru else "", latin)


#: the parties speak, agree, meet, trade: their names do not merely stand side by side
RELATIONS: Final = _cue(
    ar=r"علاقات|تعاون[^يه]|التعاون(?! الخليج)|شراك|اتفاق|اتفق|مذكر|خطه عمل|خطه العمل|حوار|محادثات|مباحثات|مفاوضات|لقاء"
    r"|التق[يت]|يلتقي|تلتقي|اجتما?ع|قمه|منتدي|يستقبل|استقبل|تستقبل|يبحث|بحث |بحثا|تبحث|ناقش|يناقش|زيار|يزور|مشترك"
    r"|تبادل|سفير|مبعوث|نظير|\b[وفس]?[تي]?وقع(?:ت|ا|وا|ان|ون|تا)?\b|شريك|صداقه|وفد|تنسيق|تهنئ|يهنئ|هنا |تشاور|مشاورات"
    r"|اعفاء|اقترح|يقترح|تضامن|دعم|ادان|يدين|رحب|يرحب|الغاء",
    en=r"relation|ties?\b|cooperat|co operat|partner|agree|accords?\b|memorand|mou\b|plan\b|plans\b|dialog|talk"
    r"|negotiat|meet|met\b|summit|forum|visit|receiv|discuss|joint|exchang|ambassador|envoy|counterpart|sign(?:s|ed"
    r"|ing|atur\w*)?\b|pact|deals?\b|delegation|consult|bilateral|congratulat|hosts?\b|hosted|hosting|interregional"
    r"|fta\b|framework|trade|invest|export|visa|propos|offer|solidarity|condemn|welcom|abolish",
    ru=r"отношени|сотруднич|партн[её]р|согласов|согласил|соглашени|договор|меморандум|план(?:а|у|ы|ом|е|ов|ам|ами"
    r"|ах)?\b|диалог|перегов|встре|саммит|форум|визит|посет|посещ|обсу[дж]|совместн|посол|посл[аоу]|подписа|делегац"
    r"|консультац|двусторон|взаимодейств|связ(?:ь|ей|ям\w*)\b|связи\b(?! с )|принял|торгов|инвест|экспорт|предлож"
    r"|солидарн|осуд|отмен",
    az=r"elaqe(?!dar)|munasibet|emekdasl|terefdas|sazis|razilas|raziliga|memorandum|plan(?:i\w*|lar\w*)?\b|dialoq"
    r"|danisiq|gorus|sammit|forum|sefer|sefir|qebul|muzakire|birge|imzala|numayende|meslehet|ikiterefli|zirve|ticaret"
    r"|investisiya|ixrac|teklif|isbirligi|anlasma|gorusme|ziyaret|iliski",
    de="beziehung|zusammenarbeit|partnerschaft|abkommen|gesprach|treffen|gipfel|dialog|besuch",
)

#: a plan or the like is spoken of
PLAN: Final = Cue(
    arabic="خط[هت] (?:ال)?عمل|برنامج (?:ال)?عمل|اطار (?:ال)?تعاون|مذكره تفاهم|الحوار (?:ال)?استراتيجي",
    cyrillic=r"план\w* совместных действ\w*|совместн\w+ план\w*|план\w* действий|стратегическ\w+ диалог\w*",
    latin=r"(?:joint )?action plan|plan of action|framework of cooperation|work plan|memorandum of|strategic dialogue"
    r"|joint action programme|birge fealiyyet plan\w*|birge fealiyyet uzre|ortak eylem plan\w*|strateji dialoq\w*",
)

#: who acts is a state or a bloc of them, not a firm or a school that bears the same letters
STATECRAFT: Final = _cue(
    ar="امين|امان[هت]|وزر|وزير|قم[هت]|دول|سفير|مفاوض|حوار|خط[هت] (?:ال)?عمل|التجاره الحره|خارجيه|دبلوماس",
    en=r"secretar|summit|minist|negotiat|trade (?:deal|talk|agreement|pact)|(?<!united )states?\b|countries|bloc\b"
    r"|ambassador|envoy|free trade|fta\b|action plan|plan of action|dialogue|diplomat|foreign|communique|treaty"
    r"|nationals|president\b|member|relations|memorandum|government|council|leaders",
    ru=r"переговор|генсек|генеральн|саммит|министр|стран|государств|посол|посл[ауо]|свободн|план|диалог|диплом|мид\b"
    r"|меморандум|отношени|договор[аеу]?\b|президент|лидер|делегац",
    az=r"bas katib|sammit|nazir|olke|dovlet|sefir|azad ticaret|plan(?:i\w*|lar\w*)?\b|dialoq|diplomat|memorandum"
    r"|munasibet|elaqe|prezident|numayende|forum|danisiq",
)

#: who acts is a government, a chamber, a bloc's own body: beside them a firm may be named as well
OFFICIAL: Final = _cue(
    ar=r"امين(?:ه|ا)? |الامين|امان[هت]|وزر|وزير|وزار[هت]|قم[هت]|سفير|مفاوض|حوار|خط[هت] (?:ال)?عمل|التجاره الحره"
    r"|دبلوماس|منتدي|غرف[هت]|غرف |حكوم|رئيس (?:الوزراء|الجمهوري|الدول)|الرئيس ال|مذكر|لجن[هت]|البديوي|وفد|اتحاد",
    en=r"secretar|summit|minist|negotiat|trade (?:deal|talk|agreement|pact)|free trade|fta\b|ambassador|envoy"
    r"|action plan|plan of action|dialogue|diplomat|communique|treaty|memorand|government|forum|chambers?\b|authority"
    r"|president (?!of the (?:company|firm)|and chief)|emir\b|king\b|prince\b|bloc\b|delegation|albudaiwi"
    r"|federation|parliament|cabinet|customs|central banks?\b|ratif|visa free",
    ru=r"переговор|генсек|генеральн\w+ секретар|саммит|министр|министерств|правительств|посол|посл[ауо]\b"
    r"|свободн\w+ торг"
    r"|план\w* (?:совмест|действ)|диалог|диплом|мид\b|меморандум|форум|палат|президент|делегац|комисси",
    az=r"bas katib|sammit|nazir|hokumet|sefir|azad ticaret|fealiyyet plan|dialoq|diplomat|memorandum|forum|palata"
    r"|prezident|numayende|komissiya|bakan|buyukelci|serbest ticaret|zirve|genel sekreter",
    de="minister|regierung|gipfel|botschafter|generalsekret|freihandel",
)
#: a firm, a market, its customers: business that no state has to do with
BUSINESS: Final = _cue(
    ar=r"شرك[هت] |شركات |الشرك[هت]|متاجر|متجر|فروع |فنادق|الفنادق|ايجار|عقار|بورص|اسهم|سهم |صكوك|بنوك|البنوك|مصارف"
    r"|المصارف|عملاء|عملائها|علام[هت] (?:ال)?تجاري|الرئيس التنفيذي|رئيسها التنفيذي|ناشئ[هت]|مبيعات|تصنيف|مطاعم|مقاهي"
    r"|مستهلك|توظيف|الوظائف|رواتب|المسافرين|سندات|امتياز",
    en=r"compan(?:y|ies)\b|firms?\b|chains?\b|retail|start ?ups?\b|startups?\b|showroom|outlets?\b|stores?\b|branches"
    r"|brands?\b|hotel|consultanc|rents?\b|offices? space|real estate|propert(?:y|ies)\b|ipos?\b|listings?\b|franchis"
    r"|ratings?\b|lenders?\b|banks?\b|bankers|bourse|stocks?\b|shares\b|shareholder|issuers?\b|issuance|sukuk|bonds?\b"
    r"|distribut|customers|clients|fintech|chief executive|ceo\b|market (?:size|share|research)|cagr\b|recruit|salar"
    r"|job ?seekers|job market|hiring|expat|supermarket|restaurant|cafes?\b|makers?\b|manufacturer|passengers"
    r"|airlines?\b"
    r"|carriers?\b|gateway for|influencer|streaming|subscribers|fund manager|portfolio|hospitality|e commerce|luxury",
    ru=r"компани[яиюей]|фирм[аыуе]|сет[ьи]\b|магазин|ритейл|стартап|отел[ьейя]|банк(?!у?рот)|бирж|акци[йияю]"
    r"|облигац|сукук"
    r"|бренд|клиент|франч|кофе[ей]н|ресторан|производител|пассажир|авиакомпани|недвижим|аренд|застройщик",
    az=r"sirket(?!i prezident)|bank(?!et)|magaza|brend|otel|startap|birja|sehm|musteri|restoran|sernisin|aviasirket"
    r"|dasinmaz emlak|sukuk|istehsalci",
    de="unternehmen|firma|kette|bank|borse",
)

#: nothing but such words between two parties ties them: «X and Y», «between the states of X and Y»
CONNECTOR: Final = re.compile(
    r"(?:and|with|to|of|between|the|its|states|countries|member|partners?|arab|al|republic|s|foreign|prime|ministers?"
    r"|presidents?|und|mit|между|и|с|со|республик\w*|стран\w*|президент\w*|министр\w*|ve|ile|da|de|arasinda"
    r"|respublikasi|ulke\w*|olke\w*|dovlet\w*|دول|مع|بين|و|الي|كل|كلا|من|جمهوريه|جانب|رئيس|الرئيس|الوزراء|وزير|وزيري"
    r"|الخارجيه|لدول|الخليج|العربيه|الخليجي|ال)?"
)
WITH: Final = re.compile(r"(?:مع|بين|with|between|с|со|между)$")  # ends what stands before «its own» partner
LIST: Final = re.compile(r"(?:[\s,،\-]|and|و|и|ve|as well as|كذلك|\w+(?=[,،]))*")

#: before a bloc: its summit is the place, not the subject …
VENUE_BEFORE: Final = re.compile(
    "علي هامش|علي هوامش|(?:on|at|in) the (?:margins?|sidelines?|fringes?)|on the fringes? of|sidelines of|margins of"
    "|на полях|в кулуарах"
)
#: where others met, unless the bloc is tied to one of them: «at the GCC summit», «guests of the GCC summit»
AT_A_MEETING: Final = re.compile(
    r"(?:(?:at|during|attending|guests? (?:at|of)) the|(?:في|علي|خلال|ب)? ?(?:ال)?(?:قمه|اجتماعات?|مجلس وزراء)"
    r"|(?:саммит|заседани|встреч|гост)\w*(?: саммит\w*)?)$"
)
AT_A_MEETING_AFTER: Final = re.compile(r"^\W*(?:sammit|iclas)\w*(?:d[ae]|nd[ae])\b")
#: a bloc is what others are compared with: «its biggest market outside the GCC»
OUTSIDE: Final = re.compile(
    r"(?:outside(?: of)?|beyond|excluding|apart from|خارج|باستثناء|вне|за пределами|кроме)(?: the| دول| منطقه"
    r"| стран\w*)*$"
)
#: several partners, and each has a meeting of its own
SEVERALLY: Final = _cue(
    ar=r"كلا? علي حد[هي]|سفراء كل من|علي انفراد|استقبل .{0,80}سفراء|لقاءات ثنائي|مع كل من",
    en=r"separate(?:ly)?\b|one by one|in turn\b|respectively|each of|received the ambassadors|bilateral meetings with",
    ru=r"по отдельности|отдельн\w+ встреч|раздельн|послов (?!при)",
    az=r"ayri ayri|ayri ayriliqda|ayrica",
)
#: opens a sentence whose speaker the sentence before has named: «They welcomed …», «وأكد …»
SAME_SPEAKER: Final = re.compile(
    r"^\W*(?:(?:he|she|they|both sides|the (?:two sides|sides|ministers|leaders|secretary general|council|bloc"
    r"|officials|statement|communique))\b|(?:on the (?:sidelines|margins)|in (?:the|its|their) (?:statement"
    r"|final \w+)|also|with"
    r"|after\w*|later|earlier|at the meeting|during the (?:meeting|visit))\b.{0,40}\b(?:he|she|they|it|albudaiwi)\b"
    r"|و?(?:كما )?[وف]?(?:اكد|اشار|اضاف|رحب|نوه|بحث|التقي|اجتمع|استقبل|استعرض|ناقش|شدد|اوضح|دعا|اشاد|كلف|جري خلال)"
    r"(?:ت|وا)?\b|(?:он|она|они|стороны|министры|генсек)\b|(?:o|onlar|terefler|nazirler|bas katib)\b)"
)

#: before several partners: they look on
ONLOOKERS: Final = re.compile(
    r"(?:attended by|in the presence of|alongside|بحضور|حضر\w{0,2}|الي جانب|в присутствии|присутствовали|были|наряду с)"
    r"(?: \w+){0,3}$"
)
#: … or after it, where the language puts it behind
VENUE_AFTER: Final = re.compile(r"^\W*(?:\w+\W+){0,2}(?:cercivesinde|marjinda|kenarinda)")

#: before a city or state: something happens there
PLACE: Final = re.compile(
    r"(?:^|\W)(?:في|in|at|from|near|outside|в|во|из|от|من|الي|to|العاصمه|عاصمه)(?: the)?(?: \w+ال?عاصمه| capital)?$"
)
CAPITAL: Final = re.compile(r"عاصم|capital|столиц|paytaxt|baskent")
WITHIN: Final = re.compile(
    r"(?:^|\W)(?:في|علي|in|on|across|within|throughout|coasts? of|shores? of|в|по|на|порт\w*|побережь\w*|берег\w*"
    r"|بمنطقه|منطقه|ساحل|شواطئ|region of)(?: the)?$"
)
#: a gathering of the whole world, to which a city merely lends its halls
WORLD_EVENT: Final = _cue(
    ar=r"مؤتمر الاطراف|كوب ?\d|مؤتمر المناخ|المعرض الدولي|معرض دولي|بطوله|سباق",
    en=r"cop ?\d|climate (?:conference|summit|talks)|conference of the parties|grand prix|expo\b"
    r"|world (?:urban )?forum|championship|olympi|festival|exhibition|un conference",
    ru=r"климатическ\w+ (?:конференц|саммит)|конференц\w+ сторон|гран при|чемпионат|выставк",
    az=r"iqlim (?:konfrans|sammit)|sergi|cempionat|formula",
)

#: states that have no plan with the bloc: what is said may be said to them
ANOTHER_STATE: Final = _cue(
    ar=r"ايران|اسرائيل|سوريا|لبنان|اليمن|يمني|السودان|ليبيا|اوكراني|ارميني|جورجيا|افغانستان|المانيا|الماني|فرنس|ايطالي"
    r"|اسباني|بولندا|\bالمجر\b|صربيا|بيلاروس|اندونيسي|ماليزي|سنغافور|فيتنام|استرالي|نيوزيلند|كندا|كندي|فنزويلا|اثيوبيا"
    r"|تونس|الجزائر|سويسر",
    en=r"iran|israel|syria|leban|yemen|sudan|libya|ukrain|armenia|georgia\b|afghan|german|france|french|ital(?:y|ian)"
    r"|spain|spanish|polish|poland|hungar|serb|belarus|indonesia|malaysia|singapore|vietnam|austral|new zealand|canad"
    r"|venezuel|ethiopia|tunisia|algeria|swiss|switzerland",
    ru="иран|израил|сири|ливан|йемен|судан|ливи|украин|армени|грузи|афганистан|герман|франц|итали|испани|польш|венгр"
    "|серби|белорус|индонези|малайзи|сингапур|вьетнам|австрали|новая зеланди|канад|венесуэл|эфиопи|тунис|алжир"
    "|швейцари",
    az="iran|israil|suriya|livan|yemen|felestin|qezza|sudan|liviya|ukrayna|ermenistan|gurcustan|efqanistan|almaniya"
    "|fransa|italiya|ispaniya|polsa|macaristan|serbiya|belarus|indoneziya|malayziya|sinqapur|vyetnam|avstraliya|kanada"
    "|venesuela",
)

#: begins a sentence whose speaker is that of the sentence before: «He also met …»
GOES_ON: Final = re.compile(
    r"^\W*(?:(?:he|she|they|the (?:secretary general|minister)s?)\b.{0,24}\b(?:also|then|later)\b|also\b|in addition"
    r"|و?كما |والتقي |واجتمع |واستقبل |وبحث |(?:он|она|они|генсек|министр)\b.{0,24}\b(?:также|затем|позже)\b|также\b"
    r"|кроме того|(?:o|onlar)\b.{0,12}\b(?:hemcinin|daha sonra)\b|hemcinin\b)"
)

FOOTBALL: Final = _cue(
    ar=r"\bخليجي \d|\bكاس\b|\bالكاس\b|منتخب|مبارا[هت]|\b(?:ال)?وديه\b|\bالدوري\b|كره القدم|كره السله|تصفيات|هداف|لاعب",
    en=r"football|soccer|fixture|striker|goalkeeper|midfielder|qualifiers?\b|u 1\d|u 2\d|u1\d|u2\d|fifa|afc\b|uefa"
    r"|national teams?\b|premier league|world cup|asian cup|friendlies|friendly match",
    ru=r"футбол|сборн\w+ |чемпионат|матч|турнир",
    az="futbol|cempionat|yigma komanda|futsal",
)

WEATHER: Final = _cue(
    ar="منخفض|امطار|الطقس|الارصاد|زلزال|هزه ارضيه|غبار|موجه حر",
    en=r"weather|rain(?:s|fall)?\b|storm|earthquake|heatwave|forecasters|dust\b",
    ru="погод|осадк|шторм|землетрясен|синоптик|дожд",
    az="hava seraiti|havanin|yagis|yagmur|zelzele|sinoptik",
)
#: the Gulf is a water here
WATERS: Final = _cue(
    ar=r"\b(?:ب|ل|و)?(?:ال)?بحر\b|مضيق|الملاحه|سفن|سفين|ناقل[هت]|بوارج",
    en=r"sea\b|strait|vessel|ships?\b|tanker|navy|naval|warship|destroyer|frigate",
    ru=r"мор[еяю]\b|пролив|танкер|судн|корабл|эсминец|фрегат",
    az="deniz|bogaz|gemi|tanker|dalga",
)
#: makes the Gulf's name that of a street, a bank, a club …
NAMED_AFTER: Final = re.compile(
    "(?:شارع|طريق|بنك|مصرف|نادي|صحيفه|جريده|مجله|قناه|تلفزيون|جامعه|مدرسه|شركه|مستشفي|فندق|مركز|دوري|بطوله|كورنيش"
    "|طيران|سينما)$"
)

#: others who bear the three letters: a compiler, a maker of cement, offices of firms in India
NAMESAKES: Final = _cue(
    ar="مترجم|مبرمج|لينكس|البرمجيات|برمجي[هت]|اسمنت|شيفره",
    en=r"compil|linux|llvm|clang|kernel|open source|developers? of gcc|gnu\b|binutils|debian|cement (?:maker|producer"
    r"|company|plant|group)|capability cent|hyderabad|bengaluru|pune\b|gccs\b",
    ru=r"компилятор|линукс|разработчик|исходн\w+ код|дистрибутив|цемент",
    az="kompilyator|proqramci|proqramlasdir|sement",
)

#: where many states sit together: to be one of them is no dealing with another
MULTILATERAL: Final = _cue(
    ar=r"اوبك|منظمه التعاون الاسلامي|بريكس|شنغهاي|مجموعه العشرين|الجمعيه العامه للامم|مجلس الامن|عدم الانحياز"
    r"|جامعه الدول|الدول التركيه",
    en=r"opec|oic\b|organi[sz]ation of (?:islamic|turkic|the petroleum)|brics|shanghai cooperation|g20\b"
    r"|security council"
    r"|general assembly|non aligned|arab league|turkic states",
    ru=r"опек|организаци\w+ исламск|брикс|шанхайск|двадцатк|совет\w* безопасности|генассамбле|неприсоединени"
    r"|лиг\w+ арабских|тюркских государств",
    az=r"opek|islam emekdasliq|briks|sanxay|tehlukesizlik surasi|bas assambley|qosulmama|turk dovletleri",
)

#: opens a line of page furniture: what it holds, and the headlines under it, are other news
FURNITURE: Final = re.compile(
    r"^\W*(?:اقرا(?:وا)? (?:ايضا?|المزيد|كذلك)|طالع (?:ايضا?|المزيد)|شاهد (?:ايضا?|كذلك)|(?:مواضيع|اخبار|مقالات"
    r"|موضوعات) (?:ذات صله|متعلقه|اخري)|ذات صله|قد يهمك|(?:ال)?اكثر قراءه|اخر الاخبار|شريط الاخبار|عناوين اخري"
    r"|اخبار متفرقه|اهم الاخبار|read (?:also|more|next)|also read|related(?: (?:news|articles|stories|topics|posts"
    r"|content))?\s*[:\-]|see also|more (?:news|from|on this|stories)|most (?:read|popular)|trending|latest news"
    r"|you may also|recommended|news ticker|ticker|top stories|other news|in brief|читайте (?:также|еще)|также читайте"
    r"|по теме|смотрите также|другие новости|самое читаемое|лента новостей|бегущая строка|новости по теме"
    r"|последние новости|hemcinin oxuyun|oxuyun|elaqeli xeber\w*|diger xeberler|son xeberler|xeber lenti"
    r"|en cox oxunan\w*|ilgili haber\w*|diger haberler|son dakika)"
)
#: opens a sentence that has nothing to do with the one before
TURN: Final = re.compile(
    r"^\W*(?:elsewhere|in other news|separately|in a separate|in unrelated|meanwhile in|на другой|между тем"
    r"|тем временем|в других новостях|отдельно|و?في (?:سياق|خبر|شان) (?:اخر|منفصل|مغاير|غير)|و?علي صعيد (?:اخر|منفصل)"
    r"|و?من ناحيه اخري|و?من جهه اخري|diger terefden|bundan basqa|ayrica)"
)
BOTH_SIDES: Final = _cue(
    ar="الجانبان|الجانبين|الطرفان|الطرفين|البلدين",
    en="the two sides|both sides|two parties|the sides",
    ru=r"стороны|сторон\b|обеих сторон",
    az="terefler|her iki teref|tereflerarasi|taraflar",
)
#: a sentence that lists what the cooperation is about
AREAS: Final = _cue(
    ar="مجالات|مجال |محاور|قطاع|تعاون|شملت|تشمل|يشمل",
    en=r"areas?\b|fields?\b|pillars?\b|sectors?\b|sphere|cooperat|covers?\b|includ",
    ru="област|сфер|направлени|сотруднич|охватыва|включа",
    az="saheler|sahesinde|sahelerinde|emekdas|ehate|alanlar|alaninda|isbirligi",
)
#: beside the name of an area: one person's office, not what is dealt with
OFFICE_BEFORE: Final = re.compile(
    r"(?:(?:^|\W)[وف]?[لب]?(?:وزير[هت]?|وكيل [وف]?زار[هت]|نائب وزير)|minister (?:of|for)(?: the)?"
    r"|secretary of(?: the)?|министр\w{0,3}|министерств\w{1,2}) (?:ال)?$"
)
OFFICE_AFTER: Final = re.compile(
    r"^\W?(?:minister\b(?!ial)|ministry(?: in \w+)? (?:said|announced|told|reported|says)|secretary\b"
    r"|naziri\b|nazirin\w*|naziriyl\w*|nazirliyi\w*|bakan[ıi]\b)"
)
