"""A secret does not show itself."""

import json

import pytest
from pydantic import BaseModel, ValidationError

from components.secret import Secret


class Model(BaseModel):
    """A model with a secret."""

    secret: Secret


def test_it_prints_as_stars_however_it_is_printed() -> None:
    secret = Secret("hunter2")
    assert [str(secret), repr(secret), f"{secret}", f"{secret!r:>5}", f"{[secret]}"] == [
        "***",
        "***",
        "***",
        "  ***",
        "[***]",
    ]
    model = Model(secret=secret)
    assert "hunter2" not in repr(model) + str(model.model_dump(mode="json")) + model.model_dump_json()
    assert json.loads(model.model_dump_json()) == {"secret": "***"}


def test_equal_secrets_are_equal_and_hash_alike() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2


def test_a_model_takes_a_string_or_a_secret_and_an_error_does_not_show_what_was_given() -> None:
    assert Model.model_validate({"secret": "a"}).secret == Model(secret=Secret("a")).secret
    with pytest.raises(ValidationError) as caught:
        Model.model_validate({"secret": 12345})
    assert str(caught.value.errors()[0]["msg"]) == "Value error, should be a string"
