"""Words by which a reader finds the way out of a mailing, or to a copy of the message on the web, in many languages."""

from __future__ import annotations

from mailtemplates.pattern import pattern

_OUT = pattern(
    r"(?i)unsub|opt[\s_-]?out|\bstop receiving|\bno longer (?:wish|want)|\bremove me\b|manage (?:your )?(?:\w+ )?"
    r"(?:preferences|subscriptions?|notifications?)|(?:e-?mail|notification|subscription|communication|mailing|newsletter)[\s_-]?"
    r"(?:preferences|settings|options)|preference[\s_-]?cent|turn off (?:these|this|e-?mail|notif)|mute this|"
    r"leave (?:the|this) (?:list|mailing)|(?:update|change|edit|adjust) (?:your )?(?:e-?mail )?preferences|"
    r"subscriptions?/(?:manage|cancel|delete)|"
    r"abmeld|austrag|abbestell|abbestel|d[ée]sabonn|d[ée]sinscri|se désinscrire|ne plus recevoir|suscripci[óo]n|"
    r"darse? de baja|\bbaja\b|desuscri|cancelar (?:la |a |su |sua )?(?:su|in)scri|desinscrev|descadastr|"
    r"deixar de receber|dejar de recibir|remover (?:meu )?e-?mail|disiscri|disdici|annulla (?:l['’])?iscrizione|"
    r"cancella(?:ti|re|zione)|non ricevere|uitschrijv|afmeld|avmeld|avregistrer|avprenumerera|avbest|frameld|"
    r"peruuta (?:tilaus|uutis)|lopeta tilaus|peru (?:uutis)?kirje|peru tilaus|wypis|zrezygn|rezygnuj|anuluj subs|"
    r"odhl[áa][sš]|odjav|leiratkoz|dezabon|отпис|отказ(?:аться)? от|відпис|отпиш|απεγγρ|διαγραφή|abonelikten|"
    r"aboneli[ğg]|listeden çık|הסר|ביטול (?:ה)?(?:הרשמה|מנוי)|إلغاء الاشتراك|الغاء الاشتراك|لغو اشتراک|"
    r"सदस्यता (?:समाप्त|रद्द)|ยกเลิกการ|hủy đăng k|huỷ đăng k|berhenti berlangganan|berhenti melanggan|"
    r"退订|退訂|取消订阅|取消訂閱|配信停止|登録解除|購読解除|メール停止|解除|수신\s?거부|구독\s?(?:취소|해지)|수신\s?설정"
)
_URL = pattern(
    r"(?i)unsub|opt-?out|opt_out|abmeld|austrag|desabon|desinscri|desuscri|\bbaja\b|disiscri|uitschrijv|afmeld|avmeld|"
    r"odhlas|wypis|dezabon|email[-_]?preferences|preference|subscription|remove[-_]?me|manage[-_]?email|notification|\*\|UNSUB"
)
_WEB = pattern(
    r"(?i)browser|web[\s-]?version|web[\s-]?ansicht|on(?:line| the web)|en ligne|navegador|in linea|webbläsare|"
    r"nettleser|selain|přohlížeč|przeglądar|браузер|ブラウザ|浏览器|瀏覽器|브라우저|onlineversion|böngész|tarayıcı|navigateur"
)


def says_way_out(words: str) -> bool:
    """Whether words tell of a way out of a mailing, or of settings that have one."""
    return _OUT.search(words) is not None


def leads_out(url: str) -> bool:
    """Whether a URL says that it is a way out."""
    return _URL.search(url) is not None


def says_web_copy(words: str) -> bool:
    """Whether a link's words tell of a copy of the message on the web."""
    return len(words) < 120 and _WEB.search(words) is not None
