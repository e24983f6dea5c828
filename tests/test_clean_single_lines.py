"""One line of a page's own in an article that is clean otherwise: nothing else gives it away."""

from __future__ import annotations

import pytest

from pipelines.clean.article import Cleaner, clean_text, load_cleaner
from pipelines.settings import Settings

EN = (
    "The council voted by nine to four on Tuesday to rebuild the sea wall at Kelmar, which was breached twice in January.",  # noqa: E501
    "“We cannot go through another winter like that,” said Ruth Amadi, who runs the bakery on Fore Street.",  # noqa: E501
    "The work will cost £14m and take two years, most of it paid for by the Environment Agency, officials said.",  # noqa: E501
)
DE = (
    "Der Rat von Kelmar hat am Dienstag mit neun zu vier Stimmen beschlossen, die Mauer am Meer wieder aufzubauen.",  # noqa: E501
    "„Noch einen solchen Winter überstehen wir nicht“, sagte Ruth Amadi, die am Markt eine Bäckerei betreibt.",  # noqa: E501
    "Die Arbeiten kosten vierzehn Millionen Euro und dauern zwei Jahre, wie die Verwaltung am Abend mitteilte.",  # noqa: E501
)
FR = (
    "Le conseil de Kelmar a voté mardi par neuf voix contre quatre la reconstruction de la digue emportée en janvier.",  # noqa: E501
    "« Nous ne passerons pas un autre hiver comme celui-là », a dit Ruth Amadi, qui tient la boulangerie du port.",  # noqa: E501
    "Les travaux coûteront quatorze millions d'euros et dureront deux ans, a précisé la mairie dans la soirée.",  # noqa: E501
)
ES = (
    "El consejo de Kelmar votó el martes por nueve votos contra cuatro la reconstrucción del dique roto en enero.",  # noqa: E501
    "«No aguantamos otro invierno así», dijo Ruth Amadi, que lleva la panadería de la calle del puerto viejo.",  # noqa: E501
    "Las obras costarán catorce millones de euros y durarán dos años, según precisó el ayuntamiento por la noche.",  # noqa: E501
)
PT = (
    "O conselho de Kelmar votou na terça-feira por nove votos a quatro a reconstrução do dique rompido em janeiro.",  # noqa: E501
    "“Não aguentamos outro inverno assim”, disse Ruth Amadi, que tem a padaria da rua do porto velho há anos.",  # noqa: E501
    "As obras vão custar catorze milhões de euros e durar dois anos, informou a prefeitura no fim da noite.",  # noqa: E501
)
PL = (
    "Rada Kelmaru zdecydowała we wtorek stosunkiem dziewięciu głosów do czterech o odbudowie wału nad morzem.",  # noqa: E501
    "„Drugiej takiej zimy nie przetrwamy”, powiedziała Ruth Amadi, która prowadzi piekarnię przy starym porcie.",  # noqa: E501
    "Prace będą kosztować czternaście milionów euro i potrwają dwa lata, podał wieczorem urząd miasta Kelmar.",  # noqa: E501
)


@pytest.fixture(scope="module")
def cleaner() -> Cleaner:
    return load_cleaner(Settings())


def _texts(prose: tuple[str, ...], line: str) -> list[str]:
    """The line between the paragraphs and below them."""
    return ["\n\n".join([*prose[:2], line, prose[2]]), "\n\n".join([*prose, line])]


@pytest.mark.parametrize(
    ("prose", "line"),
    [
        (EN, "Add Kelmar Post as a preferred source on Google"),
        (EN, "Join our WhatsApp community to get the latest news sent straight to your phone"),
        (EN, "Skip past newsletter promotion"),
        (EN, "When you buy through links on our site, we may earn an affiliate commission."),
        (EN, "Bet £10 get £30 with our partner. 18+. BeGambleAware.org. T&Cs apply."),
        (EN, "This article is republished from The Conversation under a Creative Commons license."),
        (EN, "Share or comment on this article: Council votes to rebuild the wall"),
        (EN, "Leave a Reply Cancel reply"),
        (EN, "The post Council votes to rebuild the wall appeared first on Kelmar Post."),
        (EN, "A post shared by Kelmar Post (@kelmarpost)"),
        (EN, "Do you have a story suggestion for Kelmar?"),
        (DE, "Folgen Sie unserem WhatsApp-Kanal"),
        (DE, "Empfohlener Inhalt der Redaktion"),
        (FR, "Ajoutez-nous à vos sources préférées sur Google"),
        (ES, "Regístrate gratis para seguir leyendo"),
        (PT, "Siga o canal do Correio no WhatsApp"),
        (PL, "Dalsza część artykułu znajduje się pod materiałem wideo"),
    ],
)
def test_what_the_page_says_of_itself_goes(
    prose: tuple[str, ...], line: str, cleaner: Cleaner
) -> None:
    for text in _texts(prose, line):
        assert clean_text(text, cleaner).article_body == "\n\n".join(prose)


@pytest.mark.parametrize(
    ("prose", "label"),
    [
        (EN, "READ ALSO"),
        (DE, "Lesen Sie auch"),
        (FR, "À lire aussi"),
        (ES, "Lee también"),
        (PT, "Leia também"),
        (PL, "Zobacz także"),
    ],
)
def test_a_label_of_links_between_paragraphs_goes(
    prose: tuple[str, ...], label: str, cleaner: Cleaner
) -> None:
    assert clean_text(_texts(prose, label)[0], cleaner).article_body == "\n\n".join(prose)


@pytest.mark.parametrize(
    ("prose", "line"),
    [
        (EN, "A WhatsApp group for parents was where the anger began, police said."),
        (EN, "“When you buy a house by the sea, you buy the sea as well,” she said."),
        (EN, "The league had added the company as its preferred source of salt on Monday."),
        (EN, "She placed a bet of £10 on the vote, and gave the £30 she won to the church."),
        (EN, "What will it cost the town?"),
        (EN, "The post first appeared on Monday and was gone by noon, the mayor's office said."),
        (EN, "A post shared by the mayor drew a crowd to the harbour on Monday night."),
        (EN, "Stay tuned, the captain told the passengers on the ferry, and laughed."),
        (EN, "“Follow us,” the firemen shouted, “and leave everything behind.”"),
        (EN, "Read also at night, her mother used to say."),
        (EN, "Correction: the vote was nine to four, the clerk told the council afterwards."),
        (DE, "Der Kanal der Stadt auf WhatsApp schwieg an diesem Abend."),
        (DE, "Was wird aus der alten Mauer?"),
        (DE, "Die Steuer steigt dafür um drei Euro im Monat."),
        (FR, "Que deviendra l'ancienne digue ?"),
        (FR, "Lire aussi la nuit, disait sa mère, c'est vivre deux fois."),
        (ES, "¿Qué pasará con el dique viejo?"),
        (ES, "El canal de WhatsApp del ayuntamiento calló toda la noche."),
        (PT, "E o dique velho, o que será dele?"),
        (PT, "Leia mais livros, dizia a mãe dela nas noites de inverno."),
        (PL, "Co stanie się ze starym wałem?"),
        (PL, "Dalsza część rozmowy odbyła się pod mostem, mówią radni."),
    ],
)
def test_a_line_of_the_article_stays(prose: tuple[str, ...], line: str, cleaner: Cleaner) -> None:
    for text in _texts(prose, line):
        assert clean_text(text, cleaner).article_body == text
