import { LambdaClient, InvokeCommand } from "@aws-sdk/client-lambda";

// One attempt each: the SDK would try again by itself.
const lambda = new LambdaClient({ maxAttempts: 1 });

// Calls a function many times at the same instant, and counts the answers.
export const handler = async ({ name, times }) => {
  const counts = {};
  const call = async (id) => {
    let answer = "200 OK";
    try {
      const Payload = JSON.stringify({ id, page: id });
      await lambda.send(new InvokeCommand({ FunctionName: name, Payload }));
    } catch (error) {
      answer = `${error.$metadata.httpStatusCode} ${error.name}`;
    }
    counts[answer] = (counts[answer] ?? 0) + 1;
  };
  await Promise.all(Array.from({ length: times }, (_, id) => call(id)));
  return counts;
};
