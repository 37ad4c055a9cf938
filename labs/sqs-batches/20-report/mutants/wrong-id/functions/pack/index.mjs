const pack = ({ id, quantity }) => {
  if (!(quantity > 0)) throw new RangeError(`order ${id} is for ${quantity} things`);
  console.log(`packed order ${id}`);
};

export const handler = async (event) => {
  const batchItemFailures = [];
  for (const record of event.Records) {
    try {
      pack(JSON.parse(record.body));
    } catch (error) {
      console.error(error.message);
      batchItemFailures.push({ itemIdentifier: JSON.parse(record.body).id });
    }
  }
  return { batchItemFailures };
};
