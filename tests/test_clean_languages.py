"""The language of a text: its script, its commonest words, and what lies close to it."""

import pytest

from pipelines.clean.article import Cleaner, clean_text, load_cleaner
from pipelines.settings import Settings


@pytest.fixture(scope="module")
def cleaner() -> Cleaner:
    return load_cleaner(Settings())


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The river rose by two metres overnight, and the mayor said it would rise again.", "en"),
        (
            "Der Fluss ist in der Nacht um zwei Meter gestiegen und hat die Stadt überschwemmt.",
            "de",
        ),
        ("Река поднялась за ночь на два метра и затопила нижний город, как сообщила мэр.", "ru"),
        ("Ріка піднялася за ніч на два метри та затопила місто, як повідомила міська рада.", "uk"),
        ("河水一夜之间上涨两米，淹没了下城。", "zh"),
        ("川は一晩で二メートル上昇し、下町が浸水した。", "ja"),
        ("Το ποτάμι ανέβηκε δύο μέτρα.", "el"),
        (
            "El Govern ha aprovat la construcció d'un nou pont. Les obres començaran al maig,"
            " segons ha explicat la consellera.",
            "ca",
        ),
        (
            "Prezident v utorok vymenoval sudcov, ktorí sa nástupu do funkcie dočkali po rokoch.",
            "sk",
        ),
        ("Vlada je v torek odobrila gradnjo novega mostu, ki bo dolg 800 metrov.", "sl"),
        (
            "Vlada je odobrila gradnju novog mosta. Radovi počinju u svibnju, rekao je ministar.",
            "hr",
        ),
        (
            "Vláda schválila rozpočet se schodkem 240 miliard korun a jde podle ní o kompromis.",
            "cs",
        ),
        ("Влада је одобрила изградњу моста преко Саве, а радови почињу у мају.", "sr"),
        ("Владата ја одобри изградбата на мостот, а работите во мај ќе почнат.", "mk"),
        ("Правителството отпусна пари за нов мост над Дунав, каза министърът на транспорта.", "bg"),
        ("Inaprubahan ng pamahalaan ang pagtatayo ng tulay na sa Mayo ay magsisimula.", "tl"),
        ("El Gobierno aprobó la construcción de un puente sobre el río, según explicó.", "es"),
        ("Mannen ble fløyet til sykehus i Tromsø, opplyser politiets operasjonsleder.", "nb"),
        ("Hm.", "und"),
        ("", "und"),
    ],
)
def test_languages(cleaner: Cleaner, text: str, language: str):
    assert clean_text(text, cleaner).article["in_language"] == language


@pytest.mark.parametrize(
    ("headline", "text"),
    [
        (
            "सरकार ने नदी पर नए पुल को मंजूरी दी",
            "सरकार ने मंगलवार को नदी पर नए पुल के निर्माण को मंजूरी दे दी, जिसका काम मई में शुरू होगा।",
        ),
        (
            "정부, 강에 새 다리 건설 승인",
            "정부는 8일 강에 새 다리를 건설하는 계획을 승인했다고 밝혔다. 공사는 5월에 시작된다.",
        ),
        (
            "ஆற்றின் மீது புதிய பாலம் கட்ட அரசு ஒப்புதல்",
            "ஆற்றின் மீது புதிய பாலம் கட்டுவதற்கு அரசு செவ்வாய்க்கிழமை ஒப்புதல் அளித்தது என அமைச்சர் கூறினார்.",
        ),
    ],
)
def test_a_headline_is_found_in_scripts_with_marks_and_syllables(
    headline: str, text: str, cleaner: Cleaner
) -> None:
    cleaned = clean_text(f"{headline}\n\n{text}\n\n{text}", cleaner)
    assert cleaned.article["headline"] == headline
    assert cleaned.article_body == f"{text}\n\n{text}"


def test_a_question_above_an_answer_in_korean_is_no_headline(cleaner: Cleaner) -> None:
    text = "자전거도 다닐 수 있나?\n\n그렇다. 오른쪽 차로를 이용하면 된다고 시청은 월요일에 밝혔다."
    assert clean_text(text, cleaner).article["headline"] is None
