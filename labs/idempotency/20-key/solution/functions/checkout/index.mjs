import { SQSClient, SendMessageCommand } from "@aws-sdk/client-sqs";

const sqs = new SQSClient({});
const QueueUrl = "https://sqs.us-east-1.amazonaws.com/123456789012/charges.fifo";

// Each message in the queue charges the customer's card.
export const handler = async (order) => {
  const charge = { order: order.id, amount: order.amount };
  await sqs.send(new SendMessageCommand({
    QueueUrl,
    MessageBody: JSON.stringify(charge),
    MessageGroupId: "cards",
    MessageDeduplicationId: order.id,
  }));
  console.log(`order ${order.id} charged`);
  return charge;
};
