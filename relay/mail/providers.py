"""Large public mail providers: a domain so common that it names nobody, and so may stay in text.

``identity`` keeps these domains; whoever builds the gate's secrets hands it the same set. A provider
that is missing here costs a masked word and leaks nothing; a small or regional one that does not
belong here would. In doubt, leave it out.
"""

from __future__ import annotations

_DOMAINS = {
    "without a country": """
aim.com aol.co.uk aol.com aol.de aol.fr aol.it duck.com email.com fastmail.com fastmail.fm fastmail.net
gmail.com googlemail.com hey.com hush.com hushmail.com icloud.com inbox.com keemail.me kolabnow.com
lycos.com mac.com mail.com mailbox.org mailfence.com me.com mozmail.com pm.me posteo.at posteo.ch posteo.de
posteo.eu posteo.net posteo.org privaterelay.appleid.com proton.me protonmail.ch protonmail.com
relay.firefox.com rocketmail.com runbox.com startmail.com tuta.com tuta.io tutamail.com tutanota.com
tutanota.de usa.com verizon.net ymail.com zoho.com zoho.eu zoho.in zohomail.com zohomail.eu
""",
    "Microsoft": """
hotmail.at hotmail.be hotmail.ca hotmail.ch hotmail.cl hotmail.co.jp hotmail.co.kr hotmail.co.nz
hotmail.co.th hotmail.co.uk hotmail.co.za hotmail.com hotmail.com.ar hotmail.com.au hotmail.com.br
hotmail.com.hk hotmail.com.mx hotmail.com.tr hotmail.com.tw hotmail.com.vn hotmail.cz hotmail.de hotmail.dk
hotmail.es hotmail.fi hotmail.fr hotmail.gr hotmail.hu hotmail.ie hotmail.it hotmail.jp hotmail.nl
hotmail.no hotmail.pt hotmail.se hotmail.sg live.at live.be live.ca live.cl live.cn live.co.kr live.co.uk
live.co.za live.com live.com.ar live.com.au live.com.mx live.com.my live.com.pt live.com.sg live.de live.dk
live.fi live.fr live.hk live.ie live.in live.it live.jp live.nl live.no live.ru live.se msn.com outlook.at
outlook.be outlook.cl outlook.co.id outlook.co.il outlook.co.nz outlook.co.th outlook.co.uk outlook.com
outlook.com.ar outlook.com.au outlook.com.br outlook.com.gr outlook.com.tr outlook.com.vn outlook.cz
outlook.de outlook.dk outlook.es outlook.fr outlook.hu outlook.ie outlook.in outlook.it outlook.jp
outlook.kr outlook.lv outlook.my outlook.ph outlook.pt outlook.sa outlook.sg outlook.sk passport.com
windowslive.com
""",
    "Yahoo": """
myyahoo.com yahoo.at yahoo.be yahoo.ca yahoo.cl yahoo.co.id yahoo.co.in yahoo.co.jp yahoo.co.kr yahoo.co.nz
yahoo.co.th yahoo.co.uk yahoo.co.za yahoo.com yahoo.com.ar yahoo.com.au yahoo.com.br yahoo.com.cn
yahoo.com.co yahoo.com.hk yahoo.com.mx yahoo.com.my yahoo.com.ph yahoo.com.sg yahoo.com.tr yahoo.com.tw
yahoo.com.vn yahoo.cz yahoo.de yahoo.dk yahoo.es yahoo.fi yahoo.fr yahoo.gr yahoo.hu yahoo.ie yahoo.in
yahoo.it yahoo.nl yahoo.no yahoo.pl yahoo.ro yahoo.se
""",
    "Germany, Austria, Switzerland": """
1und1.de a1.net aon.at arcor.de bluewin.ch chello.at email.de freenet.de gmx.at gmx.biz gmx.ch gmx.co.uk
gmx.com gmx.de gmx.es gmx.eu gmx.fr gmx.info gmx.it gmx.li gmx.net gmx.org gmx.tm gmx.us hispeed.ch
kabelmail.de mail.de online.de sunrise.ch t-online.de unitybox.de vodafone.de web.de
""",
    "France, Italy, Spain, Portugal": """
alice.it aliceadsl.fr bbox.fr clix.pt email.it fastwebnet.it free.fr inwind.it iol.it laposte.net libero.it
neuf.fr numericable.fr ono.com orange.fr sapo.pt sfr.fr telefonica.net terra.es tim.it tin.it tiscali.it
virgilio.it wanadoo.fr
""",
    "Britain, Ireland, Netherlands, Belgium, the North": """
blueyonder.co.uk bredband.net btinternet.com eircom.net elisanet.fi getmail.no hetnet.nl home.nl kolumbus.fi
kpnmail.nl luukku.com mail.dk ntlworld.com online.no planet.nl proximus.be sky.com skynet.be spray.se
suomi24.fi talktalk.net tdcadsl.dk telenet.be telia.com tiscali.co.uk virginmedia.com xs4all.nl ziggo.nl
""",
    "Eastern Europe": """
abv.bg azet.sk bigmir.net bk.ru centrum.cz centrum.sk citromail.hu delfi.lt email.cz freemail.hu gazeta.pl
i.ua inbox.lt inbox.lv inbox.ru indamail.hu interia.eu interia.pl internet.ru lenta.ru list.ru mail.bg
mail.ru meta.ua o2.pl one.lt onet.eu onet.pl op.pl poczta.onet.pl post.cz rambler.ru seznam.cz tlen.pl
ukr.net volny.cz vp.pl wp.pl ya.ru yandex.by yandex.com yandex.kz yandex.ru yandex.ua zoznam.sk
""",
    "Asia": """
126.com 139.com 163.com 188.com 189.cn aliyun.com au.com bezeqint.net daum.net docomo.ne.jp ezweb.ne.jp
foxmail.com hanmail.net hinet.net i.softbank.jp indiatimes.com kakao.com nate.com naver.com netvision.net.il
nifty.com pchome.com.tw qq.com rediffmail.com sify.com sina.cn sina.com softbank.ne.jp sohu.com tom.com
vip.qq.com walla.co.il walla.com wo.cn yeah.net
""",
    "The Americas, Australia, Africa": """
att.net bell.net bellsouth.net bigpond.com bigpond.net.au bol.com.br centurylink.net charter.net comcast.net
cox.net earthlink.net frontier.com globo.com globomail.com ig.com.br iinet.net.au juno.com mweb.co.za
netzero.net oi.com.br optimum.net optonline.net optusnet.com.au prodigy.net.mx roadrunner.com rogers.com
sbcglobal.net shaw.ca slingshot.co.nz sympatico.ca telkomsa.net telus.net terra.com.br tpg.com.au uol.com.br
videotron.ca vodamail.co.za webmail.co.za windstream.net xfinity.com xtra.co.nz zipmail.com.br
""",
}

PUBLIC_DOMAINS: frozenset[str] = frozenset(" ".join(_DOMAINS.values()).split())


def is_public(domain: str) -> bool:
    """Tell whether a domain (lower case, no final dot) is a large public provider's."""
    return domain in PUBLIC_DOMAINS
