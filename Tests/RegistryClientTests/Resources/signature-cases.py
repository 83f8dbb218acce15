#!/usr/bin/env python3
"""Writes ../SignatureCases.swift: requests as botocore, AWS's own library, signs them.

The first cases are those of AWS's published test suite (docs.aws.amazon.com, "Signature Version 4 test suite"), whose
signatures are checked here against the published ones.
"""
import datetime, json, pathlib
import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

PUBLISHED = {
    "get-vanilla": "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    "get-vanilla-query-order-key-case": "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    "post-vanilla": "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    "post-x-www-form-urlencoded": "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
}
SUITE = dict(key="AKIDEXAMPLE", secret="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", region="us-east-1",
             service="service", time="2015-08-30T12:36:00Z", host="example.amazonaws.com")
FORM = [["Content-Type", "application/x-www-form-urlencoded"]]


def ecr(action, body, region="eu-central-1", **other):
    return dict(SUITE, service="ecr", region=region, host=f"api.ecr.{region}.amazonaws.com", method="POST", body=body,
                time="2026-01-31T00:00:09Z", headers=[
                    ["Content-Type", "application/x-amz-json-1.1"],
                    ["X-Amz-Target", "AmazonEC2ContainerRegistry_V20150921." + action]], **other)


CASES = [
    ("get-vanilla", dict(SUITE)),
    ("get-vanilla-query", dict(SUITE, target="/?Param1=value1")),
    ("get-vanilla-query-order-key-case", dict(SUITE, target="/?Param2=value2&Param1=value1")),
    ("get-vanilla-query-order-value", dict(SUITE, target="/?Param1=value2&Param1=value1")),
    ("get-vanilla-empty-query-key", dict(SUITE, target="/?Param1")),
    ("get-unreserved", dict(SUITE, target="/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")),
    ("get-space", dict(SUITE, target="/example%20space/")),
    ("get-header-value-trim", dict(SUITE, headers=[["My-Header1", " value1"], ["My-Header2", ' "a   b   c"']])),
    ("post-vanilla", dict(SUITE, method="POST")),
    ("post-x-www-form-urlencoded", dict(SUITE, method="POST", headers=FORM, body="Param1=value1")),
    ("post-sts-token", dict(SUITE, method="POST", token="AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==")),
    ("ecr-authorization", ecr("GetAuthorizationToken", "{}")),
    ("ecr-authorization-token", ecr("GetAuthorizationToken", "{}", token="FwoGZXIvYXdzEJr//////////wEaDEXAMPLE+/==")),
    ("ecr-describe", ecr("DescribeImages", '{"filter":{"tagStatus":"TAGGED"},"maxResults":1000,"nextToken":"äö/+=","repositoryName":"team/app"}', region="us-gov-west-1")),
    ("ecr-port", dict(ecr("GetAuthorizationToken", "{}"), host="127.0.0.1:5000")),
    ("sts", dict(SUITE, service="sts", host="sts.amazonaws.com", target="/?Action=GetCallerIdentity&Version=2011-06-15")),
]


class Frozen(datetime.datetime):
    moment = None

    @classmethod
    def utcnow(cls):
        return cls.moment


def signed(case):
    request = AWSRequest(method=case["method"], url="https://" + case["host"] + case["target"], data=case["body"].encode(),
                         headers=dict(case["headers"]))
    moment = datetime.datetime.strptime(case["time"], "%Y-%m-%dT%H:%M:%SZ")
    botocore.auth.get_current_datetime = lambda *_, **__: moment
    signer = botocore.auth.SigV4Auth(Credentials(case["key"], case["secret"], case["token"] or None),
                                     case["service"], case["region"])
    signer.add_auth(request)
    assert request.headers["X-Amz-Date"] == moment.strftime("%Y%m%dT%H%M%SZ"), request.headers["X-Amz-Date"]
    return request.headers["Authorization"]


rows = []
for name, case in CASES:
    case = dict(dict(method="GET", target="/", headers=[], body="", token=""), **case)
    case["name"], case["authorization"] = name, signed(case)
    if name in PUBLISHED:
        assert case["authorization"].endswith(PUBLISHED[name]), (name, case["authorization"])
    rows.append("    " + json.dumps(case, sort_keys=True, ensure_ascii=False))
text = "// Made by Resources/signature-cases.py with botocore.\n// swift-format-ignore-file\n\n"
text += 'let signatureCases = #"""\n    [\n' + ",\n".join(rows) + '\n    ]\n    """#\n'
(pathlib.Path(__file__).parent.parent / "SignatureCases.swift").write_text(text)
