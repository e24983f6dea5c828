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
