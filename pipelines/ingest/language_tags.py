"""The language that a source states, as a BCP 47 tag in its canonical form.

Pages often state a country (`jp`, `cn`, `gr`) where the language belongs (`ja`, `zh`, `el`), and
exports write ISO 639-2 (`eng`, `ger`). Unknown codes are left to the guess from the text, known
ones written one way, so that a question for a language finds all its documents.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_TAG: Final = re.compile(r"([A-Za-z]{2,3})((?:[-_][A-Za-z0-9]{2,8})*)")
_NO_LANGUAGE: Final = frozenset({"kr", "mis", "mul", "und", "zxx"})
"""Codes that tell no language. `kr` is Kanuri by the standard and Korea on nearly every page."""

_CODES: Final = """
aa=aar ab=abk ae=ave af=afr ak=aka am=amh an=arg ar=ara as=asm av=ava ay=aym az=aze ba=bak
be=bel bg=bul bh=bih bi=bis bm=bam bn=ben bo=bod,tib br=bre bs=bos ca=cat ce=che ch=cha co=cos
cr=cre cs=ces,cze cu=chu cv=chv cy=cym,wel da=dan de=deu,ger dv=div dz=dzo ee=ewe el=ell,gre
en=eng eo=epo es=spa et=est eu=baq,eus fa=fas,per ff=ful fi=fin fj=fij fo=fao fr=fra,fre fy=fry
ga=gle gd=gla gl=glg gn=grn gu=guj gv=glv ha=hau he=heb hi=hin ho=hmo hr=hrv ht=hat hu=hun
hy=arm,hye hz=her ia=ina id=ind ie=ile ig=ibo ii=iii ik=ipk io=ido is=ice,isl it=ita iu=iku
ja=jpn jv=jav ka=geo,kat kg=kon ki=kik kj=kua kk=kaz kl=kal km=khm kn=kan ko=kor kr=kau ks=kas
ku=kur kv=kom kw=cor ky=kir la=lat lb=ltz lg=lug li=lim ln=lin lo=lao lt=lit lu=lub lv=lav
mg=mlg mh=mah mi=mao,mri mk=mac,mkd ml=mal mn=mon mr=mar ms=may,msa mt=mlt my=bur,mya na=nau
nb=nob nd=nde ne=nep ng=ndo nl=dut,nld nn=nno no=nor nr=nbl nv=nav ny=nya oc=oci oj=oji om=orm
or=ori os=oss pa=pan pi=pli pl=pol ps=pus pt=por qu=que rm=roh rn=run ro=ron,rum ru=rus rw=kin
sa=san sc=srd sd=snd se=sme sg=sag sh=hbs si=sin sk=slk,slo sl=slv sm=smo sn=sna so=som
sq=alb,sqi sr=srp ss=ssw st=sot su=sun sv=swe sw=swa ta=tam te=tel tg=tgk th=tha ti=tir tk=tuk
tl=tgl tn=tsn to=ton tr=tur ts=tso tt=tat tw=twi ty=tah ug=uig uk=ukr ur=urd uz=uzb ve=ven
vi=vie vo=vol wa=wln wo=wol xh=xho yi=yid yo=yor za=zha zh=chi,zho zu=zul
"""
"""ISO 639-1 code = the ISO 639-2 codes of the same language."""


def _read_codes(table: str) -> dict[str, str]:
    entries = [entry.partition("=")[::2] for entry in table.split()]
    longer = {code: short for short, codes in entries for code in codes.split(",")}
    return {short: short for short, _codes in entries} | longer


_SHORTEST: Final[Mapping[str, str]] = _read_codes(_CODES)
"""Code of two or three letters -> the shortest for that language, which BCP 47 asks for."""


def canonical_tag(text: str) -> str | None:
    """The canonical tag; None where `text` is no tag or its code stands for no language.

    >>> canonical_tag("EN_us"), canonical_tag("ger"), canonical_tag("zh-hans-cn")
    ('en-US', 'de', 'zh-Hans-CN')
    >>> canonical_tag("jp"), canonical_tag("x-default")
    (None, None)
    """
    match = _TAG.fullmatch(text.strip())
    if match is None:
        return None
    code = match[1].lower()
    language = _SHORTEST.get(code, code if len(code) == 3 else None)
    if language is None or language in _NO_LANGUAGE:
        return None
    return "-".join([language, *map(_in_case, match[2].replace("_", "-").split("-")[1:])])


def _in_case(subtag: str) -> str:
    """Regions in capitals, scripts with one, the rest small (RFC 5646, 2.1.1)."""
    if len(subtag) == 2:
        return subtag.upper()
    return subtag.title() if len(subtag) == 4 and subtag.isalpha() else subtag.lower()
