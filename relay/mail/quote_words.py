# ruff: noqa: RUF001  (letters of other scripts look like Latin ones, and are meant)
"""Words by which mail programs and habits give themselves away, in twenty languages.

Read by ``quote_lines`` and ``quote_ends``. All entries are case-folded. Only tables stand here: what
a word is worth as evidence is decided where it is used. Languages: English, German, French, Spanish,
Italian, Portuguese, Dutch, Polish, Russian, Ukrainian, Turkish, Arabic, Chinese, Japanese, Korean,
Swedish, Norwegian, Danish, Finnish, Czech.
"""

from __future__ import annotations

import re


def _phrases(text: str) -> frozenset[str]:
    """One entry from each ``|``-separated piece."""
    return frozenset(
        piece.strip().casefold() for piece in text.replace("\n", " ").split("|") if piece.strip()
    )


def _stems(text: str) -> tuple[str, ...]:
    """One entry from each word."""
    return tuple(text.split())


# --- attribution lines ---------------------------------------------------------------------------

WROTE = _phrases(
    """
    wrote | writes | schrieb | schrieben | schreibt | geschrieben | a écrit | écrit | écrivait
    | escribió | escribio | ha scritto | scrive | scritto | escreveu | schreef | geschreven | napisał
    | napisała | napisał(a) | napisal(a) | pisze | написал | написала | написал(а) | пишет | написав
    | написала(в) | написав(ла) | пише | yazdı | yazmış | كتب | كتبت | كتب/كتبت | يكتب | 写道 | 寫道
    | 写到 | のメール | さんは書きました | が書きました | 작성 | 씀 | skrev | skriver | kirjoitti
    | napsal | napsala | napsal(a) | píše
    """
)
"""Verbs of attribution lines. Of scripts without spaces they stand anywhere, of others as whole words."""

LEADS = _phrases(
    """
    on | at | am | le | el | il | em | op | dnia | w | в | у | den | d. | tarihinde | في | بتاريخ
    | 在 | 于 | på | dne | il giorno | po | út | st | čt | pá | so | ne
    """
)
"""First words of attribution lines."""

MONTHS = _stems(
    """
    jan fév feb fev mar mär mrt avr apr abr mai may maj mei mag jun juin jui jul juil lug giu aoû
    aou aug ago sep set oct okt ott out nov dec déc dez dic des ene gen gru sty lut kwi cze lip sie
    wrz paź lis oca şub nis haz tem ağu eyl eki kas ara янв фев мар апр мая май июн июл авг сен окт
    ноя дек січ лют бер кві тра чер лип сер вер жов лис гру led úno bře dub kvě čer srp zář říj pros
    tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu ينا فبر مار أبر ابر ماي يون
    يول أغس سبت أكت نوف ديس
    """
)
"""How names of months begin."""

FIRST_PERSON = _phrases(
    """
    i | i'm | i’m | i'll | i’ll | i've | i’ve | me | my | mine | we | our | ich | mich | mir | mein
    | meine | meinem | meinen | meiner | wir | unser | je | j'ai | j’ai | moi | mon | ma | mes | nous
    | yo | mi | mis | nosotros | io | mio | mia | noi | eu | meu | minha | nós | ik | mij | mijn | wij
    | ja | mnie | mój | moja | mojego | я | мне | меня | мой | моя | мене | мені | мій | ben | benim
    | bana | أنا | jag | mig | min | mitt | jeg | meg | minä | minun | minulle | já | mě | můj | moje
    """
)
"""Words of somebody who speaks of themselves: no mail program writes them into an attribution line."""

# --- header blocks -------------------------------------------------------------------------------

_FIELDS = {
    "from": """
        from | von | de | da | van | od | от | від | от кого | kimden | gönderen | من | المرسل | 发件人
        | 寄件者 | 寄件人 | 差出人 | 送信者 | 보낸 사람 | 보낸사람 | från | fra | lähettäjä | odesílatel
        | expéditeur | absender | remitente | mittente | remetente | afzender | nadawca | отправитель
        | відправник | avsändare | avsender | afsender
    """,
    "date": """
        sent | date | sent on | gesendet | datum | gesendet am | envoyé | envoyé le | enviado
        | enviado el | enviado em | enviada | enviada em | fecha | inviato | data | data invio
        | verzonden | wysłano | wysłane | отправлено | дата | надіслано | gönderildi | gönderme tarihi
        | tarih | تاريخ | التاريخ | تم الإرسال | أرسلت | 发送时间 | 日期 | 发送日期 | 傳送時間
        | 寄件日期 | 送信日時 | 日時 | 日付 | 보낸 날짜 | 날짜 | 보낸시간 | skickat | sendt | dato
        | lähetetty | päivämäärä | päiväys | odesláno
    """,
    "to": """
        to | an | à | a | para | per | aan | do | кому | kime | alıcı | إلى | الى | 收件人 | 收件者
        | 宛先 | 받는 사람 | 받는사람 | till | til | vastaanottaja | komu | pro | destinataire
        | destinatario | empfänger | mottagare | modtager
    """,
    "cc": """
        cc | kopie | copie | copia | con copia | c.c. | ccn | bcc | dw | kopia | копия | копія | bilgi
        | نسخة | 抄送 | 副本 | 密件抄送 | 참조 | kopi | kopio
    """,
    "subject": """
        subject | betreff | betrifft | objet | sujet | asunto | oggetto | assunto | onderwerp | temat
        | тема | konu | الموضوع | موضوع | 主题 | 主旨 | 标题 | 件名 | 제목 | ämne | emne | aihe
        | předmět
    """,
    "other": """
        reply-to | reply to | antwort an | répondre à | responder a | rispondi a | importance
        | wichtigkeit | priority | priorität | attachments | anlagen | pièces jointes | adjuntos
        | allegati | anexos | bijlagen | list-id | message-id | mime-version | content-type | x-mailer
        | sender | resent-from | organization
    """,
}
HEADER_FIELDS: dict[str, str] = {
    label: role for role, labels in reversed(_FIELDS.items()) for label in _phrases(labels)
}
"""Label of a header line -> what it says: from, date, to, cc, subject or other."""

SEPARATORS = _phrases(
    """
    original message | original-nachricht | original appointment | ursprüngliche nachricht
    | originalnachricht | forwarded message | begin forwarded message | weitergeleitete nachricht
    | reply message | replied message | anfang der weitergeleiteten nachricht
    | anfang der weitergeleiteten e-mail | message d'origine | message original | message d’origine
    | message transféré | début du message transféré | début du message réexpédié | message initial
    | mensaje original | mensaje reenviado | inicio del mensaje reenviado | messaggio originale
    | messaggio inoltrato | inizio messaggio inoltrato | mensagem original | mensagem encaminhada
    | início da mensagem encaminhada | oorspronkelijk bericht | origineel bericht | doorgestuurd bericht
    | begin doorgestuurd bericht | wiadomość oryginalna | oryginalna wiadomość
    | treść przekazanej wiadomości | wiadomość przekazana dalej | przekazana wiadomość
    | исходное сообщение | пересылаемое сообщение | начало переадресованного сообщения
    | переадресованное сообщение | original mail | вихідне повідомлення | пересланe повідомлення
    | переслане повідомлення | перенаправлене повідомлення | orijinal ileti | orijinal mesaj
    | yönlendirilen mesaj | iletilen ileti | yönlendirilmiş ileti | الرسالة الأصلية | رسالة أصلية
    | رسالة معاد توجيهها | 原始邮件 | 原邮件 | 原始郵件 | 转发的邮件 | 轉寄的郵件 | 转发邮件信息
    | 回复的原邮件 | 邮件原件 | 元のメッセージ | 転送されたメッセージ | オリジナルメッセージ
    | 원본 메시지 | 원본 메일 | 전달된 메시지 | ursprungligt meddelande | originalmeddelande
    | vidarebefordrat meddelande | vidarebefordrat brev | opprinnelig melding | original melding
    | videresendt melding | oprindelig meddelelse | oprindelig besked | videresendt besked
    | videresendt meddelelse | alkuperäinen viesti | välitetty viesti | edelleenlähetetty viesti
    | původní zpráva | původní e-mail | přeposlaná zpráva
    """
)
"""What stands between dashes, or before a colon, above a header block."""

# --- ends of a letter ----------------------------------------------------------------------------

SENT_FROM = _phrases(
    """
    sent from | sent via | sent with | sent by | sent using | get outlook for | get outlook
    | download outlook | gesendet von | gesendet mit | gesendet über | von meinem | von meiner
    | diese nachricht wurde von meinem | diese e-mail wurde von meinem | holen sie sich outlook
    | outlook für | hol dir outlook | envoyé de | envoyé depuis | envoyé à partir | envoyé avec
    | télécharger outlook | téléchargez outlook | obtenez outlook | obtenir outlook | provenance :
    | enviado desde | enviado con | enviado a partir | obtener outlook | obtén outlook
    | descargar outlook | enviado do | enviado de | enviado pelo | enviado com | enviado via
    | obter o outlook | obtenha o outlook | inviato da | inviato dal | inviato con | scarica outlook
    | ottieni outlook | verstuurd vanaf | verzonden vanaf | verzonden met | verstuurd met
    | verzonden via | outlook voor | download outlook voor | wysłane z | wysłano z | wysłano za
    | pobierz outlook | pobierz aplikację outlook | отправлено с | отправлено из | отправлено через
    | послано с | скачать outlook | получить outlook | надіслано з | надіслано через | надіслано від
    | отримати outlook | outlook'u edinin | أرسلت من | أُرسلت من | تم الإرسال من | مرسل من | أرسل من
    | الحصول على outlook | 发自我的 | 来自我的 | 从我的 | 發自我的 | 從我的 | 傳送自 | 发送自 | 寄自
    | 获取 outlook | 我的 | 나의 | 내 | skickat från | skickad från | skickat med | hämta outlook
    | sendt fra | sendt med | hent outlook | få outlook | lähetetty | hanki outlook | odesláno z
    | odesláno ze | odesláno pomocí | odesláno přes | získat outlook | stáhnout outlook
    """
)
"""How the lines begin that a telephone or a program adds."""

SENT_FROM_ENDS = _phrases(
    """
    gesendet | gesendet. | verfasst | gönderildi | gönderildi. | から送信 | から送信. | から送信。
    | から送信されました | 发送 | 傳送 | 發送 | 보냄 | 에서 보냄 | 에서 전송 | 보냈습니다
    """
)
"""How such lines end, in languages that say the device first."""

DEVICES = _phrases(
    """
    iphon | ipad | ipod | apple | ios | samsung | galaxy | android | huawei | xiaomi | redmi | oneplus
    | pixel | nokia | motorola | sony | xperia | htc | lg | oppo | vivo | honor | blackberry | windows
    | outlook | yahoo | proton | protonmail | proton.me | gmx | web.de | aol | k-9 | fairemail
    | thunderbird | mailspring | spark | tutanota | tuta | qq | qq邮箱 | 网易 | mail.ru | yandex
    | яндекс | ukr.net | handy | smartphone | mobiltelefon | tablet | mobile | phone | telefon
    | telefonu | telefonum | téléphone | teléfono | móvil | celular | telemóvel | cellulare | telefono
    | telefoon | mobiel | komórki | телефона | смартфона | телефону | mobilen | mobil | puhelimesta
    | puhelimestani | mobilu | cep | هاتفي | جهاز | 手机 | 手機 | 携帯 | スマートフォン | 휴대폰
    | 스마트폰 | device | mail app | mail-app | e-mail app | e-mail-app | t-online | telekom | freenet | posteo
    | mailbox.org | fastmail | zoho | seznam | naver | bluemail | aquamail | airmail
    """
)
"""A line that begins like one of a telephone must name one of these."""

CLOSINGS = _phrases(
    """
    best | best regards | kind regards | warm regards | regards | warmest regards | best wishes
    | all the best | sincerely | yours sincerely | yours faithfully | yours truly | yours | cheers
    | thanks | thank you | many thanks | thanks in advance | with best regards | with kind regards
    | love | take care | mit freundlichen grüßen | mit freundlichem gruß | freundliche grüße
    | viele grüße | liebe grüße | beste grüße | herzliche grüße | schöne grüße | mit besten grüßen
    | gruß | grüße | lg | vg | mfg | herzlichst | danke | vielen dank | cordialement | bien cordialement
    | bien à vous | bien à toi | amicalement | salutations | meilleures salutations | merci | bises
    | sincères salutations | un saludo | saludos | saludos cordiales | atentamente | cordialmente
    | gracias | un abrazo | cordiali saluti | distinti saluti | saluti | un saluto | cari saluti
    | grazie | a presto | abbracci | atenciosamente | cumprimentos | com os melhores cumprimentos
    | abraços | abraço | obrigado | obrigada | att | met vriendelijke groet | met vriendelijke groeten
    | vriendelijke groet | vriendelijke groeten | groet | groeten | groetjes | mvg | hartelijke groet
    | z poważaniem | pozdrawiam | serdecznie pozdrawiam | pozdrowienia | с уважением
    | с наилучшими пожеланиями | всего доброго | спасибо | з повагою | з найкращими побажаннями | дякую
    | saygılarımla | saygılar | sevgiler | iyi günler | iyi çalışmalar | teşekkürler | مع تحياتي
    | تحياتي | مع أطيب التحيات | مع الشكر | شكرا | 此致 | 敬礼 | 祝好 | 谢谢 | 顺祝商祺
    | よろしくお願いいたします | 敬具 | 以上 | 감사합니다 | 감사합니다. | med vänliga hälsningar
    | vänliga hälsningar | med vänlig hälsning | vänligen | hälsningar | mvh | med vennlig hilsen
    | vennlig hilsen | hilsen | med venlig hilsen | venlig hilsen | de bedste hilsner
    | ystävällisin terveisin | terveisin | parhain terveisin | t. | s pozdravem | s přátelským pozdravem
    | děkuji | zdraví
    """
)

CONTACT_LABELS = _phrases(
    """
    tel | telefon | telephone | phone | mobile | mobil | cell | handy | fax | telefax | email | e-mail
    | mail | web | website | www | internet | homepage | http | https | skype | whatsapp | signal
    | telegram | threema | direct | office | téléphone | portable | mob | port | courriel | site
    | teléfono | móvil | correo | cellulare | telefono | celular | telefone | telefoon | mobiel | тел
    | телефон | моб | факс | почта | сайт | пошта | gsm | telefonu | cep | هاتف | جوال | البريد
    | 电话 | 手机 | 邮箱 | 網址 | 電話 | 携帯 | メール | 전화 | 이메일 | puh | puhelin | sähköposti
    | mobilnr | tlf | t | m | f | e | w | p | ext | or | and | und | oder
    """
)

FOOTERS = _phrases(
    """
    this e-mail and any attachments | this email and any attachments
    | this e-mail message and any attachments | this email message and any attachments
    | this message and any attachments | this e-mail and any files transmitted
    | this email and any files transmitted | confidential and intended solely
    | confidential and are intended solely | if you are not the intended recipient
    | if you have received this e-mail in error | if you have received this email in error
    | if you have received this message in error | please consider the environment before printing
    | this e-mail is confidential | this email is confidential | this email has been checked for viruses
    | virus-free. | virenfrei. | www.avast.com | sans virus. | libre de virus.
    | diese e-mail enthält vertrauliche | diese e-mail kann vertrauliche
    | diese nachricht enthält vertrauliche | diese e-mail wurde von avast
    | wenn sie nicht der richtige adressat | wenn sie nicht der beabsichtigte empfänger
    | falls sie nicht der beabsichtigte empfänger | der inhalt dieser e-mail ist vertraulich
    | ce message et toutes les pièces jointes | ce message et ses pièces jointes
    | ce courriel et les pièces jointes | ce message est confidentiel
    | l'absence de virus dans ce courrier | este mensaje y sus archivos adjuntos
    | este mensaje y los archivos adjuntos | este correo electrónico y cualquier archivo
    | este mensaje es confidencial | este correo electrónico ha sido comprobado
    | le informazioni contenute in questo messaggio | le informazioni contenute nella presente
    | questo messaggio e i suoi allegati | se ricevete questo messaggio per errore
    | questa e-mail è stata controllata | esta mensagem e seus anexos
    | esta mensagem pode conter informa | as informações contidas nesta mensagem
    | dit e-mailbericht en eventuele bijlagen | de informatie in dit bericht is vertrouwelijk
    | dit bericht is uitsluitend bestemd | dit bericht kan informatie bevatten
    | treść tej wiadomości zawiera informacje | ta wiadomość i jej załączniki
    | niniejsza wiadomość jest poufna | данное сообщение и любые вложения
    | это сообщение и любые вложения | это электронное сообщение и любые документы
    | це повідомлення та будь-які вкладення | bu e-posta ve ekleri | bu e-posta mesajı ve ekleri
    | هذه الرسالة ومرفقاتها | 本邮件及其附件 | 本電子郵件及附件 | このメールおよび添付ファイル
    | 본 메일은 | 이 메일은 지정된 | detta e-postmeddelande och eventuella bilagor
    | denne e-posten og eventuelle vedlegg | denne e-mail og eventuelle vedhæftede
    | tämä sähköposti ja sen liitteet | tento e-mail a jakékoli připojené
    | you received this message because you are subscribed | you are receiving this because
    | you are receiving this email because | to unsubscribe from this | to unsubscribe send
    | to unsubscribe, send | unsubscribe from this list | to stop receiving these emails
    | to post to this group, send | sie erhalten diese nachricht, weil
    | wenn sie diesen newsletter nicht mehr | um sich von dieser liste | vous recevez ce message car
    | pour vous désabonner | para darse de baja | per annullare l'iscrizione | para cancelar a inscrição
    | om u af te melden | чтобы отписаться от | reply to this email directly or view it on
    """
)
"""Phrases of legal notices, virus scanners and mailing lists that nobody writes in a letter."""

DOUBTFUL_FOOTERS = _phrases(
    """
    this e-mail is confidential | this email is confidential | der inhalt dieser e-mail ist vertraulich
    | ce message est confidentiel | este mensaje es confidencial | le informazioni contenute in questo messaggio
    | as informações contidas nesta mensagem | de informatie in dit bericht is vertrouwelijk
    | dit bericht kan informatie bevatten | niniejsza wiadomość jest poufna | 본 메일은
    | you are receiving this because | you are receiving this email because | to unsubscribe from this
    | to unsubscribe send | to unsubscribe, send | unsubscribe from this list
    | to stop receiving these emails | sie erhalten diese nachricht, weil | vous recevez ce message car
    | um sich von dieser liste | pour vous désabonner | para darse de baja | per annullare l'iscrizione
    | para cancelar a inscrição | om u af te melden | чтобы отписаться от
    """
)
"""Those of ``FOOTERS`` that somebody may write in a letter after all, and that prove nothing alone."""

LEGAL_MARKS = _phrases(
    """
    intended | recipient | addressee | privileged | disclos | unauthori | in error | notify | delete
    | destroy | attachment | liab | virus | subscri | mailing list | http | www. | @ | adressat
    | empfänger | irrtümlich | unbefugt | absender | vernichten | anhänge | abonn | newsletter
    | destinata | erreur | pièces jointes | divulg | diffusion | expéditeur | adjunto | por error
    | remitente | allegati | per errore | mittente | destinatári | anexo | por engano | remetente
    | geadresseerde | bijlage | openbaar | afzender | ten onrechte | adresat | załącznik | nadawc
    | ujawni | адресат | вложен | вкладен | отправител | відправник | рассылк | розсилк | alıcı
    | gönderen | المستلم | المرسل إليه | 收件人 | 附件 | 保密 | 发件人 | 受信者 | 添付 | 破棄 | 수신 | 첨부
    | 발신 | mottagar | bilag | avsändar | mottaker | modtager | vedlegg | afsender | avsender
    | vastaanottaja | liitte | lähettäjä | adresát | příjemce | přílo | odesílatel
    """
)
"""What such notices hold besides: stems, anywhere in case-folded text."""

SPEAKS_OF_ONESELF = re.compile(
    r"\b(?:i['’](?:m|ve|d|ll)|i (?:am|was|have|had|do|did|can|could|will|would|feel|need|want|think|know|just|cannot"
    r"|can['’]t|don['’]t|never|must|should|wrote|write|live|hate|love|tried|took|hope|got|said|told|fear|trust|cut)"
    r"|my|myself|ich|mich|mir|meine?[mnrs]?|j['’]\w+|je (?:ne|n['’]|me|m['’]|te|t['’]|vous|le|la|les|l['’]|suis|veux"
    r"|vais|peux|dois|vis|sais|crois|pense|sens)|moi|mon|mes|yo|mis|conmigo|io|mio|mia|miei|eu|meu|minha|ik|mij|mijn|mnie"
    r"|mój|moja|mojego|я|мне|меня|мой|моя|мене|мені|мій|benim|bana|jag|mig|jeg|meg|minä|minun|minulle|já|mě|můj)\b"
    r"|أنا|我(?![们們司方])|[私僕俺]|저는|나는|내가|제가"
)
"""Somebody who speaks of themselves alone, in case-folded text, without words that other languages use otherwise."""
