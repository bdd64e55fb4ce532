"""Mail addresses in one form, and the firm's own domain, unless anybody can have an address there; pure."""

import unicodedata
from typing import Final

OPEN_DOMAINS: Final = frozenset((
    "qq.com", "vip.qq.com", "foxmail.com", "163.com", "vip.163.com", "126.com", "yeah.net", "188.com", "263.net",
    "sina.com", "sina.cn", "vip.sina.com", "sohu.com", "139.com", "189.cn", "wo.cn", "21cn.com", "aliyun.com",
    "tom.com", "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "live.cn", "msn.com",
    "yahoo.com", "yahoo.cn", "yahoo.com.cn", "yahoo.co.jp", "icloud.com", "me.com", "mac.com", "aol.com",
    "gmx.com", "gmx.de", "gmx.net", "web.de", "t-online.de", "mail.com", "mail.ru", "yandex.ru", "yandex.com",
    "proton.me", "protonmail.com", "zoho.com", "naver.com", "hanmail.net", "daum.net",
))  # fmt: skip
"""Where anybody may have a mailbox: such a domain says nothing of a firm."""


def plain_mail(mail: str) -> str | None:
    """A mail address in small letters, without the tag behind a plus; None when it is none."""
    local, _, domain = unicodedata.normalize("NFKC", mail).strip().casefold().rpartition("@")
    local, domain = local.partition("+")[0], domain.rstrip(".")
    return f"{local}@{domain}" if local and "." in domain.strip(".") else None


def mail_domain(mail: str) -> str | None:
    """The domain of a firm's own mail address, without a leading `www.` or `mail.`; None for a public provider's."""
    known = plain_mail(mail)
    domain = known.rpartition("@")[2] if known else None
    return None if domain is None or domain in OPEN_DOMAINS else domain.removeprefix("www.").removeprefix("mail.")
