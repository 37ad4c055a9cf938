import { SQSClient, ReceiveMessageCommand, DeleteMessageCommand } from "@aws-sdk/client-sqs";
import { SFNClient, SendTaskSuccessCommand, SendTaskFailureCommand } from "@aws-sdk/client-sfn";

const sqs = new SQSClient({});
const sfn = new SFNClient({});
const QueueUrl = "https://sqs.us-east-1.amazonaws.com/123456789012/approvals";

// The boss reads one message and decides. The token in it names the task that waits.
export const handler = async ({ decision }) => {
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 }));
  if (Messages.length === 0) return "Nobody asks me anything.";
  const { token, expense } = JSON.parse(Messages[0].Body);
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: Messages[0].ReceiptHandle }));
  if (!token) return `There is no token in the message: nobody waits for what I say about ${expense.amount}.`;
  if (decision === "approve") {
    await sfn.send(new SendTaskSuccessCommand({ taskToken: token, output: JSON.stringify({ by: "boss" }) }));
    return `${expense.amount} approved.`;
  }
  await sfn.send(new SendTaskFailureCommand({ taskToken: token, error: "Rejected", cause: "Too expensive." }));
  return `${expense.amount} rejected.`;
};
