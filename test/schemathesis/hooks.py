"""Hooks of scripts/test-schemathesis."""

import itertools

import schemathesis

# That of Bun for a request with more than 16 KiB before its body, which never reaches Licet.
TOO_LONG = 431

numbers = itertools.count(1)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Gives each request a client of its own, which the limit on guesses does not know."""
    number = next(numbers)
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    case.headers = {**(case.headers or {}), "X-Forwarded-For": address}


@schemathesis.hook
def filter_failure(context, failure, case, response):
    return response.status_code != TOO_LONG
