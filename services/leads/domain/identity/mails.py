"""Mail addresses: the address in one form, and the firm's domain, unless anybody can have an address there."""

import unicodedata
from typing import Final

FREE_MAIL: Final = frozenset(
    {
        *("qq.com", "foxmail.com", "vip.qq.com", "163.com", "vip.163.com", "126.com", "yeah.net", "188.com"),
        *("sina.com", "sina.cn", "vip.sina.com", "sohu.com", "139.com", "189.cn", "wo.cn", "aliyun.com", "tom.com"),
        *("21cn.com", "263.net", "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "live.cn"),
        *("msn.com", "yahoo.com", "yahoo.com.cn", "yahoo.cn", "yahoo.co.jp", "icloud.com", "me.com", "mac.com"),
        *("aol.com", "gmx.com", "gmx.de", "gmx.net", "web.de", "mail.com", "mail.ru", "yandex.ru", "yandex.com"),
        *("proton.me", "protonmail.com", "zoho.com", "naver.com", "hanmail.net", "daum.net"),
    }
)
"""Domains where anybody has an address: a common one says nothing about the firm."""


def normal_mail(mail: str) -> str | None:
    """A mail address in lower case and half width; None when it is none."""
    address = unicodedata.normalize("NFKC", mail).strip().casefold()
    name, at, domain = address.rpartition("@")
    return f"{name}@{domain.rstrip('.')}" if at and name and "." in domain.strip(".") else None


def firm_domain(mail: str) -> str | None:
    """The domain of a mail address, without a leading `www.` or `mail.`; None for free mail and for no address."""
    address = normal_mail(mail)
    if address is None:
        return None
    domain = address.rpartition("@")[2]
    if domain in FREE_MAIL:
        return None
    return domain.removeprefix("www.").removeprefix("mail.")
