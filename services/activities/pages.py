"""The pages a customer sees without a login: how satisfied he was, and that his complaint was taken.

Plain HTML and one style, nothing to load, no script; every text in English and Chinese. What comes
from outside is escaped here and nowhere else.
"""

import base64
import hashlib
import html
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

Language = Literal["en", "zh"]

_WORDS: Final[Mapping[Language, Mapping[str, str]]] = MappingProxyType(
    {
        "en": {
            "lang": "en",
            "other": "zh",
            "other-name": "中文",
            "about-complaint": "How did we handle your complaint?",
            "about-visit": "How was our visit?",
            "lead": "It takes a moment, and it goes to the people who can do better.",
            "legend": "Your mark",
            "score-1": "Very bad",
            "score-2": "Bad",
            "score-3": "Fair",
            "score-4": "Good",
            "score-5": "Very good",
            "comment": "Anything you would like to tell us?",
            "optional": "optional",
            "send": "Send",
            "wrong-score": "Please choose a mark from 1 to 5.",
            "wrong-comment": "Please shorten your words to 2,000 characters.",
            "thanks": "Thank you!",
            "thanks-more": "We have your answer. You can close this page now.",
            "before": "You have answered already",
            "before-more": "Your first answer stands. Thank you!",
            "expired": "This link has expired",
            "expired-more": "Ask the person who sent it for a new one.",
            "nowhere": "This link leads nowhere",
            "nowhere-more": "Check that the whole address was copied, or use the newest message we sent you.",
            "taken": "We have your complaint",
            "taken-more": "Keep this number to ask about it:",
        },
        "zh": {
            "lang": "zh-CN",
            "other": "en",
            "other-name": "English",
            "about-complaint": "您对投诉的处理满意吗？",
            "about-visit": "您对我们的拜访满意吗？",
            "lead": "只需片刻，您的评价会交给能够改进的人。",
            "legend": "您的评分",
            "score-1": "很不满意",
            "score-2": "不满意",
            "score-3": "一般",
            "score-4": "满意",
            "score-5": "很满意",
            "comment": "还有什么想告诉我们？",
            "optional": "选填",
            "send": "提交",
            "wrong-score": "请选择 1 到 5 分。",
            "wrong-comment": "请将内容缩短到 2000 字以内。",
            "thanks": "谢谢您！",
            "thanks-more": "我们已收到您的评价，现在可以关闭本页。",
            "before": "您已经评价过了",
            "before-more": "以您的第一次评价为准，谢谢！",
            "expired": "链接已过期",
            "expired-more": "请向发送链接的人索取新的链接。",
            "nowhere": "链接无效",
            "nowhere-more": "请检查是否复制了完整的地址，或使用我们最近发给您的消息。",
            "taken": "我们已收到您的投诉",
            "taken-more": "请保留此编号以便查询：",
        },
    }
)

_STYLE: Final = """
:root{--ground:#f5f5f2;--surface:#fff;--line:#c9c9c2;--ink:#1a1d21;--ink-2:#4c525a;--accent:#1d5fa6;--on:#fff;
--soft:#d6e4f3;--bad:#b1360a;--bad-soft:#fce6da;color-scheme:light dark}
@media(prefers-color-scheme:dark){:root{--ground:#0f1215;--surface:#171b1f;--line:#414952;--ink:#eceef0;--ink-2:#b4bac2;
--accent:#7db4ec;--on:#0f1215;--soft:#1d3550;--bad:#ff9a6b;--bad-soft:#3a2117}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1rem;background:var(--ground);color:var(--ink);
font:1rem/1.5 system-ui,-apple-system,"Segoe UI","PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
main{width:100%;max-width:34rem;background:var(--surface);border:1px solid var(--line);border-radius:1rem;
padding:clamp(1.25rem,5vw,2.25rem)}
h1{font-size:clamp(1.35rem,5vw,1.65rem);line-height:1.25;margin:0 0 .5rem;text-wrap:balance}
p{margin:0 0 1.25rem;color:var(--ink-2)}
p:last-child{margin:0}
fieldset{border:0;margin:0 0 1.5rem;padding:0}
legend,label.words{font-weight:600;padding:0;margin:0 0 .6rem;display:block}
.marks{display:grid;grid-template-columns:repeat(5,1fr);gap:.5rem}
.mark{position:relative}
.mark input{position:absolute;inset:0;width:100%;height:100%;margin:0;opacity:0;cursor:pointer}
.mark span{display:flex;flex-direction:column;align-items:center;justify-content:flex-start;gap:.15rem;height:100%;
min-height:4.75rem;padding:.6rem .25rem;border:1.5px solid var(--line);border-radius:.75rem;text-align:center;
font-size:.8125rem;line-height:1.25;color:var(--ink-2)}
.mark b{font-size:1.375rem;line-height:1.3;color:var(--ink)}
.mark input:hover+span{border-color:var(--accent)}
.mark input:checked+span{border-color:var(--accent);background:var(--soft);color:var(--ink);
box-shadow:inset 0 0 0 1px var(--accent)}
.mark input:focus-visible+span{outline:3px solid var(--accent);outline-offset:2px}
textarea{width:100%;min-height:6.5rem;padding:.7rem .8rem;border:1.5px solid var(--line);border-radius:.75rem;
background:transparent;color:inherit;font:inherit;resize:vertical;margin-bottom:1.5rem}
textarea:focus-visible,button:focus-visible,a:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
small{font-weight:400;color:var(--ink-2);font-size:.8125rem}
button{width:100%;min-height:3rem;border:0;border-radius:.75rem;background:var(--accent);color:var(--on);
font:inherit;font-weight:600;cursor:pointer}
button:hover{filter:brightness(1.08)}
.wrong{margin:0 0 1.25rem;padding:.7rem .9rem;border-radius:.75rem;background:var(--bad-soft);color:var(--bad);
font-weight:600}
nav{margin-top:1.25rem;text-align:center;font-size:.875rem}
a{color:var(--accent)}
output{display:block;font-weight:600;overflow-wrap:anywhere;color:var(--ink)}
@media(max-width:26rem){.marks{grid-template-columns:1fr}.mark span{flex-direction:row;align-items:center;gap:.9rem;
min-height:3rem;padding:.4rem 1rem;font-size:1rem;text-align:left}.mark b{min-width:1ch}}
""".strip()

_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        # Nothing is loaded from anywhere; the one style is known by its hash.
        "content-security-policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'",
        "cache-control": "no-store",
        # The address holds the token: it is told to nobody, nor found by a search engine.
        "referrer-policy": "same-origin",
        "x-robots-tag": "noindex, nofollow",
        "vary": "accept-language",
    }
)


def language_of(accepted: str) -> Language:
    """The language to speak, by an Accept-Language header (RFC 9110, section 12.5.4) or a single tag.

    English unless Chinese is asked for more than English.
    """
    weights = {"en": 0.0, "zh": 0.0}
    for place, part in enumerate(accepted.split(",")):
        tag, _, parameters = part.partition(";")
        known = tag.strip().lower().partition("-")[0]
        if known in weights:
            # The one named first wins among equals.
            weights[known] = max(weights[known], _weight(parameters) - place / 1_000_000)
    return "zh" if weights["zh"] > weights["en"] else "en"


def question(
    language: Language, *, about_visit: bool, wrong: str | None = None, score: str = "", comment: str = ""
) -> str:
    """The page that asks for a mark.

    Args:
        language: to speak.
        about_visit: whether it is about a visit; else it is about a complaint.
        wrong: what to mend, `score` or `comment`.
        score: the mark chosen before.
        comment: the words written before.
    """
    words = _WORDS[language]
    title = words["about-visit" if about_visit else "about-complaint"]
    error = f'<p class="wrong" role="alert" id="wrong">{words[f"wrong-{wrong}"]}</p>' if wrong else ""
    described = ' aria-describedby="wrong" aria-invalid="true"' if wrong == "score" else ""
    marks = "".join(
        f'<label class="mark"><input type="radio" name="score" value="{mark}" required'
        f"{' checked' if score == mark else ''}><span><b>{mark}</b> {words[f'score-{mark}']}</span></label>"
        for mark in "12345"
    )
    return _page(
        language,
        title,
        f'{error}<p>{words["lead"]}</p><form method="post" action="?lang={language}">'
        f'<fieldset{described}><legend>{words["legend"]}</legend><div class="marks">{marks}</div></fieldset>'
        f'<label class="words" for="comment">{words["comment"]} <small>({words["optional"]})</small></label>'
        f'<textarea id="comment" name="comment" maxlength="2000">{html.escape(comment)}</textarea>'
        f'<button type="submit">{words["send"]}</button></form>',
    )


def thanks(language: Language) -> str:
    """The page after the answer."""
    return _said(language, "thanks")


def answered_before(language: Language) -> str:
    """The page for a second answer."""
    return _said(language, "before")


def expired(language: Language) -> str:
    """The page of a link that works no more."""
    return _said(language, "expired")


def no_such_link(language: Language) -> str:
    """The page of a link that leads nowhere."""
    return _said(language, "nowhere")


def complaint_taken(language: Language, complaint_id: str) -> str:
    """The page after a complaint was sent by a web form."""
    words = _WORDS[language]
    number = f"<output>{html.escape(complaint_id)}</output>"
    return _page(language, words["taken"], f"<p>{words['taken-more']} {number}</p>", switch=False)


def _said(language: Language, what: str) -> str:
    words = _WORDS[language]
    return _page(language, words[what], f"<p>{words[f'{what}-more']}</p>")


def _page(language: Language, title: str, inner: str, *, switch: bool = True) -> str:
    words = _WORDS[language]
    other = words["other"]
    link = f'<nav><a href="?lang={other}" hreflang="{other}" lang="{other}">{words["other-name"]}</a></nav>'
    return (
        f'<!doctype html><html lang="{words["lang"]}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{title}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{title}</h1>{inner}{link if switch else ''}</main></body></html>"
    )


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0
