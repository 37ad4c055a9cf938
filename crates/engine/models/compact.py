#!/usr/bin/env python3
"""Makes the compact service models beside this file from the public API models.

usage: compact.py FOLDER, where FOLDER holds lambda/2015-03-31/service-2.json.gz, logs/2014-03-28/service-2.json.gz
and so on, as in the `botocore/data` of the PyPI package botocore 1.44.5.

Only facts are kept: names, types, ranges, patterns, enumerations, HTTP bindings, error statuses.
The format is described at the top of src/model.rs.
"""
import gzip
import json
import os
import sys

SERVICES = [
    ("lambda", "2015-03-31", None),
    ("logs", "2014-03-28", ["CreateLogGroup", "DescribeLogGroups", "DeleteLogGroup", "CreateLogStream", "DescribeLogStreams", "DeleteLogStream",
                            "PutLogEvents", "GetLogEvents", "FilterLogEvents", "PutRetentionPolicy", "DeleteRetentionPolicy", "TagLogGroup",
                            "UntagLogGroup", "ListTagsLogGroup", "TagResource", "UntagResource", "ListTagsForResource", "PutMetricFilter",
                            "DescribeMetricFilters", "DeleteMetricFilter", "TestMetricFilter", "PutSubscriptionFilter",
                            "DescribeSubscriptionFilters", "DeleteSubscriptionFilter", "PutDestination", "PutDestinationPolicy",
                            "DescribeDestinations", "DeleteDestination", "PutResourcePolicy", "DescribeResourcePolicies", "DeleteResourcePolicy",
                            "CreateExportTask", "DescribeExportTasks", "CancelExportTask", "StartQuery", "StopQuery", "GetQueryResults",
                            "DescribeQueries", "GetLogRecord", "PutQueryDefinition", "DescribeQueryDefinitions", "DeleteQueryDefinition",
                            "GetLogGroupFields", "PutDeliverySource", "GetDeliverySource", "DescribeDeliverySources", "DeleteDeliverySource",
                            "PutDeliveryDestination", "GetDeliveryDestination", "DescribeDeliveryDestinations", "DeleteDeliveryDestination",
                            "PutDeliveryDestinationPolicy", "GetDeliveryDestinationPolicy", "DeleteDeliveryDestinationPolicy", "CreateDelivery",
                            "GetDelivery", "DescribeDeliveries", "UpdateDeliveryConfiguration", "DeleteDelivery"]),
    ("stepfunctions", "2016-11-23", None),
    ("sqs", "2012-11-05", None),
    ("cloudwatch", "2010-08-01", ["PutMetricData", "GetMetricData", "GetMetricStatistics", "ListMetrics"]),
    ("sns", "2010-03-31", ["AddPermission", "ConfirmSubscription", "CreateTopic", "DeleteTopic", "GetSubscriptionAttributes",
                           "GetTopicAttributes", "ListSubscriptions", "ListSubscriptionsByTopic", "ListTagsForResource", "ListTopics",
                           "Publish", "PublishBatch", "RemovePermission", "SetSubscriptionAttributes", "SetTopicAttributes",
                           "Subscribe", "TagResource", "Unsubscribe", "UntagResource"]),
    ("events", "2015-10-07", ["CancelReplay", "CreateArchive", "CreateConnection", "CreateEventBus", "DeleteArchive", "DeleteEventBus",
                              "DeleteRule", "DescribeArchive", "DescribeEventBus", "DescribeReplay", "DescribeRule", "DisableRule",
                              "EnableRule", "ListArchives", "ListEventBuses", "ListReplays", "ListRuleNamesByTarget", "ListRules",
                              "ListTagsForResource", "ListTargetsByRule", "PutEvents", "PutPermission", "PutRule", "PutTargets",
                              "RemovePermission", "RemoveTargets", "StartReplay", "TagResource", "TestEventPattern", "UntagResource",
                              "UpdateArchive", "UpdateEventBus"]),
    ("scheduler", "2021-06-30", None),
]

# Services that check requests themselves, in words of their own: of their models only names and types count.
OWN_WORDS = ["sns"]

# Services that judge the values of their enumerations themselves, in words of their own.
OWN_ENUMERATIONS = ["sqs"]

# What state machines call of Logs.
LOGS_RESULTS = ["CreateLogGroup", "DescribeLogGroups", "DeleteLogGroup", "CreateLogStream", "DescribeLogStreams", "PutLogEvents", "GetLogEvents",
                "FilterLogEvents"]

# What operations answer, for results.json: by the name that `arn:aws:states:::aws-sdk:` has for the service.
RESULTS = [
    ("sfn", "stepfunctions", "2016-11-23", None),
    ("lambda", "lambda", "2015-03-31", ["Invoke", "GetFunction", "GetFunctionConfiguration", "CreateFunction", "UpdateFunctionCode",
                                        "UpdateFunctionConfiguration", "ListFunctions", "PublishVersion", "ListVersionsByFunction",
                                        "CreateAlias", "GetAlias", "UpdateAlias", "ListAliases", "PutFunctionConcurrency",
                                        "GetFunctionConcurrency", "GetAccountSettings", "AddPermission", "GetPolicy", "ListTags"]),
    ("cloudwatchlogs", "logs", "2014-03-28", LOGS_RESULTS),
    ("sqs", "sqs", "2012-11-05", None),
    ("sns", "sns", "2010-03-31", ["Publish", "PublishBatch", "CreateTopic", "Subscribe", "ListTopics"]),
    ("eventbridge", "events", "2015-10-07", ["PutEvents", "PutRule", "PutTargets", "DescribeRule", "ListRules"]),
    ("dynamodb", "dynamodb", "2012-08-10", ["GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan", "BatchGetItem",
                                            "BatchWriteItem", "TransactGetItems", "TransactWriteItems", "ListTables"]),
    ("s3", "s3", "2006-03-01", ["GetObject", "PutObject", "HeadObject", "CopyObject", "DeleteObject", "ListObjectsV2", "ListBuckets",
                                "CreateBucket"]),
    ("kms", "kms", "2014-11-01", ["Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "GenerateRandom", "Sign", "Verify",
                                  "GenerateMac", "VerifyMac", "DescribeKey", "CreateKey"]),
    ("ssm", "ssm", "2014-11-06", ["GetParameter", "GetParameters", "GetParametersByPath", "PutParameter", "DeleteParameter"]),
    ("secretsmanager", "secretsmanager", "2017-10-17", ["GetSecretValue", "CreateSecret", "PutSecretValue", "DescribeSecret",
                                                        "DeleteSecret", "GetRandomPassword"]),
]

# Patterns that look around, which regex-lite cannot: the same set of strings as one that must match and one that must not.
LOOKAROUND = {
    "Alias": ("[a-zA-Z0-9-_]+", "[0-9]+"),
    "CollectionName": ("[_a-zA-Z0-9][^$]*", "system\\x2e[^$]*"),
    "FunctionUrlFunctionName": (None, None),
    "FunctionUrlQualifier": ("[0-9a-zA-Z-_]+", "\\d+"),
    "S3Bucket": ("[0-9A-Za-z\\.\\-_]*", ".*\\."),
    "Source": ("[/\\.\\-_A-Za-z0-9].*|(\\$(\\.[\\w_-]+(\\[(\\d+|\\*)\\])*)*)", "aws\\..*"),
    "PathParameter": ("(?s).*", "(?s).*[\\n\\r].*|\\s*"),
    "CharacterRestrictedName": ("[a-zA-Z0-9_\\-\\.]+", "[0-9]+"),
}

# Nor does it know Unicode's classes: every letter, digit or space beyond ASCII is let through.
UNICODE = {"\\p{ASCII}": "[\\x00-\\x7F]", "\\p{L}": "a-zA-Z\\x{80}-\\x{10FFFF}", "\\p{N}": "0-9", "\\p{Z}": " "}

# Servers still print these where the public model has moved on (recorded answers). What either allows is let through.
RECORDED = {
    "LayerVersionArn": "(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+)"
                       "|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)",
    "TaggableResource": "arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:(function:[a-zA-Z0-9-_]+"
                        "(:(\\$LATEST|[a-zA-Z0-9-_]+))?|layer:([a-zA-Z0-9-_]+)|code-signing-config:csc-[a-z0-9]{17}"
                        "|event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
                        "|capacity-provider:[a-zA-Z0-9-_]+)",
}

# Servers check this member before the one that the public model has before it (recorded answers).
RECORDED_FIRST = {"PublishLayerVersionRequest": ("CompatibleRuntimes", "CompatibleArchitectures")}

# Members that servers print and that the public model does not have (recorded answers).
RECORDED_MEMBERS = {"PutEventsRequestEntry": ["KmsKeyIdentifier", "InternalMetadata"]}

# The bounds that answers of mocked tasks are checked with, where the public model has moved on (recorded answers).
RECORDED_MAX = {"MemorySize": 10240}


def lookaround(name, pattern):
    if name == "FunctionUrlFunctionName":
        plain = pattern.replace("(?!\\d+$)", "")
        head = plain[: plain.index("(:(")]
        return plain, head + ":\\d+"
    return LOOKAROUND[name]


def compact(model, wanted, results=False):
    """The requests of a service, or what it answers."""
    shapes, kept = model["shapes"], {}
    own = not results and model["metadata"]["endpointPrefix"] in OWN_ENUMERATIONS
    constraints = ("min", "max", "pattern") + (() if own else ("enum",))
    in_own_words = not results and model["metadata"]["endpointPrefix"] in OWN_WORDS
    if in_own_words:
        constraints = ()

    def simple(shape):
        kind = shape["type"]
        return kind if kind not in ("list", "map", "structure") and not any(
            k in shape for k in constraints) else None

    def keep(name):
        shape = shapes[name]
        if simple(shape):
            return simple(shape)
        if name in kept:
            return name
        out = kept[name] = {"t": shape["type"]}
        for key in ("min", "max", "enum"):
            if key in shape and key in constraints:
                out[key] = shape[key]
        if results and name in RECORDED_MAX:
            out["max"] = RECORDED_MAX[name]
        pattern = shape.get("pattern")
        if pattern and not results and not in_own_words:
            out["pattern"] = pattern
            if any(mark in pattern for mark in ("(?!", "(?=", "(?<")):
                out["is"], out["not"] = lookaround(name, pattern)
            elif name in RECORDED:
                out["pattern"], out["is"] = RECORDED[name], RECORDED[name] + "|" + pattern
            elif "\\p{" in pattern:
                out["is"] = pattern
                for known, plain in UNICODE.items():
                    out["is"] = out["is"].replace(known, plain)
        if shape["type"] == "list":
            out["of"] = keep(shape["member"]["shape"])
        if shape["type"] == "map":
            out["key"], out["of"] = keep(shape["key"]["shape"]), keep(shape["value"]["shape"])
        if shape["type"] == "structure":
            out["members"] = {}
            if shape.get("required") and not in_own_words:
                out["required"] = shape["required"]
            if shape.get("payload"):
                out["payload"] = shape["payload"]
            members = list(shape["members"].items())
            if name in RECORDED_FIRST:
                first, then = (list(shape["members"]).index(member) for member in RECORDED_FIRST[name])
                members[first], members[then] = members[then], members[first]
            for member, ref in members:
                target = keep(ref["shape"])
                place = ref.get("location")
                out["members"][member] = [target, place, ref.get("locationName", member)] if place else target
            for member in RECORDED_MEMBERS.get(name, []) if not results else []:
                out["members"][member] = "string"
        return name

    def output(name):
        """Only what is not in the JSON body: status, headers, the payload."""
        if not name:
            return {}
        shape, out = shapes[name], {}
        for member, ref in shape["members"].items():
            if ref.get("location"):
                out[member] = [ref["location"], ref.get("locationName", member)]
        if shape.get("payload"):
            out[shape["payload"]] = ["payload", shapes[shape["members"][shape["payload"]]["shape"]]["type"]]
        return out

    operations, errors = {}, {}
    for name, op in model["operations"].items():
        if wanted and name not in wanted:
            continue
        if results:
            if op.get("output") and shapes[op["output"]["shape"]]["members"]:
                operations[name] = {"in": keep(op["output"]["shape"])}
            continue
        http = op["http"]
        operations[name] = {"http": [http["method"], http["requestUri"], http.get("responseCode", 200)]}
        if op.get("input"):
            operations[name]["in"] = keep(op["input"]["shape"])
        out = output(op.get("output", {}).get("shape"))
        if out:
            operations[name]["out"] = out
        for error in op.get("errors", []):
            shape = shapes[error["shape"]]
            message = next((m for m in shape["members"] if m.lower() == "message"), None)
            errors[error["shape"]] = [shape.get("error", {}).get("httpStatusCode", 400), message, "Type" in shape["members"]]
    if results:
        return {"operations": operations, "shapes": kept}
    meta = model["metadata"]
    return {"service": meta["endpointPrefix"], "protocol": meta["protocol"], "target": meta.get("targetPrefix"),
            "version": meta.get("jsonVersion"), "operations": operations, "errors": dict(sorted(errors.items())), "shapes": kept}


def load(service, version):
    with gzip.open(os.path.join(sys.argv[1], service, version, "service-2.json.gz")) as file:
        return json.load(file)


def write(name, value):
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".json"), "w") as out:
        out.write(json.dumps(value, separators=(",", ":")) + "\n")


for service, version, wanted in SERVICES:
    made = compact(load(service, version), wanted)
    write(made["service"], made)
write("results", {name: compact(load(service, version), wanted, True) for name, service, version, wanted in RESULTS})
