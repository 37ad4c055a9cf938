import { SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";

const sfn = new SFNClient({});
const stateMachineArn = "arn:aws:states:us-east-1:123456789012:stateMachine:pay";

// Each execution of pay charges the customer's card.
export const handler = async (order) => {
  const charge = { order: order.id, amount: order.amount };
  try {
    await sfn.send(new StartExecutionCommand({ stateMachineArn, name: order.id, input: JSON.stringify(charge) }));
    console.log(`order ${order.id} charged`);
  } catch (error) {
    if (error.name !== "ExecutionAlreadyExists") throw error;
    console.log(`order ${order.id} was charged before`);
  }
  return charge;
};
