# ruff: noqa: RUF001  (letters of other scripts look like Latin ones, and are meant)
"""The words of ``seeker_words`` in the languages that we are sure of, as people type them.

Only tables stand here; how a line is compared with them stands there. Entries are written as a person would write
them, and folded when they are read: case, accents, points and punctuation make no difference.

What is *not* here matters as much. "End", "enough", "quit", "delete me" and their sisters are said by people who
want to stop living, not to stop mail; so they are messages to a human. What only raises (``URGENT``) may be generous.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum


class Word(Enum):
    """What a seeker can ask of the relay itself."""

    STOP = "stop"
    FORGET = "forget"
    OTHER = "other"
    LANGUAGE = "language"
    URGENT = "urgent"
    QUIET = "quiet"
    CALL = "call"
    HELP = "help"


SAID: Mapping[Word, str] = {
    Word.STOP: """
        stop | stop mail | stop e-mail | stop mails | stop writing | stop writing to me | no more mail | no more e-mail
        | no more mails | do not write to me | don't write to me | don't write to me any more
        | do not write to me any more | unsubscribe
        | stopp | bitte nicht mehr schreiben | nicht mehr schreiben | schreibt mir nicht mehr | schreib mir nicht mehr
        | schreiben sie mir nicht mehr | keine mails mehr | keine e-mails mehr | abmelden
        | arrêt | arrête | arrêtez | arrêter | ne m'écrivez plus | ne m'écris plus | plus d'e-mails | plus de mails
        | stop aux mails | désabonner | se désabonner
        | alto | parar | detener | no me escriban más | no me escribas más | no me escribáis más | no más correos
        | no más mensajes | darme de baja
        | توقف | توقفوا | قف | أوقف | أوقفوا | إيقاف | ستوب | لا تراسلوني | لا تراسلني | لا تكتبوا لي | إلغاء الاشتراك
        | ferma | fermate | non scrivetemi più | pare | parem | não me escrevam mais | stoppen | schrijf me niet meer
        | zatrzymaj | nie piszcie do mnie | dur | durdur | durdurun | bana yazmayın | стоп | остановите
        | не пишите мне | больше не пишите | зупиніть | не пишіть мені | sluta
    """,
    Word.FORGET: """
        forget me | forget my data | delete my data | erase my data | delete all my data | erase all my data
        | vergiss mich | vergesst mich | vergessen sie mich | lösche meine daten | löscht meine daten
        | löschen sie meine daten | meine daten löschen
        | oubliez-moi | oublie-moi | effacez mes données | efface mes données | effacer mes données
        | supprimez mes données | supprimer mes données
        | olvídame | olvidadme | olvídenme | olvídeme | borra mis datos | borrad mis datos | borren mis datos
        | borrar mis datos | eliminen mis datos | eliminar mis datos
        | انسني | انساني | انسوني | احذف بياناتي | احذفوا بياناتي | حذف بياناتي | امسح بياناتي | امسحوا بياناتي
        | dimenticatemi | dimenticami | cancellate i miei dati | cancella i miei dati
        | esqueçam-me | esquece-me | esqueça-me | apaguem os meus dados | apague os meus dados | apague meus dados
        | vergeet mij | vergeet me | wis mijn gegevens | verwijder mijn gegevens
        | zapomnijcie o mnie | zapomnij o mnie | usuńcie moje dane | usuń moje dane
        | beni unut | beni unutun | verilerimi sil | verilerimi silin
        | забудьте меня | забудь меня | удалите мои данные | забудьте мене | видаліть мої дані
    """,
    Word.OTHER: """
        other | other person | another person | different person | other counselor | other counsellor
        | another counselor | another counsellor | different counselor | different counsellor
        | andere | anderer | andere person | eine andere person | jemand anders | jemand anderes | jemand anderen
        | autre | autre personne | une autre personne | quelqu'un d'autre
        | otra persona | otro | otra | otra consejera | otro consejero
        | شخص آخر | آخر | شخصا آخر | مرشد آخر | مستشار آخر | مستشارة أخرى
        | altra persona | un'altra persona | altro | altra | outra pessoa | outro | outra
        | iemand anders | andere persoon | inna osoba | ktoś inny | başka biri | başka kişi
        | другой человек | другой | другая | інша людина | інший | інша
    """,
    Word.LANGUAGE: """
        language | lang | sprache | langue | idioma | لغة | اللغة | لغتي | lingua | língua | taal | język | dil
        | язык | мова
    """,
    Word.URGENT: """
        urgent | very urgent | it is urgent | it's urgent | this is urgent | emergency | sos
        | dringend | sehr dringend | es ist dringend | eilig | sehr eilig | notfall
        | très urgent | c'est urgent | urgence
        | urgente | muy urgente | es urgente | urgencia | emergencia
        | عاجل | عاجل جدا | مستعجل | طارئ | حالة طارئة | طوارئ
        | molto urgente | è urgente | emergenza | muito urgente | é urgente | emergência | spoed | noodgeval
        | heel dringend | pilne | bardzo pilne | acil | çok acil | срочно | очень срочно | терміново | дуже терміново
    """,
    Word.QUIET: """
        quiet | quietly | discreet | discreetly | diskret | leise | discret | discrète | discrètement | discrétion
        | discreto | discreta | discreción | con discreción | سري | سرية | بسرية | بهدوء | بتكتم
        | discrezione | con discrezione | discrição | dyskretnie | gizli | gizlice | незаметно | непомітно
    """,
    Word.CALL: """
        call me | call me back | phone me | ring me | callback | call back
        | ruf mich an | ruft mich an | rufen sie mich an | ruf mich zurück | rufen sie mich zurück | rückruf
        | appelez-moi | appelle-moi | rappelez-moi | rappelle-moi
        | llámame | llámeme | llamadme | llámenme
        | اتصل بي | اتصلوا بي | اتصلي بي | كلمني | كلموني
        | chiamami | chiamatemi | richiamami | richiamatemi | ligue-me | me ligue | liga-me | me liga | liguem-me
        | bel mij | bel me | zadzwoń do mnie | zadzwońcie do mnie | beni ara | beni arayın
        | позвоните мне | перезвоните мне | зателефонуйте мені | подзвоніть мені
    """,
    Word.HELP: """
        help | commands | hilfe | befehle | aide | commandes | ayuda | comandos | مساعدة | أوامر | aiuto | ajuda | hulp
        | pomoc | yardım | помощь | допомога
    """,
}
"""One entry from each ``|``-separated piece; a language may be mixed with any other."""

COURTESIES = """
    please | pls | plz | thanks | thank you | thx | ok | okay | kind regards | best regards | regards | best | cheers
    | bitte | danke | vielen dank | lg | vg | mfg | liebe grüße | viele grüße | mit freundlichen grüßen | gruß | grüße
    | svp | stp | s'il vous plaît | s'il te plaît | merci | merci beaucoup | cordialement | bien à vous
    | por favor | gracias | muchas gracias | saludos | un saludo | atentamente
    | من فضلك | من فضلكم | لو سمحت | لو سمحتم | رجاء | الرجاء | شكرا | شكرا لكم | شكرا جزيلا | تحياتي | مع التحية
    | per favore | grazie | obrigado | obrigada | alstublieft | bedankt | dank u | proszę | dziękuję | lütfen
    | teşekkürler | пожалуйста | спасибо | будь ласка | дякую
"""
"""What may stand beside a word, or below it, and still says nothing more."""

OFF = "off | aus | non | no | désactiver | desactivar | إيقاف | لا | uit | wyłącz | kapat"
"""After ``QUIET``: no longer."""

LANGUAGE_NAMES: Mapping[str, str] = {
    "en": "english | englisch | anglais | inglés | inglese | inglês | engels | الإنجليزية | إنجليزي | انجليزية",
    "de": "german | deutsch | allemand | alemán | tedesco | alemão | duits | الألمانية | ألماني | almanca | немецкий",
    "fr": "french | français | französisch | francés | francese | francês | frans | الفرنسية | فرنسي",
    "es": "spanish | español | castellano | spanisch | espagnol | spagnolo | espanhol | spaans | الإسبانية | إسباني",
    "ar": "arabic | العربية | عربي | عربية | arabisch | arabe | árabe | arabo | arapça",
    "it": "italian | italiano | italienisch | italien | الإيطالية",
    "pt": "portuguese | português | portugiesisch | portugais | portugués | البرتغالية",
    "nl": "dutch | nederlands | niederländisch | holländisch | néerlandais | neerlandés | holandés | الهولندية",
    "pl": "polish | polski | polnisch | polonais | polaco | البولندية",
    "tr": "turkish | türkçe | türkisch | turc | turco | التركية",
    "ru": "russian | русский | russisch | russe | ruso | الروسية",
    "uk": "ukrainian | українська | ukrainisch | ukrainien | ucraniano | الأوكرانية",
    "fa": "persian | farsi | فارسی | persisch | persan | persa | الفارسية",
    "ro": "romanian | română | rumänisch | roumain | rumano | الرومانية",
    "zh": "chinese | 中文 | chinesisch | chinois | chino | الصينية",
    "ja": "japanese | 日本語 | japanisch | japonais | japonés | اليابانية",
    "hi": "hindi | हिन्दी | हिंदी | الهندية",
    "so": "somali | soomaali | الصومالية",
    "ti": "tigrinya | ትግርኛ | التغرينية",
    "ku": "kurdish | kurdî | kurdisch | kurde | kurdo | الكردية",
}
"""What people call a language, after ``LANGUAGE``; two or three letters (``fr``, ``pt-BR``) are understood anyway."""

OWN_NAMES: Mapping[str, str] = {
    "ar": "العربية", "de": "Deutsch", "en": "English", "es": "Español", "fa": "فارسی", "fr": "Français",
    "it": "Italiano", "ja": "日本語", "nl": "Nederlands", "pl": "Polski", "pt": "Português", "ro": "Română",
    "ru": "Русский", "tr": "Türkçe", "uk": "Українська", "zh": "中文",
}  # fmt: skip
"""What a language calls itself, for lists that its speakers look through."""
