"""Which language a text is in."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.language import LANGUAGES, detect


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ar", "بحث الأمين العام سبل تعزيز التعاون مع أذربيجان."),
        ("ar", "قال الوزیر إن العلاقات مع الجانب الإیرانی جیدة"),  # Persian letters typed in an Arabic newsroom
        ("ar", "القاهرة: انطلاق المنتدى"),
        ("fa", "رئیس جمهور با وزیر امور خارجه درباره همکاری‌های اقتصادی گفت‌وگو کرد"),
        ("ur", "پاکستان اور سعودی عرب کے درمیان معاہدہ ہوا"),
        ("en", "The Gulf Cooperation Council and Azerbaijan adopted a joint action plan."),
        ("az", "Azərbaycan ilə Körfəz Əməkdaşlıq Şurası plan qəbul edib."),
        ("az", "PREZİDENT İLHAM ƏLİYEV NAZİRİ QƏBUL EDİB"),
        (
            "az",
            "Azerbaycan ile Korfez Emekdasliq Surasi arasinda Birge Fealiyyet Plani imzalanib",
        ),  # without its letters
        ("tr", "Körfez ülkeleri ile Türkiye arasında serbest ticaret anlaşması imzalandı"),
        ("ru", "Министры утвердили план совместных действий."),
        ("ru", "ССАГПЗ и ЕС"),
        ("uk", "Міністри затвердили спільний план дій і його бюджет."),
        ("kk", "Қазақстан мен Парсы шығанағы елдері келісімге қол қойды"),
        ("de", "Die Minister haben den gemeinsamen Aktionsplan verabschiedet."),
        ("ko", "한국과 걸프협력회의가 협정에 서명했다"),
        ("ja", "日本と湾岸協力会議が協定に署名した"),
        ("zh", "中国与海湾合作委员会签署协议"),
    ],
)
def test_language_is_told_by_letters_and_words(language: str, text: str) -> None:
    assert detect(text) == language


def test_foreign_name_does_not_turn_a_text() -> None:
    text = "The president of Azerbaijan, İlham Əliyev, met the ministers of the Gulf states on Monday in the capital, "
    assert detect(text + "Baku, to discuss trade and investment.") == "en"
    assert detect("وقّعت شركة ACWA Power اتفاقية جديدة مع SOCAR في باكو عاصمة أذربيجان") == "ar"


def test_text_without_letters_is_of_the_language_expected() -> None:
    assert detect("2024–2028 !", default="ar") == "ar"
    assert detect("") == "en"


def test_threads_may_ask_at_once() -> None:
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(detect, ["The ministers met in Riyadh on Sunday."] * 8)) == {"en"}


@given(st.text(max_size=80))
def test_any_text_has_a_language_of_ours(text: str) -> None:
    assert detect(text) in LANGUAGES
