# ruff: noqa: RUF001  (letters and colons of other scripts look like Latin ones, and are meant)
"""What mail programs write around a letter, in twenty languages, and letters that only look like it."""

from __future__ import annotations

ATTRIBUTIONS = {
    "gmail en": "On Mon, Dec 12, 2016 at 8:45 PM Quiet Heron <k7@relay.example> wrote:",
    "gmail en wrapped": "On Mon, Dec 12, 2016 at 8:45 PM Quiet Heron <\nk7@relay.example> wrote:",
    "gmail de": "Am Mo., 12. Dez. 2016 um 20:45 Uhr schrieb Quiet Heron <k7@relay.example>:",
    "gmail de wrapped": "Quiet Heron <k7@relay.example> schrieb am Mo., 12.\nDez. 2016 um 20:45 Uhr:",
    "gmail fr": "Le lun. 12 déc. 2016 à 20:45, Quiet Heron <k7@relay.example> a écrit :",
    "gmail es": "El lun, 12 dic 2016 a las 20:45, Quiet Heron (<k7@relay.example>) escribió:",
    "gmail it": "Il giorno lun 12 dic 2016 alle ore 20:45 Quiet Heron <\nk7@relay.example> ha scritto:",
    "gmail pt": "Em seg., 12 de dez. de 2016 às 20:45, Quiet Heron <k7@relay.example>\nescreveu:",
    "gmail nl": "Op ma 12 dec 2016 om 20:45 schreef Quiet Heron <k7@relay.example>:",
    "gmail pl": "pon., 12 gru 2016 o 20:45 Quiet Heron <k7@relay.example> napisał(a):",
    "gmail ru": "пн, 12 дек. 2016 г. в 20:45, Quiet Heron <k7@relay.example>:",
    "gmail uk": "пн, 12 груд. 2016 р. о 20:45 Quiet Heron <k7@relay.example> пише:",
    "gmail tr": "Quiet Heron <k7@relay.example>, 12 Ara 2016 Pzt, 20:45 tarihinde şunu\nyazdı:",
    "gmail ar": "في الاثنين، 12 ديسمبر 2016 8:45 م Quiet Heron <k7@relay.example> كتب:",
    "gmail zh": "Quiet Heron <k7@relay.example> 于2016年12月12日周一 20:45写道：",
    "gmail ja": "2016年12月12日(月) 20:45 Quiet Heron <k7@relay.example>:",
    "gmail ko": "2016년 12월 12일 (월) 오후 8:45, Quiet Heron <k7@relay.example>님이 작성:",
    "gmail sv": "Den mån 12 dec. 2016 kl 20:45 skrev Quiet Heron <k7@relay.example>:",
    "gmail no": "man. 12. des. 2016 kl. 20:45 skrev Quiet Heron <k7@relay.example>:",
    "gmail da": "Den man. 12. dec. 2016 kl. 20.45 skrev Quiet Heron <k7@relay.example>:",
    "gmail fi": "ma 12. jouluk. 2016 klo 20.45 Quiet Heron (k7@relay.example) kirjoitti:",
    "gmail cs": "po 12. 12. 2016 v 20:45 odesílatel Quiet Heron <k7@relay.example> napsal:",
    "apple en": "On Dec 12, 2016, at 8:45 PM, Quiet Heron <k7@relay.example> wrote:",
    "apple de": "Am 12.12.2016 um 20:45 schrieb Quiet Heron <k7@relay.example>:",
    "apple fr": "Le 12 déc. 2016 à 20:45, Quiet Heron <k7@relay.example> a écrit :",
    "apple ja": "2016/12/12 20:45、Quiet Heron <k7@relay.example>のメール:",
    "apple zh": "在 2016年12月12日，下午8:45，Quiet Heron <k7@relay.example> 写道：",
    "apple no": "12. des. 2016 kl. 20:45 skrev Quiet Heron <k7@relay.example>:",
    "thunderbird en": "On 12.12.16 20:45, Quiet Heron wrote:",
    "thunderbird de": "Am 12.12.16 um 20:45 schrieb Quiet Heron:",
    "thunderbird fr": "Le 12/12/2016 à 20:45, Quiet Heron a écrit :",
    "thunderbird es": "El 12/12/16 a las 20:45, Quiet Heron escribió:",
    "thunderbird it": "Il 12/12/2016 20:45, Quiet Heron ha scritto:",
    "thunderbird pl": "W dniu 12.12.2016 o 20:45, Quiet Heron pisze:",
    "thunderbird ru": "12.12.2016 20:45, Quiet Heron пишет:",
    "proton": "On Monday, December 12th, 2016 at 8:45 PM, Quiet Heron <k7@relay.example> wrote:",
    "proton de": "Am Montag, 12. Dezember 2016 um 20:45, schrieb Quiet Heron <k7@relay.example>:",
    "k-9": "Quiet Heron <k7@relay.example> schrieb:",
    "k-9 dated": 'Am 12. Dezember 2016 20:45:11 MEZ schrieb "Quiet Heron" <k7@relay.example>:',
    "yahoo": "On Monday, December 12, 2016 at 08:45:00 PM GMT+1, Quiet Heron <k7@relay.example> wrote:",
    "mail.ru": "Понедельник, 12 декабря 2016, 20:45 +03:00 от Quiet Heron <k7@relay.example>:",
    "mutt": "On Mon, Dec 12, 2016 at 08:45:10PM +0100, Quiet Heron wrote:",
    "evolution": "On Mon, 2016-12-12 at 20:45 +0100, Quiet Heron wrote:",
    "163": '在 2016-12-12 20:45:00，"Quiet Heron" <k7@relay.example> 写道：',
    "three lines": "On Dec 12, 2016, at 8:45 PM, Quiet Heron of the Long Reeds\n<k7@relay.example>\nwrote:",
}

HEADER_BLOCKS = {
    "outlook en": (
        "From: Quiet Heron <k7@relay.example>\n"
        "Sent: Monday, December 12, 2016 8:45 PM\n"
        "To: Robin\n"
        "Subject: Re: hello"
    ),
    "outlook de": (
        "Von: Quiet Heron <k7@relay.example>\n"
        "Gesendet: Montag, 12. Dezember 2016 20:45\n"
        "An: Robin\n"
        "Betreff: AW: hallo"
    ),
    "outlook fr": (
        "De : Quiet Heron <k7@relay.example>\n"
        "Envoyé : lundi 12 décembre 2016 20:45\n"
        "À : Robin\n"
        "Objet : RE: bonjour"
    ),
    "outlook es": (
        "De: Quiet Heron <k7@relay.example>\n"
        "Enviado el: lunes, 12 de diciembre de 2016 20:45\n"
        "Para: Robin\n"
        "Asunto: RE: hola"
    ),
    "outlook it": (
        "Da: Quiet Heron <k7@relay.example>\n"
        "Inviato: lunedì 12 dicembre 2016 20:45\n"
        "A: Robin\n"
        "Oggetto: R: ciao"
    ),
    "outlook pt": (
        "De: Quiet Heron <k7@relay.example>\n"
        "Enviado: segunda-feira, 12 de dezembro de 2016 20:45\n"
        "Para: Robin\n"
        "Assunto: RES: olá"
    ),
    "outlook nl": (
        "Van: Quiet Heron <k7@relay.example>\n"
        "Verzonden: maandag 12 december 2016 20:45\n"
        "Aan: Robin\n"
        "Onderwerp: RE: hallo"
    ),
    "outlook pl": (
        "Od: Quiet Heron <k7@relay.example>\n"
        "Wysłane: poniedziałek, 12 grudnia 2016 20:45\n"
        "Do: Robin\n"
        "Temat: ODP: cześć"
    ),
    "outlook ru": (
        "От: Quiet Heron <k7@relay.example>\n"
        "Отправлено: понедельник, 12 декабря 2016 г. 20:45\n"
        "Кому: Robin\n"
        "Тема: RE: привет"
    ),
    "outlook uk": (
        "Від: Quiet Heron <k7@relay.example>\n"
        "Надіслано: 12 грудня 2016 р. 20:45\n"
        "Кому: Robin\n"
        "Тема: RE: привіт"
    ),
    "outlook tr": (
        "Kimden: Quiet Heron <k7@relay.example>\n"
        "Gönderildi: 12 Aralık 2016 Pazartesi 20:45\n"
        "Kime: Robin\n"
        "Konu: YNT: selam"
    ),
    "outlook ar": ("من: Quiet Heron <k7@relay.example>\nتاريخ: 12/12/2016 20:45\nإلى: Robin\nالموضوع: مرحبا"),
    "outlook zh": (
        "发件人: Quiet Heron <k7@relay.example>\n发送时间: 2016年12月12日 20:45\n收件人: Robin\n主题: 你好"
    ),
    "outlook ja": (
        "差出人: Quiet Heron <k7@relay.example>\n"
        "送信日時: 2016年12月12日 20:45\n"
        "宛先: Robin\n"
        "件名: RE: こんにちは"
    ),
    "outlook ko": (
        "보낸 사람: Quiet Heron <k7@relay.example>\n"
        "보낸 날짜: 2016년 12월 12일 20:45\n"
        "받는 사람: Robin\n"
        "제목: RE: 안녕"
    ),
    "outlook sv": (
        "Från: Quiet Heron <k7@relay.example>\n"
        "Skickat: den 12 december 2016 20:45\n"
        "Till: Robin\n"
        "Ämne: SV: hej"
    ),
    "outlook no": (
        "Fra: Quiet Heron <k7@relay.example>\n"
        "Sendt: mandag 12. desember 2016 20:45\n"
        "Til: Robin\n"
        "Emne: SV: hei"
    ),
    "outlook fi": (
        "Lähettäjä: Quiet Heron <k7@relay.example>\n"
        "Lähetetty: maanantai 12. joulukuuta 2016 20:45\n"
        "Vastaanottaja: Robin\n"
        "Aihe: VS: hei"
    ),
    "outlook cs": (
        "Od: Quiet Heron <k7@relay.example>\n"
        "Odesláno: pondělí 12. prosince 2016 20:45\n"
        "Komu: Robin\n"
        "Předmět: RE: ahoj"
    ),
    "bold": (
        "*From:* Quiet Heron\n*Sent:* Monday, December 12, 2016 8:45 PM\n*To:* Robin\n*Subject:* Re: hello"
    ),
    "no address": ("From: Quiet Heron\nSent: Monday, December 12, 2016 8:45 PM\nTo: Robin"),
    "wrapped": (
        "From: Quiet Heron <k7@relay.example>\n"
        "To: Robin <robin@example.org>,\n"
        "   desk <desk@relay.example>\n"
        "Subject: a subject that\n"
        "goes over two lines\n"
        "Date: 12.12.2016"
    ),
    "gmx": (
        "Gesendet: Montag, 12. Dezember 2016 um 20:45 Uhr\n"
        'Von: "Quiet Heron" <k7@relay.example>\n'
        "An: robin@example.org\n"
        "Betreff: Re: hallo"
    ),
    "qq": (
        "------------------ 原始邮件 ------------------\n"
        '发件人: "Quiet Heron"<k7@relay.example>;\n'
        "发送时间: 2016年12月12日(星期一) 晚上8:45\n"
        '收件人: "Robin";\n'
        "主题: 你好"
    ),
    "android": (
        "-------- Original message --------\n"
        "From: Quiet Heron <k7@relay.example>\n"
        "Date: 12/12/16 20:45 (GMT+01:00)\n"
        "To: Robin\n"
        "Subject: Re: hello"
    ),
    "forward": (
        "---------- Forwarded message ---------\n"
        "From: Quiet Heron <k7@relay.example>\n"
        "Date: Mon, Dec 12, 2016 at 8:45 PM\n"
        "Subject: hello\n"
        "To: Robin"
    ),
    "apple forward": (
        "Begin forwarded message:\n"
        "\n"
        "From: Quiet Heron <k7@relay.example>\n"
        "Subject: hello\n"
        "Date: 12 December 2016 at 20:45:00 CET\n"
        "To: Robin"
    ),
    "ruled": (
        "________________________________\n"
        "From: Quiet Heron <k7@relay.example>\n"
        "Sent: Monday, December 12, 2016 8:45 PM\n"
        "To: Robin"
    ),
    "unknown language": (
        "-----Original Message-----\nMittente-X: Quiet Heron\nDies: 12.12.2016\nAd: Robin\nRes: salve"
    ),
    "separator alone": ("----- Ursprüngliche Nachricht -----"),
    "proton mobile": (
        "-------- Original Message --------\nOn 12/12/2016 8:45 PM, Quiet Heron <k7@relay.example> wrote:"
    ),
}

MOBILE = [
    "Sent from my iPhone",
    "Sent from my Samsung Galaxy smartphone.",
    "Sent from Mail for Windows",
    "Get Outlook for iOS",
    "Get Outlook for Android <https://aka.ms/AAb9ysg>",
    "Sent from Yahoo Mail on Android",
    "Sent with Proton Mail secure email.",
    "Von meinem iPhone gesendet",
    "Von meinem Samsung Galaxy Smartphone gesendet.",
    "Gesendet von Outlook für Android<https://aka.ms/AAb9ysg>",
    "Gesendet mit der GMX Mail App",
    "Gesendet mit der Telekom Mail App",
    "Sent with BlueMail",
    "Odesláno přes Seznam Email",
    "Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.",
    "Envoyé de mon iPhone",
    "Envoyé depuis mon appareil Galaxy",
    "Télécharger Outlook pour Android",
    "Enviado desde mi iPhone",
    "Enviado do meu iPhone",
    "Inviato da iPhone",
    "Inviato dal mio telefono",
    "Verstuurd vanaf mijn iPhone",
    "Wysłane z iPhone'a",
    "Отправлено с iPhone",
    "Надіслано з iPhone",
    "iPhone'umdan gönderildi",
    "أُرسلت من الـ iPhone",
    "发自我的 iPhone",
    "从我的 iPhone 发送",
    "iPhoneから送信",
    "나의 iPhone에서 보냄",
    "Skickat från min iPhone",
    "Sendt fra min iPhone",
    "Lähetetty iPhonesta",
    "Odesláno z iPhonu",
]

KEPT = {
    "a husband quoted in running text": "On Monday my husband wrote: I hate you",
    "a husband quoted before a quote": "On 3 May 2024 at 10:00 my husband wrote:\n> I hate you\n\nWhat now?",
    "a paragraph that starts with From:": "From: the beginning I knew\nthat something was wrong.",
    "a letter in the form of headers": "From: your daughter\nTo: my mother\nSubject: sorry\n\nI never said it.",
    "sent in a sentence": "Sent from my sister's phone, please call her and not me",
    "a desk": "I write this at night.\n\nSent from my desk, where nobody looks.",
    "sent by mail": "Sent by mail to my sister, who never answered",
    "a postscript below dashes": "I am afraid.\n\n--\nP.S. He does not know that I write. Use this address.",
    "a question below dashes": "I am afraid.\n\n--\nCan you call?",
    "a sentence of I below dashes": "He came home.\n\n--\nThen I left the house",
    "dashes in the middle": "one\n\n--\n\n"
    + "\n".join(f"and line {i} of the long letter" for i in range(20)),
    "an angry face": "I am tired.\n\n>:( he did it again\n>_< and I cannot sleep",
    "a list of times": "It happened on\n12.12.2016 20:45\n13.12.2016 21:00:\nand again today.",
    "a wish to unsubscribe": "I want to unsubscribe from life sometimes.",
    "a confidential plea": "This is confidential. Please tell nobody.",
    "a closing and a name": "Thank you for reading.\n\nBest regards,\nAnna\n\nand please hurry",
    "a number in a sentence": "Best regards,\nAnna\nReach me under 0176 1234567 after six when he works",
    "a Markdown table": "| day | what |\n| Mon | he shouted |",
    "one pasted line with an address": "He, max@example.org, wrote me again: leave.",
    "a dialogue": "He said:\nyou are nothing\nI said:\nI am something",
    "an attribution with text below": (
        "Look what I got.\n\nOn May 3, 2024 at 10:00 AM Max <max@example.org> wrote:\n\nI will find you.\n\nHelp."
    ),
}
