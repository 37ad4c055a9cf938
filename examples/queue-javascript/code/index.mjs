// The trigger of a queue gives messages in batches. Those named in the answer come back to the queue; the others are done.
export const handler = async (event) => {
  const batchItemFailures = [];

  for (const { messageId, body } of event.Records) {
    try {
      const order = JSON.parse(body);
      if (!(order.quantity > 0)) throw new RangeError(`quantity ${order.quantity} is not positive`);
      console.log(`${order.sku}: ${order.quantity} packed`);
    } catch (error) {
      console.error(`${messageId}: ${error.message}`);
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  }

  return { batchItemFailures };
};
