import { SQSClient, SendMessageBatchCommand } from "@aws-sdk/client-sqs";
import { handler as rush } from "./rush.mjs";

const sqs = new SQSClient({});
const QueueUrl = "https://sqs.us-east-1.amazonaws.com/123456789012/partners";

export const handler = async () => {
  // Our partners send a day's orders at once: twenty of them.
  for (const from of [1, 11]) {
    const Entries = Array.from({ length: 10 }, (_, i) => ({ Id: `${from + i}`, MessageBody: `${from + i}` }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  }
  // Two seconds later three customers want to pay, at the same instant.
  await new Promise((done) => setTimeout(done, 2_000));
  return rush({ name: "shop", times: 3 });
};
