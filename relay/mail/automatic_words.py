"""The words by which mail programs and mail systems mark what no person wrote. Tables only.

``automatic`` compares them with a subject after case folding. The reply phrases are those that the
common systems write in front of the original subject, followed by a colon (Exchange and Outlook by
language of the mailbox, then Gmail, Domino, GMX, Sieve). Words that people begin a subject with
themselves ("Holiday: …") are in the second list, which proves nothing alone.
"""

# ruff: noqa: RUF001  letters of other alphabets look like Latin ones and are meant

from __future__ import annotations

# Followed by a colon at the start of a subject, these are enough by themselves.
REPLY_PREFIXES = frozenset(
    phrase.casefold()
    for phrase in (
        "Automatic reply", "Automatic response", "Auto reply", "Auto-reply", "Autoreply", "Auto response",
        "Auto-response", "Autoresponse", "Out of Office", "Out-of-Office", "Out of Office AutoReply",
        "Out of Office Auto-Reply", "Out of Office Reply", "Vacation reply", "Vacation response",
        "Automatische Antwort", "Automatische Antwort (Abwesenheit)", "Abwesenheitsnotiz",
        "Abwesenheitsmeldung", "Abwesenheitsassistent", "Automatische Abwesenheitsnotiz",
        "Réponse automatique", "Réponse automatique d'absence", "Absence du bureau", "Message d'absence",
        "Respuesta automática", "Fuera de la oficina", "Fuera de oficina", "Resposta automàtica",
        "Risposta automatica", "Fuori sede", "Fuori ufficio",
        "Resposta automática", "Fora do escritório", "Ausência temporária",
        "Automatisch antwoord", "Automatisch beantwoord", "Afwezigheidsbericht", "Afwezigheidsassistent",
        "Autosvar", "Automatiskt svar", "Automatisk svar", "Frånvaromeddelande", "Automaattinen vastaus",
        "Poissaoloviesti", "Sjálfvirkt svar",
        "Automatyczna odpowiedź", "Odpowiedź automatyczna", "Automatická odpověď", "Automatická odpoveď",
        "Automatikus válasz", "Răspuns automat", "Automatski odgovor", "Samodejni odgovor",
        "Automaatvastus", "Automātiskā atbilde", "Automatinis atsakymas", "Përgjigje automatike",
        "Автоматический ответ", "Автоответ", "Автоматична відповідь", "Автовідповідь", "Автоматичен отговор",
        "Аутоматски одговор", "Αυτόματη απάντηση", "Otomatik yanıt", "Otomatik Cevap", "Avtomatik cavab",
        "رد تلقائي", "الرد التلقائي", "پاسخ خودکار", "תשובה אוטומטית", "מענה אוטומטי", "स्वचालित उत्तर",
        "自動応答", "自動返信", "自动答复", "自动回复", "自動回覆", "自動回應", "자동 회신", "자동 응답",
        "Trả lời tự động", "ตอบกลับอัตโนมัติ", "Balasan otomatis", "Balasan automatik",
    )
)  # fmt: skip

# At the start of a subject, with or without anything after: a hint, to be met by another sign.
REPLY_HINTS = tuple(
    sorted(
        REPLY_PREFIXES
        | {
            phrase.casefold()
            for phrase in (
                "Auto:", "Vacation", "On vacation", "Away from", "I am away", "I am out of", "On leave",
                "Thank you for your message", "Thank you for your email", "We have received your",
                "Abwesenheit", "Abwesend", "Urlaub", "Nicht im Büro", "Eingangsbestätigung",
                "Absent", "Absence", "En congé", "Ausente", "Vacaciones", "Férias", "Assente", "In ferie",
                "Afwezig", "Vakantie", "Frånvaro", "Fravær", "Fraværende", "Poissa", "Nieobecność", "Urlop",
                "Nepřítomnost", "Mimo kancelář", "Mimo pracovisko", "Házon kívül", "Absent de la birou",
                "Вне офиса", "Нет на месте", "Отпуск", "Відпустка", "Ofis dışında", "Εκτός γραφείου",
                "不在通知", "外出中", "休暇", "不在办公室", "外出", "부재중", "خارج المكتب", "מחוץ למשרד",
            )
        }
    )
)  # fmt: skip

# Anywhere in a subject of mail that also comes from nobody or from a mail system.
BOUNCE_PHRASES = tuple(
    phrase.casefold()
    for phrase in (
        "undeliver", "delivery status", "delivery failure", "delivery failed", "delivery has failed",
        "delivery error", "delivery problem", "delivery delayed", "delivery notification", "delivery report",
        "failure notice", "failure notification", "returned mail", "returned to sender", "returning message",
        "returning to sender", "could not be delivered", "could not send", "cannot be delivered",
        "not delivered", "non-delivery", "nondeliverable", "mail system error", "mail failure",
        "message delayed", "delayed mail", "rejected mail", "error sending your mail", "user unknown",
        "Unzustellbar", "nicht zustellbar", "Zustellung fehlgeschlagen", "Zustellungsfehler",
        "Non remis", "échec de la remise", "échec de remise", "Impossible de remettre", "Courrier retourné",
        "No se puede entregar", "no se pudo entregar", "No entregado", "Entrega fallida", "Error de entrega",
        "Mancata consegna", "Non recapitabile", "Impossibile recapitare", "Consegna non riuscita",
        "Não é possível entregar", "não entregue", "Falha na entrega", "Onbestelbaar", "Kan inte levereras",
        "Kunne ikke leveres", "Kan ikke leveres", "Ei voida toimittaa", "Niedostarcz", "Nie można dostarczyć",
        "Nedoručiteln", "Nedoručiteľn", "Kézbesíthetetlen", "Nelivrabil", "не доставлено", "Недоставлен",
        "не может быть доставлен", "Не вдалося доставити", "Teslim edilemedi", "Δεν παραδόθηκε",
        "配信不能", "配信できません", "配信に失敗", "配送できませんでした", "エラーメール",
        "退信", "无法送达", "無法傳遞",
        "배달되지 않음", "반송", "تعذر التسليم", "לא ניתן למסירה",
    )
)  # fmt: skip

# How a subject begins that somebody, or something, answers to.
ANSWER_MARKS = (
    "re:",
    "aw:",
    "sv:",
    "vs:",
    "odp:",
    "antw:",
    "rif:",
    "tr:",
    "fw:",
    "fwd:",
    "wg:",
    "回复:",
    "答复:",
)

# Local parts without "-", "_", "." and "+…", of mailboxes where no person writes.
DAEMONS = frozenset({"mailerdaemon", "maildaemon", "maildeliverysystem", "maildeliverysubsystem"})
POSTMASTERS = frozenset({"postmaster", "mailsystem", "bounce", "bounces"})
ROBOTS = frozenset(
    {"notification", "notifications", "robot", "listserv", "majordomo", "news", "newsletter", "alerts"}
)
NO_REPLY_STARTS = (
    "noreply", "donotreply", "dontreply", "neverreply", "nepasrepondre", "keineantwort", "nichtantworten",
    "noresponder", "nonrispondere", "naoresponda", "autoreply", "autoresponder", "autoresponse",
)  # fmt: skip
