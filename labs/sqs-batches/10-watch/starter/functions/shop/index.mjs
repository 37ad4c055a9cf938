import { SQSClient, SendMessageBatchCommand } from "@aws-sdk/client-sqs";

const sqs = new SQSClient({});
const QueueUrl = "https://sqs.us-east-1.amazonaws.com/123456789012/orders";

// Sends five orders at once. The third one is broken.
export const handler = async () => {
  const orders = [1, 2, 3, 4, 5].map((id) => ({ id, quantity: id === 3 ? 0 : id }));
  const Entries = orders.map((order) => ({ Id: `${order.id}`, MessageBody: JSON.stringify(order) }));
  await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  return `${orders.length} orders sent`;
};
