"""Names of query parameters that tell who shares a link, who clicks it or where it was found; not what it shows.

Called by ``links``. Two tables: what means the same at every host, and what only the host's own links mean (``t``
is a time at one and a person at another). Pure; a name is looked at without its value.
"""

from __future__ import annotations

import re

_ANYWHERE = re.compile(
    r"(?:utm_|mtm_|matomo_|piwik_|pk_(?:campaign|kwd|source|medium|content|cid|vid)|mc_(?:cid|eid)|_hs(?:enc|mi)|hsctatracking|hsa_"
    r"|vero_|fb(?:clid|_)|gclid|gclsrc|gbraid|wbraid|gad_|dclid|msclkid|yclid|twclid|ttclid|li_fat_id|epik\Z|srsltid|irclickid"
    r"|igshid|igsh|mkt_tok|oly_(?:anon|enc)_id|__s\Z|trk_|s_cid|s_kwcid|elq|ml_subscriber|ck_subscriber|_g[al]\Z|_ga_|share_id\Z"
    r"|tracking_?id\Z|ref_src\Z|recipient|subscriber|email\Z|e?mail_?(?:id|address)|wickedid|rb_clickid|_ke\Z|_kx\Z|bsft_"
    r"|sc_(?:cid|lid|uid)|sender_(?:device|web_id)|guce_referrer|spm\Z|xtor\Z|nr_email_referer)",
    re.IGNORECASE,
)
# Host, and the parameters of its links that a person who shares one did not choose.
_AT: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = tuple(
    (re.compile(rf"(?:.*\.)?(?:{host})\Z"), re.compile(rf"(?:{names})\Z", re.IGNORECASE))
    for host, names in (
        (r"youtube\.com|youtu\.be|youtube-nocookie\.com", "si|pp|feature"),
        (r"spotify\.com", "si|sp_cid|context|nd|_branch_.*|product_access_token"),
        (r"google\.[a-z.]{2,6}",
         "ouid|authuser|rtpof|sd|usg|ust|ved|ei|sei|sxsrf|rlz|gs_.*|sca_.*|sclient|oq|aqs|sourceid|client|usp|g_ep|entry"),
        (r"facebook\.com|fb\.watch|fb\.me|messenger\.com",
         r"mibextid|rdid|share_url|sfnsn|refid|_rdr|paipv|eav|hash|notif_.*|ref|__tn__|__cft__.*|__xts__.*"),
        (r"tiktok\.com", "_[rdt]|u_code|user_id|sec_u.*|share_.*|is_from_.*|web_id|tt_.*|source|timestamp|checksum"),
        (r"reddit\.com", "share_.*|rdt|ref|ref_source"),
        (r"linkedin\.com", "lipi|trk|trkemail|rcm|mid.*|eid|otptoken|origin|lici"),
        (r"x\.com|twitter\.com", "t|s|cxt|ref_.*|cn|refsrc"),
        (r"amazon\.[a-z.]{2,6}",
         "ref_?|pd_rd_.*|pf_rd_.*|qid|sr|crid|sprefix|dib|dib_tag|linkcode|tag|smid|content-id|_encoding|camp|creative"),
        (r"ebay\.[a-z.]{2,6}", "mk.*|amdata|_trk.*|campid|toolid|hash|var_.*|ssuid|sssrc|ssspo"),
        (r"bing\.com", "cvid|form|sk|ghc|pq|sc|qs|sp|refig"),
    )
)  # fmt: skip


def is_tracking(host: str, name: str) -> bool:
    """Tell whether a parameter (decoded, any case) of a link to ``host`` (lower case) follows people."""
    if _ANYWHERE.match(name):
        return True
    return any(names.match(name) for at, names in _AT if at.match(host))
