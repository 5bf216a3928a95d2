# ruff: noqa: RUF001  (letters and colons of other scripts are meant)
"""What mail programs write around an answer: attributions, header blocks, telephones' lines, notices.

``{n}`` and ``{a}`` are name and address of whoever is quoted, ``{t}`` the clock on the wall of whoever quotes.
"""

from __future__ import annotations

ATTRIBUTIONS = (
    "On Mon, Nov 23, 2026 at {t} PM {n} <{a}> wrote:",
    "On Mon, Nov 23, 2026 at {t} PM {n} <\n{a}> wrote:",
    "On Nov 23, 2026, at {t} PM, {n} <{a}> wrote:",
    "On 23.11.26 {t}, {n} wrote:",
    "On Monday, November 23rd, 2026 at {t} PM, {n} <{a}> wrote:",
    "On Monday, November 23, 2026 at {t}:00 PM GMT+1, {n} <{a}> wrote:",
    "On Mon, 2026-11-23 at {t} +1345, {n} wrote:",
    "Am Mo., 23. Nov. 2026 um {t} Uhr schrieb {n} <{a}>:",
    "Am 23.11.2026 um {t} schrieb {n} <{a}>:",
    "Am 23.11.26 um {t} schrieb {n}:",
    'Am 23. November 2026 {t}:11 MEZ schrieb "{n}" <{a}>:',
    "Gesendet: Montag, 23. November 2026 um {t} Uhr\nVon: {n} <{a}>\nAn: help@relay.test\nBetreff: Re: hello",
    "Le lun. 23 nov. 2026 à {t}, {n} <{a}> a écrit :",
    "Le 23/11/2026 à {t}, {n} a écrit :",
    "El lun, 23 nov 2026 a las {t}, {n} (<{a}>) escribió:",
    "El 23/11/26 a las {t}, {n} escribió:",
    "Il giorno lun 23 nov 2026 alle ore {t} {n} <\n{a}> ha scritto:",
    "Il 23/11/2026 {t}, {n} ha scritto:",
    "Em seg., 23 de nov. de 2026 às {t}, {n} <{a}>\nescreveu:",
    "Op ma 23 nov 2026 om {t} schreef {n} <{a}>:",
    "pon., 23 lis 2026 o {t} {n} <{a}> napisał(a):",
    "W dniu 23.11.2026 o {t}, {n} pisze:",
    "пн, 23 нояб. 2026 г. в {t}, {n} <{a}>:",
    "23.11.2026 {t}, {n} пишет:",
    "{n} <{a}>, 23 Kas 2026 Pzt, {t} tarihinde şunu\nyazdı:",
    "في الاثنين، 23 نوفمبر 2026 {t} م {n} <{a}> كتب:",
    "{n} <{a}> 于2026年11月23日周一 {t}写道：",
    '在 2026-11-23 {t}:00，"{n}" <{a}> 写道：',
    "2026年11月23日(月) {t} {n} <{a}>:",
    "2026/11/23 {t}、{n} <{a}>のメール:",
    "2026년 11월 23일 (월) 오후 {t}, {n} <{a}>님이 작성:",
    "Den mån 23 nov. 2026 kl {t} skrev {n} <{a}>:",
    "ma 23. marrask. 2026 klo {t} {n} ({a}) kirjoitti:",
    "po 23. 11. 2026 v {t} odesílatel {n} <{a}> napsal:",
    "{n} <{a}> schrieb:",
)

HEADER_BLOCKS = (
    "From: {n} <{a}>\nSent: Monday, November 23, 2026 {t} PM\nTo: {o}\nSubject: Re: hello",
    "-----Original Message-----\nFrom: {n} [mailto:{a}]\nSent: Monday, November 23, 2026 {t} PM\nTo: {o}\nSubject: hello",
    "________________________________\nVon: {n} <{a}>\nGesendet: Montag, 23. November 2026 {t}\nAn: {o}\nBetreff: AW: hello",
    "-----Ursprüngliche Nachricht-----\nVon: {n} <{a}>\nGesendet: Montag, 23. November 2026 {t}\nAn: {o}\nBetreff: hello",
    "De : {n} <{a}>\nEnvoyé : lundi 23 novembre 2026 {t}\nÀ : {o}\nObjet : Re: hello",
    "De: {n} <{a}>\nEnviado: lunes, 23 de noviembre de 2026 {t}\nPara: {o}\nAsunto: Re: hello",
    "Da: {n} <{a}>\nInviato: lunedì 23 novembre 2026 {t}\nA: {o}\nOggetto: R: hello",
    "Van: {n} <{a}>\nVerzonden: maandag 23 november 2026 {t}\nAan: {o}\nOnderwerp: RE: hello",
    "From: {n} <{a}>\nSent: poniedziałek, 23 listopada 2026 {t}\nTo: {o}\nSubject: Odp: hello",
    "Od: {n} <{a}>\nWysłano: poniedziałek, 23 listopada 2026 {t}\nDo: {o}\nTemat: Odp: hello",
    "От: {n} <{a}>\nОтправлено: 23 ноября 2026 г. {t}\nКому: {o}\nТема: hello",
    "Kimden: {n} <{a}>\nGönderildi: 23 Kasım 2026 Pazartesi {t}\nKime: {o}\nKonu: hello",
    "发件人: {n} <{a}>\n发送时间: 2026年11月23日 {t}\n收件人: {o}\n主题: hello",
    "差出人: {n} <{a}>\n送信日時: 2026年11月23日 {t}\n宛先: {o}\n件名: hello",
    "---------- Forwarded message ---------\nFrom: {n} <{a}>\nDate: Mon, Nov 23, 2026 at {t} PM\nSubject: hello\nTo: <{o}>",
    '------------------ 原始邮件 ------------------\n发件人: "{n}" <{a}>;\n发送时间: 2026年11月23日(星期一) {t}\n收件人: "x"<{o}>;\n主题: hello',
)

MOBILE = (
    "Sent from my iPhone", "Sent from my Galaxy", "Get Outlook for Android", "Von meinem iPhone gesendet",
    "Envoyé de mon iPhone", "Enviado desde mi iPhone", "Inviato da iPhone", "Enviado do meu iPhone", "Verstuurd vanaf mijn iPhone",
    "Wysłane z iPhone'a", "Отправлено с iPhone", "iPhone'umdan gönderildi", "发自我的iPhone", "iPhoneから送信",
    "أرسلت من الـ iPhone", "Sent from Yahoo Mail on Android", "Gesendet mit der GMX Mail App", "Sent with Proton Mail secure email.",
)  # fmt: skip

DEVICES = ("iPhone", "Galaxy", "Outlook for Android", "Yahoo Mail", "GMX Mail", "Proton Mail")
"""Names of programs and telephones that nobody in the grammar writes on purpose."""

FOOTERS = (
    "This e-mail and any attachments are confidential and may be legally privileged. If you are not the intended recipient"
    " of {f}, please notify the sender.",
    "Diese E-Mail enthält vertrauliche Informationen der {f}. Wenn Sie nicht der richtige Adressat sind, informieren Sie bitte"
    " sofort den Absender.",
    "Virus-free. www.avast.com",
)
