import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from services.notifier.domain.signature import new_secret, signed_headers

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = datetime.fromtimestamp(1_614_265_330, UTC)
BODY = b'{"test": 2432232314}'


def test_the_published_vector_of_standard_webhooks_is_met() -> None:
    assert signed_headers(MESSAGE, AT, BODY, [SECRET]) == {
        "webhook-id": MESSAGE,
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@given(hours=st.integers(-12, 14))
def test_a_moment_signs_alike_whatever_zone_it_is_told_in(hours: int) -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=hours)))

    assert signed_headers(MESSAGE, elsewhere, BODY, [SECRET]) == signed_headers(MESSAGE, AT, BODY, [SECRET])


def test_while_a_secret_rotates_a_receiver_with_either_one_can_check() -> None:
    old, new = new_secret(), new_secret()
    body = json.dumps({"subject": "投诉"}, ensure_ascii=False).encode()

    headers = signed_headers(MESSAGE, datetime.now(UTC), body, [new, old])

    assert Webhook(new).verify(body, headers) == Webhook(old).verify(body, headers) == {"subject": "投诉"}
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(body, headers)


def test_a_body_that_was_changed_does_not_verify() -> None:
    secret = new_secret()
    headers = signed_headers(MESSAGE, datetime.now(UTC), BODY, [secret])

    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY.replace(b"4", b"5"), headers)
