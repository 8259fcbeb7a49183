"""Feeds and pages in the words of a test, as outlets publish them."""

from collections.abc import Mapping
from html import escape

PARAGRAPHS = {
    "ar": (
        "اجتمع فريق العمل المشترك في المنامة يوم الثلاثاء وراجع ما تحقق من مشروعات الربط الكهربائي حتى الآن.",
        "وقال الفريق في بيانه إن الدراسة الفنية اكتملت، وإن المرحلة التالية تبدأ في الربيع بعد توقيع العقود.",
        "ويعقد الفريق اجتماعه المقبل في باكو، ويرفع تقريره إلى الوزراء قبل نهاية العام وفق الجدول المتفق عليه.",
    ),
    "en": (
        "The joint working group met in Manama on Tuesday and went through what the electricity link has reached.",
        "The group said that the technical study is complete and that the next phase begins in spring.",
        "It meets again in Baku and reports to the ministers before the end of the year, as the timetable provides.",
    ),
    "az": (
        "Birgə işçi qrupu çərşənbə axşamı Manamada toplaşdı və elektrik xətti üzrə görülən işləri nəzərdən keçirdi.",
        "Qrup bildirdi ki, tədqiqat başa çatıb və növbəti mərhələ yazda müqavilələrin imzalanması ilə başlayır.",
        "Növbəti görüş Bakıda keçiriləcək, hesabat isə razılaşdırılmış cədvələ uyğun olaraq nazirlərə təqdim ediləcək.",
    ),
    "ru": (
        "Совместная рабочая группа собралась во вторник в Манаме и рассмотрела ход работ по энергетической перемычке.",
        "Группа сообщила, что техническое исследование завершено и следующий этап начнётся весной после подписания.",
        "Следующая встреча пройдёт в Баку, а доклад министрам будет представлен до конца года согласно графику.",
    ),
}

# a report on the GCC–Azerbaijan plan
MEETING = [
    "بحث الأمين العام لمجلس التعاون لدول الخليج العربية في الدوحة اليوم مع مساعد رئيس جمهورية أذربيجان سبل توسيع "
    "العلاقات بين المجلس وأذربيجان، وذلك على هامش منتدى الدوحة.",
    "واستعرض الجانبان ما تحقق من خطة العمل المشترك بين مجلس التعاون وأذربيجان للفترة 2024-2028، وما بقي من خطواتها.",
    "وتشمل الخطة زيادة التبادل التجاري، وتشجيع الاستثمارات المتبادلة، والتعاون في التعليم والثقافة، والتنسيق السياسي "
    "والأمني، ومشاريع النفط والغاز والبتروكيماويات والطاقة المتجددة.",
    "وتناول اللقاء كذلك الأوضاع في أوكرانيا وغزة ومكافحة الإرهاب، واتفق الجانبان على مواصلة التشاور.",
]


def item(title: str = "", link: str = "", **elements: str) -> str:
    """An item of an RSS feed; further elements by name (`guid`, `pubDate`, `description`)."""
    named = {"title": title, "link": link, **elements}
    inside = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in named.items() if value)
    return f"<item>{inside}</item>"


def rss(*items: str, title: str = "Sample Wire", link: str = "", language: str = "", head: str = "") -> str:
    """An RSS 2.0 feed of these items; `head` stands before its root element."""
    told = f"<title>{escape(title)}</title><link>{escape(link)}</link>"
    told += f"<language>{language}</language>" if language else ""
    channel = f"<channel>{told}{''.join(items)}</channel>"
    return f'<?xml version="1.0" encoding="utf-8"?>{head}<rss version="2.0">{channel}</rss>'


def entry(title: str, link: str, **elements: str) -> str:
    """An entry of an Atom feed."""
    inside = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in elements.items() if value)
    return f'<entry><title>{escape(title)}</title><link rel="alternate" href="{escape(link)}"/>{inside}</entry>'


def atom(*entries: str, title: str = "Sample Wire", link: str = "", language: str = "en") -> str:
    """An Atom feed of these entries."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{language}">'
        f'<title>{escape(title)}</title><link href="{escape(link)}"/>{"".join(entries)}</feed>'
    )


def page(
    title: str,
    *paragraphs: str,
    language: str = "en",
    canonical: str = "",
    meta: Mapping[str, str] | None = None,
    after: str = "",
) -> str:
    """A page of an outlet, with its navigation, scripts and footer about the article; `after` ends the article."""
    told = "".join(f'<meta property="{name}" content="{escape(value)}">' for name, value in (meta or {}).items())
    told += f'<link rel="canonical" href="{escape(canonical)}">' if canonical else ""
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs or PARAGRAPHS[language])
    direction = "rtl" if language == "ar" else "ltr"
    return f"""<!doctype html><html lang="{language}" dir="{direction}"><head><meta charset="utf-8">
<title>{escape(title) + " | Sample Wire" if title else ""}</title>{told}<style>p {{ color: black }}</style>
<script>window.tracked = "SCRIPT-IN-HEAD";</script></head><body>
<header><nav><ul><li><a href="/">Front page</a></li><li><a href="/sport">Sport</a></li></ul></nav></header>
<main><article><h1>{escape(title)}</h1>{text}{after}</article></main>
<aside><h2>Most read</h2><ul><li><a href="/a">Football results of the weekend</a></li></ul></aside>
<footer><p>© 2019 Sample Wire. All rights reserved.</p></footer></body></html>"""
