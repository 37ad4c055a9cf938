//! Policies that AWS manages, as far as functions' roles use them.
//!
//! Source: "AWS managed policies for AWS Lambda" and the pages of the AWS Managed Policy Reference Guide.

const LOGS: &str = r#""logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents""#;

/// Name in the ARN behind `policy/`, and the actions that are allowed on everything. `LOGS` stands for those of logs.
const POLICIES: [(&str, &str); 9] = [
    ("service-role/AWSLambdaBasicExecutionRole", "LOGS"),
    (
        "service-role/AWSLambdaSQSQueueExecutionRole",
        r#""sqs:ReceiveMessage","sqs:DeleteMessage","sqs:GetQueueAttributes",LOGS"#,
    ),
    ("service-role/AWSLambdaRole", r#""lambda:InvokeFunction""#),
    (
        "service-role/AWSLambdaDynamoDBExecutionRole",
        r#""dynamodb:DescribeStream","dynamodb:GetRecords","dynamodb:GetShardIterator","dynamodb:ListStreams",LOGS"#,
    ),
    (
        "service-role/AWSLambdaKinesisExecutionRole",
        r#""kinesis:DescribeStream","kinesis:DescribeStreamSummary","kinesis:GetRecords","kinesis:GetShardIterator","kinesis:ListShards","kinesis:ListStreams","kinesis:SubscribeToShard",LOGS"#,
    ),
    (
        "service-role/AWSLambdaVPCAccessExecutionRole",
        r#"LOGS,"ec2:CreateNetworkInterface","ec2:DescribeNetworkInterfaces","ec2:DescribeSubnets","ec2:DeleteNetworkInterface","ec2:AssignPrivateIpAddresses","ec2:UnassignPrivateIpAddresses""#,
    ),
    (
        "AWSXRayDaemonWriteAccess",
        r#""xray:PutTraceSegments","xray:PutTelemetryRecords","xray:GetSamplingRules","xray:GetSamplingTargets","xray:GetSamplingStatisticSummaries""#,
    ),
    ("AWSLambda_FullAccess", ""),
    ("AdministratorAccess", r#""*""#),
];

/// The one that is more than a list of actions.
const LAMBDA_FULL_ACCESS: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["cloudformation:DescribeStacks","cloudformation:ListStackResources","cloudwatch:ListMetrics","cloudwatch:GetMetricData","ec2:DescribeSecurityGroups","ec2:DescribeSubnets","ec2:DescribeVpcs","kms:ListAliases","iam:GetPolicy","iam:GetPolicyVersion","iam:GetRole","iam:GetRolePolicy","iam:ListAttachedRolePolicies","iam:ListRolePolicies","iam:ListRoles","lambda:*","logs:DescribeLogGroups","states:DescribeStateMachine","states:ListStateMachines","tag:GetResources","xray:GetTraceSummaries","xray:BatchGetTraces"],"Resource":"*"},{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}},{"Effect":"Allow","Action":["logs:DescribeLogStreams","logs:GetLogEvents","logs:FilterLogEvents"],"Resource":"arn:aws:logs:*:*:log-group:/aws/lambda/*"}]}"#;

/// The document of a managed policy, by its ARN.
pub(super) fn document(arn: &str) -> Option<String> {
    let name = arn.strip_prefix("arn:aws:iam::aws:policy/")?;
    let (_, actions) = POLICIES.iter().find(|(known, _)| *known == name)?;
    if actions.is_empty() {
        return Some(LAMBDA_FULL_ACCESS.to_owned());
    }
    let actions = actions.replace("LOGS", LOGS);
    Some(format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":[{actions}],"Resource":"*"}}]}}"#
    ))
}

/// The ARNs of all that are here.
pub(super) fn arns() -> impl Iterator<Item = String> {
    POLICIES.iter().map(|(name, _)| format!("arn:aws:iam::aws:policy/{name}"))
}
